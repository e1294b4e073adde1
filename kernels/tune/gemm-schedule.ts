/** Procedure of `gemm-schedule`: all schedules in the same rounds, each as a ratio over the plain loops. */
import type { Cell, Procedure } from "../experiment.ts";
import { productCandidates } from "../gemm/contest.ts";
import { variantText } from "../gemm/listing.ts";
import { claimedRounds, scheduleSide, untuned } from "./gemm-schedule.experiment.ts";

export const procedure: Procedure = {
  code: variantText,
  async run({ variants }: Cell, bench) {
    const shape = { m: scheduleSide, n: scheduleSide, k: scheduleSide };
    // The column of ratios is that of the fastest target, which the claim is judged on; the others are paired besides.
    const loops = variants.filter(({ variant }) => variant === untuned);
    const against = loops.at(-1) ?? null;
    const pairs = variants.flatMap((ref) => {
      const own = loops.find(({ target }) => target === ref.target);
      return own && own !== against && own !== ref ? [[ref, own] as const] : [];
    });
    await bench.compare(productCandidates(shape, bench.variants, bench), {
      against,
      pairs,
      leastRounds: claimedRounds,
      seconds: 1,
    });
  },
};

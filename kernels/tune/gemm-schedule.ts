/** Procedure of `gemm-schedule`: all schedules in the same rounds, each as a ratio over the plain loops. */
import type { Cell, Procedure } from "../experiment.ts";
import { productCandidates } from "../gemm/contest.ts";
import { variantText } from "../gemm/listing.ts";
import { claimedRounds, scheduleSide, untuned } from "./gemm-schedule.experiment.ts";

export const procedure: Procedure = {
  code: variantText,
  async run({ variants }: Cell, bench) {
    const shape = { m: scheduleSide, n: scheduleSide, k: scheduleSide };
    const against = variants.find(({ variant }) => variant === untuned) ?? null;
    await bench.compare(productCandidates(shape, bench.variants, bench), {
      against,
      leastRounds: claimedRounds,
      seconds: 1,
    });
  },
};

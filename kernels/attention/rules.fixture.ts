/** What the rule of this room must say of made-up measurements. */
import type { Measurement } from "../experiment.ts";
import { made, ratio, type Trial } from "../made-up.fixture.ts";
import { attentionWorkload, chain, claimedLengths, fused } from "./attention-fusion.experiment.ts";

/** Speed-ups at the claimed lengths, and bytes of the one kernel where the chain moves 100. */
export const measured = (values: readonly number[], bytes = 20): Measurement[] =>
  claimedLengths
    .map(attentionWorkload)
    .flatMap((workload, at) => [
      ratio(workload, fused, chain, values[at] as number),
      made({ workload, variant: chain, metric: "bytes-moved", value: 100 }),
      made({ workload, variant: fused, metric: "bytes-moved", value: bytes }),
    ]);

export const attentionTrials: readonly Trial[] = [
  {
    claim: "fusion-keeps-intermediates-out-of-memory",
    confirmed: measured([1.4, 1.5]),
    refuted: measured([1.4, 0.9]),
    inconclusive: measured([1.4, 1.01]),
  },
];

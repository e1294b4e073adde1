/** What the rules of this room must say of made-up measurements. */
import type { Measurement } from "../experiment.ts";
import { made, ratio, type Trial } from "../made-up.fixture.ts";
import { fused, fusionWorkloads, oneByOne } from "./graph-fusion.experiment.ts";

/** Speed-ups at the three networks, and bytes of the fused graph where the other moves 100. */
export const fusions = (values: readonly number[], bytes = 50): Measurement[] =>
  fusionWorkloads.flatMap((workload, at) => [
    ratio(workload, fused, oneByOne, values[at] as number),
    made({ workload, variant: oneByOne, metric: "bytes-moved", value: 100 }),
    made({ workload, variant: fused, metric: "bytes-moved", value: bytes }),
  ]);

export const compileTrials: readonly Trial[] = [
  {
    claim: "fusion-cuts-memory-traffic",
    confirmed: fusions([1.1, 1.5, 1.2]),
    refuted: fusions([1.1, 0.9, 1.2]),
    inconclusive: fusions([1.1, 1.01, 1.2]),
  },
];

/**
 * What it is worth to do bias, activation and shortcut together with the layer before them. Both sides are made by the same
 * generator for the same sizes, batch normalisation folded into the weights on both; only fusion differs. After TVM (Chen
 * et al., arXiv:1802.04799) and article 64.
 */
import type { Cell, Evidence, ExperimentRow, Judgement, Settings } from "../experiment.ts";
import { above, allHold, below, bestTarget, type Finding, tried, triedRatio } from "../judge.ts";
import { comparedTargets, on } from "../targets.ts";

/** The graphs of networks.ts, which is not loaded to plan. */
export const fusionWorkloads = ["residual 128x28x28", "inverted-residual 32x28x28", "mlp 64x512"] as const;
/** Run beside them; the rule, which is about arithmetic element by element, leaves it out. */
export const attentionNetwork = "self-attention 12x128x64";
export const oneByOne = "one-by-one";
export const fused = "fused";
export const claimedRounds = 15;

export const graphFusion: ExperimentRow = {
  id: "graph-fusion",
  title: { en: "Operators fused into the layer before them", zh: "算子融合进前一层" },
  question:
    "Is a layer with bias, activation and shortcut in one kernel faster than the same operators one by one, and how much less does it move?",
  topics: ["compiler"],
  claims: [
    {
      claim: "fusion-cuts-memory-traffic",
      rule:
        `Networks ${fusionWorkloads.join(", ")}, both ways on the fastest target of the run (native before wasm before js), ` +
        `over at least ${claimedRounds} interleaved rounds: confirmed if at each the 95 % interval of the paired speed-up of the ` +
        "fused graph over the one run operator by operator lies above 1 and it moves fewer bytes; refuted if one interval " +
        "lies at or below 1 or one fused graph moves no fewer bytes.",
      judge,
    },
  ],
  charts: [
    { kind: "bars", title: "Time of one input through the network", metric: "time" },
    { kind: "bars", title: "Bytes that kernels read and write", metric: "bytes-moved" },
  ],
  published: [
    {
      title: "Speed-up by fusion on a Titan X",
      source: "Chen et al., TVM, arXiv:1802.04799, section 3: “up to a 1.2x to 2x speedup” (figure 4)",
      conditions: "conv + batch norm + relu, depthwise conv + batch norm + relu, recurrent cells; GPU",
      metric: "speed-up",
      rows: [
        { step: "least", value: 1.2 },
        { step: "most", value: 2 },
      ],
    },
  ],
  plan,
};

function judge(evidence: Evidence): Judgement {
  const target = bestTarget(evidence);
  return allHold(
    fusionWorkloads.flatMap((workload) => [
      triedRatio(evidence, { workload, target, variant: fused, against: oneByOne }, (m) =>
        above(m, 1, { rounds: claimedRounds }),
      ),
      fewerBytes(evidence, workload, target),
    ]),
  );
}

function fewerBytes(
  evidence: Evidence,
  workload: string,
  target: Cell["variants"][number]["target"],
): Finding {
  const query = { workload, target, metric: "bytes-moved" };
  const before = evidence.find({ ...query, variant: oneByOne });
  return tried(evidence, { ...query, variant: before ? fused : oneByOne }, (m) =>
    below(m, before?.value ?? m.value),
  );
}

function plan(settings: Settings): readonly Cell[] {
  const variants = comparedTargets(settings).flatMap((target) => on(target, [oneByOne, fused]));
  if (variants.length === 0) return [];
  return [...fusionWorkloads, attentionNetwork].map((workload) => ({
    workload,
    variants,
    seconds: 2 * variants.length,
  }));
}

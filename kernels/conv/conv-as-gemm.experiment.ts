/**
 * Is a convolution really one matrix product? Random layers, exact on every machine with integer data: plain ones, ones
 * with all that a layer may have, and the sum over channels that the product hides.
 */
import type { Evidence, ExperimentRow, Judgement, Settings } from "../experiment.ts";
import { allHold, below, bestTarget, equals, tried } from "../judge.ts";
import { comparedTargets, on } from "../targets.ts";

export const shapeCount = 200;
export const workload = `${shapeCount} random layers`;
export const generalWorkload = `${shapeCount} random layers, dilated, grouped, padded unevenly`;
export const variant = "im2col";
/** One convolution a channel, added up. */
export const channelsVariant = "sum-of-channels";

/** Largest relative error that the claims allow for float32 data. */
const tolerance = 1e-4;

export const convAsGemm: ExperimentRow = {
  id: "conv-as-gemm",
  title: { en: "Convolution as one matrix product", zh: "卷积即一次矩阵乘" },
  question: "Does the unfolded input times the flattened kernels give what the direct loops give?",
  topics: ["gemm", "im2col", "conv"],
  claims: [
    {
      claim: "conv-becomes-gemm",
      rule:
        `On ${shapeCount} random layers, im2col and one GEMM against direct loops: confirmed if integer data give ` +
        "identical results and float32 data agree within 1e-4 of the largest output; refuted if either fails.",
      judge: (evidence) => allHold(agrees(evidence, workload, variant)),
    },
    {
      claim: "channels-sum-to-one-map",
      rule:
        `On ${shapeCount} random layers of 1 to 16 channels, strides 1 to 3, padding 0 to 2: confirmed if the sum of one single-channel convolution for each ` +
        "channel and one GEMM both agree with direct loops within 1e-4 of the largest output, and exactly on integer data; refuted if one does not.",
      judge: (evidence) =>
        allHold([variant, channelsVariant].flatMap((each) => agrees(evidence, workload, each))),
    },
    {
      claim: "im2col-is-exact",
      rule:
        `On ${shapeCount} random layers with dilation, groups and other padding on each side, im2col and GEMM against the definition: confirmed if integer data ` +
        "give identical results and float32 data agree within 1e-4 of the largest output; refuted if either fails.",
      judge: judgeGeneral,
    },
  ],
  charts: [{ kind: "bars", title: "Largest relative error on float32 data", metric: "max-error" }],
  plan: (settings: Settings) => {
    const targets = comparedTargets(settings);
    if (targets.length === 0) return [];
    const both = targets.flatMap((target) => on(target, [variant, channelsVariant]));
    const one = targets.flatMap((target) => on(target, [variant]));
    return [
      { workload, variants: both, seconds: 3 * targets.length },
      { workload: generalWorkload, variants: one, seconds: 2 * targets.length },
    ];
  },
};

function judgeGeneral(evidence: Evidence): Judgement {
  return allHold(agrees(evidence, generalWorkload, variant));
}

function agrees(evidence: Evidence, on: string, of: string) {
  const query = { workload: on, variant: of, target: bestTarget(evidence) };
  return [
    tried(evidence, { ...query, metric: "mismatches" }, (m) => equals(m, 0)),
    tried(evidence, { ...query, metric: "max-error" }, (m) => below(m, tolerance)),
    tried(evidence, { ...query, metric: "cases" }, (m) =>
      m.value >= shapeCount
        ? { holds: true, text: `${m.value} layers` }
        : { holds: null, text: `only ${m.value} of ${shapeCount} layers; run it to the end` },
    ),
  ];
}

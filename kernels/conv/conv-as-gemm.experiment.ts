/** Is a convolution really one matrix product? Random layers, exact on every machine with integer data. */
import type { Evidence, ExperimentRow, Judgement, Settings } from "../experiment.ts";
import { allHold, below, equals, judgedTarget, tried } from "../judge.ts";
import { mainTarget, on } from "../targets.ts";

export const shapeCount = 200;
export const workload = `${shapeCount} random layers`;
export const variant = "im2col-gemm";

/** Largest relative error that the claim allows for float32 data. */
const tolerance = 1e-4;

export const convAsGemm: ExperimentRow = {
  id: "conv-as-gemm",
  title: { en: "Convolution as one matrix product", zh: "卷积即一次矩阵乘" },
  question: "Does the unfolded input times the flattened kernels give what the direct loops give?",
  topics: ["gemm", "im2col"],
  claims: [
    {
      claim: "conv-becomes-gemm",
      rule:
        `On ${shapeCount} random layers, im2col and one GEMM against direct loops: confirmed if integer data give ` +
        "identical results and float32 data agree within 1e-4 of the largest output; refuted if either fails.",
      judge,
    },
  ],
  charts: [{ kind: "bars", title: "Largest relative error on float32 data", metric: "max-error" }],
  plan: (settings: Settings) => {
    const target = mainTarget(settings);
    return target ? [{ workload, variants: on(target, [variant]), seconds: 2 }] : [];
  },
};

function judge(evidence: Evidence): Judgement {
  const query = { workload, variant, target: judgedTarget(evidence) };
  return allHold([
    tried(evidence, { ...query, metric: "mismatches" }, (m) => equals(m, 0)),
    tried(evidence, { ...query, metric: "max-error" }, (m) => below(m, tolerance)),
    tried(evidence, { ...query, metric: "cases" }, (m) =>
      m.value >= shapeCount
        ? { holds: true, text: `${m.value} layers` }
        : { holds: null, text: `only ${m.value} of ${shapeCount} layers; run it to the end` },
    ),
  ]);
}

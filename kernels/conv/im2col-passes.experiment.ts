/**
 * What each pass of a lowered convolution copies: forward only the unfolded input, backward a product in column form
 * that col2im folds back. Exact on every machine.
 */
import type { Evidence, ExperimentRow, Judgement, MeasurementQuery, Settings } from "../experiment.ts";
import { above, allHold, below, bestTarget, equals, type Finding, missing, tried } from "../judge.ts";
import { comparedTargets, on } from "../targets.ts";

/** Shapes that the rule of the backward pass asks for; the forward pass runs on the same. */
export const passShapes = 50;
export const passWorkload = `${passShapes} random layers`;

export const forwardVariant = "forward";
export const backwardVariant = "backward-gemm-col2im";
export const differencesVariant = "backward-finite-differences";
export const overwritingVariant = "backward-overwriting";
const variants = [forwardVariant, backwardVariant, differencesVariant, overwritingVariant];

/** Largest relative error that the claim allows. */
const tolerance = 1e-3;

export const im2colPasses: ExperimentRow = {
  id: "im2col-passes",
  title: { en: "im2col forward, col2im backward", zh: "前向im2col,反向col2im" },
  question:
    "What does a lowered convolution copy in the forward pass, and does col2im give the right gradient?",
  topics: ["im2col"],
  claims: [
    {
      claim: "forward-unfolds-input-only",
      rule:
        `Forward passes of ${passShapes} random layers with integer data, weights and output read and written where ` +
        "their 4-D tensors lie: confirmed if every result is exact and the memory taken besides input, weights and " +
        "output is the unfolded input alone; refuted if either differs.",
      judge: judgeForward,
    },
    {
      claim: "backward-grad-then-col2im",
      rule:
        `Input gradients of ${passShapes} random layers by one product with the transposed kernels and col2im: ` +
        "confirmed if they are within 1e-3 (of the largest) of direct backward loops and of central finite " +
        "differences, and overwriting overlaps instead of summing them is not; refuted otherwise.",
      judge: judgeBackward,
    },
  ],
  charts: [{ kind: "bars", title: "Largest relative error of the input gradient", metric: "max-error" }],
  plan: (settings: Settings) => {
    const refs = comparedTargets(settings).flatMap((target) => on(target, variants));
    return refs.length === 0 ? [] : [{ workload: passWorkload, variants: refs, seconds: 3 * refs.length }];
  },
};

function judgeForward(evidence: Evidence): Judgement {
  const query = { workload: passWorkload, variant: forwardVariant, target: bestTarget(evidence) };
  return allHold([
    tried(evidence, { ...query, metric: "mismatches" }, (m) => equals(m, 0)),
    copiesUnfoldedOnly(evidence, query),
    enough(evidence, query),
  ]);
}

/** The workspace taken against the size of the unfolded inputs, both summed over the shapes. */
function copiesUnfoldedOnly(evidence: Evidence, query: MeasurementQuery): Finding {
  const unfolded = evidence.find({ ...query, metric: "unfolded-input" });
  if (!unfolded) return missing(evidence, { ...query, metric: "unfolded-input" });
  return tried(evidence, { ...query, metric: "workspace" }, (m) => equals(m, unfolded.value));
}

function judgeBackward(evidence: Evidence): Judgement {
  const target = bestTarget(evidence);
  const error = (variant: string) => ({ workload: passWorkload, variant, target, metric: "max-error" });
  return allHold([
    tried(evidence, error(backwardVariant), (m) => below(m, tolerance)),
    tried(evidence, error(differencesVariant), (m) => below(m, tolerance)),
    tried(evidence, error(overwritingVariant), (m) => above(m, tolerance)),
    enough(evidence, { workload: passWorkload, variant: backwardVariant, target }),
  ]);
}

function enough(evidence: Evidence, query: MeasurementQuery): Finding {
  return tried(evidence, { ...query, metric: "cases" }, (m) =>
    m.value >= passShapes
      ? { holds: true, text: `${m.value} layers` }
      : { holds: null, text: `only ${m.value} of ${passShapes} layers; run it to the end` },
  );
}

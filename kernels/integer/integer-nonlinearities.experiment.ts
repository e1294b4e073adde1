/**
 * How close are GELU, softmax and layer normalisation that are computed with integers only? Exact: the same on every
 * machine and target.
 */
import type { Evidence, ExperimentRow, Judgement, Settings } from "../experiment.ts";
import { allHold, below, bestTarget, tried } from "../judge.ts";
import { fastestTarget, on } from "../targets.ts";

export const nonlinearWorkload = "grids and rows of integers";
export const geluVariant = "integer-gelu";
export const softmaxVariant = "integer-softmax";
export const layerNormVariant = "integer-layer-norm";

/** Errors that the claim allows: absolute for the first two, as a share of a row's largest for the third. */
export const allowed = { [geluVariant]: 0.03, [softmaxVariant]: 0.01, [layerNormVariant]: 0.01 } as const;

export const integerNonlinearities: ExperimentRow = {
  id: "integer-nonlinearities",
  title: { en: "Nonlinear functions in integers", zh: "用整数计算的非线性函数" },
  question:
    "How far are GELU, softmax and layer normalisation by integer polynomials and an integer square root from the real functions?",
  topics: ["integer-only", "quant"],
  claims: [
    {
      claim: "integer-nonlinearities-are-close",
      rule:
        "Against double precision, GELU on every integer of [-8, 8] at scale 2^-7, softmax of 1000 rows of 64 scores at " +
        "scale 2^-8 given as bytes, normalisation of 1000 rows of 128 integers of 12 bits: confirmed if the largest " +
        "errors are below 0.03, 0.01 and 0.01 (the last as a share of the row's largest), refuted if one is not.",
      judge,
    },
  ],
  charts: [{ kind: "bars", title: "Largest error against double precision", metric: "max-error" }],
  plan: (settings: Settings) => {
    const target = fastestTarget(settings);
    const variants = [geluVariant, softmaxVariant, layerNormVariant];
    return target ? [{ workload: nonlinearWorkload, variants: on(target, variants), seconds: 2 }] : [];
  },
};

function judge(evidence: Evidence): Judgement {
  const target = bestTarget(evidence);
  return allHold(
    Object.entries(allowed).map(([variant, bound]) =>
      tried(evidence, { workload: nonlinearWorkload, variant, target, metric: "max-error" }, (m) =>
        below(m, bound),
      ),
    ),
  );
}

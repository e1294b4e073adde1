/**
 * GEMV is GEMM with one column: the same numbers bit for bit when both sum in the same order. Strict arithmetic, so
 * that no fused operation hides a different order.
 */
import type { Evidence, ExperimentRow, Judgement, Settings } from "../experiment.ts";
import { allHold, equals, judgedTarget, tried } from "../judge.ts";
import { mainTarget, on } from "../targets.ts";

export const identityShapes = 100;
/** Largest side: remainders of every unrolling and several cache lines. */
export const identityLargestSide = 200;
export const identityVariant = "gemm-one-column";
export const identityWorkload = `${identityShapes} random shapes`;

export const gemvIdentity: ExperimentRow = {
  id: "gemv-identity",
  title: { en: "GEMV is GEMM with one column", zh: "GEMV即单列GEMM" },
  question: "Does a matrix product with one column give the same bits as a matrix-vector product?",
  topics: ["gemv", "gemm"],
  claims: [
    {
      claim: "gemv-is-gemm-with-one-column",
      rule:
        `Random float32 data, ${identityShapes} shapes, both summing in ascending k: confirmed if every element of ` +
        "GEMM with N=1 has the bits of GEMV, refuted if one differs.",
      judge,
    },
  ],
  // Bars of zero would show nothing that the table does not say.
  charts: [],
  plan: (settings: Settings) => {
    const target = mainTarget(settings);
    return target
      ? [{ workload: identityWorkload, variants: on(target, [identityVariant]), seconds: 1 }]
      : [];
  },
};

function judge(evidence: Evidence): Judgement {
  const query = {
    workload: identityWorkload,
    variant: identityVariant,
    target: judgedTarget(evidence),
  };
  return allHold([
    tried(evidence, { ...query, metric: "mismatches" }, (m) => equals(m, 0)),
    tried(evidence, { ...query, metric: "cases" }, (m) =>
      m.value >= identityShapes
        ? { holds: true, text: `${m.value} shapes` }
        : { holds: null, text: `only ${m.value} of ${identityShapes} shapes; run it to the end` },
    ),
  ]);
}

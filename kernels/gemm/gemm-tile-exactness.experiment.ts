/**
 * Tiles sum to the product: blocked against unblocked multiplication on random shapes with ragged edges. Integer
 * data, so that float32 sums are exact in any order and a single differing bit is an error.
 */
import type { Evidence, ExperimentRow, Judgement, Settings } from "../experiment.ts";
import { allHold, equals, judgedTarget, tried } from "../judge.ts";
import { mainTarget, on } from "../targets.ts";

/** Shapes that the claim's rule asks for. */
export const shapeCount = 300;
/** Largest side and block: several tiles in each direction, with and without a remainder. */
export const largestSide = 70;
export const largestBlock = 40;
export const workload = `${shapeCount} random shapes`;
export const blockedVariants = ["blocked", "packed", "packed-blocked"] as const;

export const gemmTileExactness: ExperimentRow = {
  id: "gemm-tile-exactness",
  title: { en: "Tiles sum to the product", zh: "分块之和等于乘积" },
  question:
    "Does multiplying block by block give the full product, also where blocks do not divide the matrix?",
  topics: ["tiling"],
  claims: [
    {
      claim: "tiles-sum-to-the-product",
      rule:
        `Over ${shapeCount} random shapes and block sizes with integer data: confirmed if every element of every ` +
        "blocked result equals the unblocked one exactly, refuted if one differs.",
      judge,
    },
  ],
  // Three bars of zero would show nothing that the table does not say.
  charts: [],
  plan: (settings: Settings) => {
    const target = mainTarget(settings);
    return target ? [{ workload, variants: on(target, blockedVariants), seconds: 0.5 }] : [];
  },
};

function judge(evidence: Evidence): Judgement {
  const target = judgedTarget(evidence);
  return allHold(
    blockedVariants.flatMap((variant) => [
      tried(evidence, { workload, variant, target, metric: "mismatches" }, (m) => equals(m, 0)),
      tried(evidence, { workload, variant, target, metric: "cases" }, (m) =>
        m.value >= shapeCount
          ? { holds: true, text: `${m.value} shapes of ${variant}` }
          : { holds: null, text: `only ${m.value} of ${shapeCount} shapes of ${variant}; run it to the end` },
      ),
    ]),
  );
}

/**
 * Why matrix units exist: one MMA step reuses each operand that it reads. Counts of an emulated unit against the
 * definition; exact on every machine.
 */
import type { Evidence, ExperimentRow, Judgement, Settings } from "../experiment.ts";
import { allHold, type Finding, figure, tried } from "../judge.ts";
import type { MmaShape } from "./mma.ts";

export const scalarVariant = "scalar-mac";

/** Steps that are emulated: the claim's own, then mma.m8n8k4, mma.m16n8k8 and wmma.m16n16k16 of NVIDIA's PTX. */
export const mmaShapes: Readonly<Record<string, MmaShape>> = {
  "mma-4x4x4": { m: 4, n: 4, k: 4 },
  "mma-8x8x4": { m: 8, n: 8, k: 4 },
  "mma-16x8x8": { m: 16, n: 8, k: 8 },
  "mma-16x16x16": { m: 16, n: 16, k: 16 },
};

/** Divisible by each shape, and large enough that several steps of each meet in every direction. */
export const side = 48;
export const workload = `${side}x${side}x${side}`;
const variants = [scalarVariant, ...Object.keys(mmaShapes)];

export const mmaBlock: ExperimentRow = {
  id: "mma-block",
  title: { en: "What one MMA step reads", zh: "一次MMA读多少数" },
  question: "How many operands does a matrix multiply-accumulate step read for each multiply-accumulate?",
  topics: ["fma", "tensor-core"],
  claims: [
    {
      claim: "mma-is-a-block-of-macs",
      rule:
        "Confirmed if products by MMA steps and by scalar MACs are identical, all do m·n·k MACs, and operand reads " +
        "per MAC are 2 for scalars and (m+n)/(m·n) for each MMA shape; refuted if any of these differs.",
      judge,
    },
  ],
  charts: [{ kind: "bars", title: "Operand reads per multiply-accumulate", metric: "reads-per-mac" }],
  plan: (settings: Settings) =>
    settings.targets.includes("js")
      ? [
          {
            workload,
            variants: variants.map((variant) => ({ variant, target: "js" as const })),
            seconds: 0.5,
          },
        ]
      : [],
};

function judge(evidence: Evidence): Judgement {
  return allHold(variants.map((variant) => asDefined(evidence, variant)));
}

/** Whether a unit did the product exactly, in the MACs and with the reads of its definition. */
function asDefined(evidence: Evidence, variant: string): Finding {
  const shape = mmaShapes[variant];
  const wanted = shape ? (shape.m + shape.n) / (shape.m * shape.n) : 2;
  const query = { workload, variant, target: "js" } as const;
  return tried(evidence, { ...query, metric: "reads-per-mac" }, (reads) =>
    tried(evidence, { ...query, metric: "macs" }, (macs) =>
      tried(evidence, { ...query, metric: "mismatches" }, (mismatches) => {
        const holds = reads.value === wanted && macs.value === side ** 3 && mismatches.value === 0;
        const counts = `${figure(reads.value)} reads a MAC (defined ${figure(wanted)}), ${macs.value} MACs`;
        return { holds, text: `${variant}: ${counts}, ${mismatches.value} elements differ` };
      }),
    ),
  );
}

/** Are bytes faster than floats, in one product and in a whole encoder? */
import type { Cell, Evidence, ExperimentRow, Judgement, Settings, Target } from "../experiment.ts";
import { above, allHold, bestTarget, triedRatio } from "../judge.ts";
import { comparedTargets, on } from "../targets.ts";

export const floatProduct = "gemm-f32";
export const byteProduct = "gemm-int8";
/** Activations of seven bits, which WebAssembly's relaxed dot product takes. */
export const sevenBitProduct = "gemm-int7";
export const floatEncoder = "encoder-f32";
export const byteEncoder = "encoder-integer";

/** The product that the rule is about, and a larger one of longer profiles. */
export const judgedProduct = "512x512x512";
const largeProduct = "1024x1024x1024";
export const encoderWorkload = "encoder of 2 layers, 64 tokens";

/** Rounds that the rule asks for. */
const rounds = 15;

export const integerSpeed: ExperimentRow = {
  id: "integer-speed",
  title: { en: "Bytes against floats", zh: "字节对浮点" },
  question: "Is inference on bytes with sums of 32 bits faster than on float32, here and with our kernels?",
  topics: ["integer-only", "quant"],
  claims: [
    {
      claim: "int8-runs-faster-than-fp32",
      rule:
        `Paired ratio of times, f32 over int8, on the fastest target of the run, for the product ${judgedProduct} and for ` +
        `the whole encoder: confirmed if both 95 % intervals over at least ${rounds} rounds lie above 1, refuted if one ` +
        "lies at or below 1.",
      judge,
    },
  ],
  charts: [{ kind: "bars", title: "Time of a call", metric: "time" }],
  plan: (settings: Settings) => {
    const targets = comparedTargets(settings);
    if (targets.length === 0) return [];
    const products = settings.profile === "quick" ? [judgedProduct] : [judgedProduct, largeProduct];
    return [
      ...products.map((workload) => cell(workload, targets, [floatProduct, byteProduct, sevenBitProduct])),
      cell(encoderWorkload, targets, [floatEncoder, byteEncoder]),
    ];
  },
};

const cell = (workload: string, targets: readonly Target[], variants: readonly string[]): Cell => ({
  workload,
  variants: targets.flatMap((target) => on(target, variants)),
  seconds: 6 * targets.length,
});

function judge(evidence: Evidence): Judgement {
  const target = bestTarget(evidence);
  const faster = (workload: string, variant: string, against: string) =>
    triedRatio(evidence, { workload, target, variant, against }, (m) => above(m, 1, { rounds }));
  return allHold([
    faster(judgedProduct, byteProduct, floatProduct),
    faster(encoderWorkload, byteEncoder, floatEncoder),
  ]);
}

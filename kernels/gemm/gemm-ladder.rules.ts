/** The rules of `gemm-ladder`. Light: no kernel is loaded. */
import type { Evidence, Judgement, Measurement } from "../experiment.ts";
import {
  above,
  allHold,
  below,
  estimate,
  type Finding,
  judgedTarget,
  missing,
  ratioIn,
  tried,
} from "../judge.ts";
import { cube } from "./cubes.ts";

/** Share of peak below which the claim calls plain loops far from it. */
const farShare = 0.25;

/** Rule of `naive-matmul-far-from-peak`. */
export function judgeFarFromPeak(evidence: Evidence): Judgement {
  const target = judgedTarget(evidence);
  const query = { workload: cube(512), variant: "naive-ijk", target, metric: "peak-fraction" } as const;
  const far = tried(evidence, query, (m) => below(m, farShare));
  const caveat = "the peak is that of 128-bit WebAssembly in this runtime, not the silicon's";
  return allHold([far, { holds: true, text: caveat }]);
}

/** Each step of the blocked kernel over the step before; the second is the one that the claim is about. */
const steps = [
  ["register-4x4-simd-blocked", "register-4x4-simd"],
  ["micro-4x4-rolled", "register-4x4-simd-blocked"],
  ["micro-4x4", "micro-4x4-rolled"],
] as const;
const packingStep = 1;

/** Rule of `packing-is-the-big-step`. */
export function judgePacking(evidence: Evidence): Judgement {
  const target = judgedTarget(evidence);
  const ratio = (variant: string, against: string) => ({ workload: cube(1024), variant, target, against });
  const queries = steps.map(([variant, against]) => ratio(variant, against));
  const ratios = queries.map((query) => ratioIn(evidence, query));
  const absent = queries.find((_, i) => !ratios[i]);
  if (absent) return allHold([missing(evidence, { ...absent, metric: "speed-up" })]);
  const measured = ratios as Measurement[];
  const packing = measured[packingStep] as Measurement;
  const others = measured.filter((m) => m !== packing);
  return allHold([above(packing, 1), largest(packing, others)]);
}

function largest(packing: Measurement, others: readonly Measurement[]): Finding {
  const listed = others.map((m) => `${m.variant} ${estimate(m)}`).join(", ");
  const text = `packing ${estimate(packing)} against the other steps ${listed}`;
  if (others.every((m) => m.value < packing.value)) return { holds: true, text };
  if (others.some((m) => m.low > packing.high)) return { holds: false, text };
  return { holds: null, text: `${text}: intervals overlap; more rounds (--profile full) narrow them` };
}

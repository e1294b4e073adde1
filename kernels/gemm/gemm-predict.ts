/** Procedure of `gemm-predict`: the model's word for every tile first, then the clock's. */
import type { Bench, Cell, Procedure, VariantRef } from "../experiment.ts";
import { figure } from "../judge.ts";
import { productCandidates } from "./contest.ts";
import { shapeOf } from "./cubes.ts";
import { isaOn, predictRounds, tileOf, tracedPart } from "./gemm-predict.experiment.ts";
import { variantText } from "./listing.ts";
import { type CoreModel, coreOf, filledShare, predictTile, type TilePrediction } from "./tile-model.ts";
import { countMemory } from "./traces.ts";

export const procedure: Procedure = {
  run,
  code: variantText,
  foretell: async (cell) => cell.variants.map((ref) => inWords(ref, predictedFor(ref, cell.workload))),
};

async function run(cell: Cell, bench: Bench): Promise<void> {
  bench.variants.forEach((ref, done) => {
    bench.progress(`predicting ${ref.variant}`, done, bench.variants.length, ref);
    const { registersNeeded, loadsPerMultiplyAdd, share, linesPerMac } = predictedFor(ref, cell.workload);
    bench.exact(ref, "registers-needed", registersNeeded);
    bench.exact(ref, "loads-per-fma", loadsPerMultiplyAdd);
    bench.exact(ref, "misses-per-mac", linesPerMac);
    bench.exact(ref, "predicted-peak-fraction", share);
  });
  const candidates = productCandidates(shapeOf(cell.workload), bench.variants, bench);
  await bench.compare(candidates, { leastRounds: predictRounds[bench.settings.profile], against: null });
}

/** The prediction with the simulated lines that went into it; the share is of what C has, not of what tiles compute. */
function predictedFor(
  { variant, target }: VariantRef,
  workload: string,
): TilePrediction & { readonly core: CoreModel; readonly linesPerMac: number } {
  const part = tracedPart(workload);
  const isa = isaOn(target);
  const core = coreOf(isa);
  const linesPerMac = countMemory(variant, part, isa).misses / (part.m * part.n * part.k);
  const tile = tileOf(variant);
  // The trace counts lines for each useful multiply-add; a step of k fetches them for all that the tile computes.
  const filled = filledShare(shapeOf(workload), tile);
  const prediction = predictTile(tile, core, linesPerMac * filled);
  return { ...prediction, share: prediction.share * filled, core, linesPerMac };
}

/** `micro-4x12: 16 of 15 registers, 1 spilled, 0.583 loads a multiply-add, bound by spills: 62.1 % of peak`. */
function inWords(
  { variant, target }: VariantRef,
  prediction: TilePrediction & { readonly core: CoreModel },
): string {
  const { core, registersNeeded, spilled, loadsPerMultiplyAdd, bound, share } = prediction;
  const spills = spilled > 0 ? `, ${spilled} spilled` : "";
  return (
    `${variant}${target === "native" ? " (native)" : ""}: ${registersNeeded} of ${core.registers} registers${spills}, ` +
    `${figure(loadsPerMultiplyAdd)} loads a multiply-add, bound by ${bound}: ${figure(100 * share)} % of peak`
  );
}

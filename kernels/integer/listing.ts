/** The generated code behind the variants of this room's experiments: of each the program that does the work. */
import { kernelText, nativeIsaOr } from "../codegen/compile.ts";
import { bytesOf } from "../codegen/expressions.ts";
import type { Program } from "../codegen/statements.ts";
import type { VariantRef } from "../experiment.ts";
import { kernelIsa, machineRow } from "../gemm/machines.ts";
import { kernelTarget } from "../kernel-target.ts";
import { integerMacroProgram } from "./gemm/programs.ts";
import { integerTile, type LeftBytes } from "./gemm/tiles.ts";
import { geluConstants, softmaxConstants } from "./ibert/constants.ts";
import { reciprocalOf } from "./ibert/parts.ts";
import { exponentialsProgram, geluProgram, layerNormProgram } from "./ibert/programs.ts";

/** The product of bytes on the target of a variant. */
export const productText = (ref: VariantRef, left: LeftBytes): string =>
  textOf(ref, (isa) => integerMacroProgram(integerTile({ target: kernelTarget(ref), left, ...isa })));

/** GELU at a scale. */
export const geluText = (ref: VariantRef, scale: number, largest: number): string =>
  textOf(ref, (_, lanes) => geluProgram("integer-gelu", lanes, geluConstants(scale, largest)));

/** The exponentials and sums of softmax at a scale. */
export const softmaxText = (ref: VariantRef, scale: number, columns: number): string =>
  textOf(ref, (_, lanes) => {
    const constants = softmaxConstants(scale, columns);
    const least = -32 * constants.ln2;
    const parts = { ...constants, least, reciprocal: reciprocalOf(constants.ln2, -least) };
    return exponentialsProgram("integer-exp", lanes, parts);
  });

/** Layer normalisation. */
export const layerNormText = (ref: VariantRef): string =>
  textOf(ref, (_, lanes) => layerNormProgram("integer-layer-norm", lanes, 0));

type Level = { readonly isa?: "avx2" | "avx512" };

/** A listing can be read where it cannot run. */
function textOf(ref: VariantRef, write: (level: Level, lanes: number) => Program): string {
  const target = kernelTarget(ref);
  const isa = kernelIsa(target, nativeIsaOr("avx512"));
  const level: Level = isa === "wasm" ? {} : { isa };
  const lanes = machineRow("f32", isa).vectorBytes / bytesOf.i32;
  return kernelText(write(level, lanes), target, level);
}

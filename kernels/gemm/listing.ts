/** The generated code of a GEMM variant for `Procedure.code`, which every GEMM experiment offers alike. */
import type { VariantRef } from "../experiment.ts";
import { kernelTarget } from "../kernel-target.ts";
import { gemmText } from "./gemm.ts";

/** JavaScript or WebAssembly text of the programs that a variant consists of. */
export async function variantText(ref: VariantRef): Promise<string> {
  return gemmText(ref.variant, kernelTarget(ref));
}

/** The generated code of a GEMM variant for `Procedure.code`, which every GEMM experiment offers alike. */
import type { VariantRef } from "../experiment.ts";
import { kernelTarget } from "../kernel-target.ts";
import { gemmText } from "./gemm.ts";
import { gemmWay } from "./way.ts";

/** JavaScript or WebAssembly text of the programs that a variant consists of. */
export async function variantText(ref: VariantRef): Promise<string> {
  const { variant, arithmetic } = gemmWay(ref.variant);
  return gemmText(variant, kernelTarget(ref), arithmetic);
}

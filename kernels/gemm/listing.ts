/** The generated code of a GEMM variant for `Procedure.code`, which every GEMM experiment offers alike. */
import type { VariantRef } from "../experiment.ts";
import { kernelTarget } from "../kernel-target.ts";
import { gemmText } from "./gemm.ts";
import { listingHead } from "./listing-head.ts";
import { gemmWay } from "./way.ts";

/** JavaScript, WebAssembly or x86-64 text of the programs that a variant consists of. */
export async function variantText(ref: VariantRef): Promise<string> {
  const { variant, arithmetic, isa } = gemmWay(ref.variant);
  return `${listingHead(ref)}\n\n${gemmText(variant, kernelTarget(ref), { arithmetic, ...(isa && { isa }) })}`;
}

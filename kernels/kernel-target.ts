/** Narrows a variant's target to those that vector programs compile for; apart from the light plans. */
import type { KernelTarget } from "./codegen/compile.ts";
import type { VariantRef } from "./experiment.ts";

/** The target of a variant that a vector program computes. @throws RangeError for any other target. */
export function kernelTarget({ variant, target }: VariantRef): KernelTarget {
  if (target !== "peer") return target;
  throw new RangeError(
    `${variant} compiles for js, wasm and native; found target ${target}; run with --target wasm`,
  );
}

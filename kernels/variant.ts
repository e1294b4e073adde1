/** What can be said of a variant from its name and target alone. */
import type { VariantRef } from "./experiment.ts";

/** Whether both name the same variant on the same target. */
export function sameVariant(a: VariantRef, b: VariantRef): boolean {
  return a.variant === b.variant && a.target === b.target;
}

/** Whether a row of a table means this variant: by its name, or by the beginning of it where the row's ends in `*`. */
export function meansVariant(row: VariantRef, ref: VariantRef): boolean {
  if (row.target !== ref.target) return false;
  return row.variant.endsWith("*")
    ? ref.variant.startsWith(row.variant.slice(0, -1))
    : ref.variant === row.variant;
}

/** The two fields alone, of whatever carries them. */
export function variantRef({ variant, target }: VariantRef): VariantRef {
  return { variant, target };
}

/** Whether somebody else's library computes it: measured beside ours, never judged, never "our best". */
export function isPeer({ target }: Pick<VariantRef, "target">): boolean {
  return target === "peer";
}

/** Whether this is a ceiling of the machine (`peak-fma`, `peak-stream`), measured beside the variants, not one of them. */
export function isCeiling({ variant }: { readonly variant: string }): boolean {
  return variant.startsWith("peak-");
}

/** Whether a ratio is one over a ceiling: what rules are judged by, and no comparison of variants that a table shows. */
export function isOverCeiling({ against }: { readonly against?: VariantRef }): boolean {
  return against !== undefined && isCeiling(against);
}

/**
 * The name of a variant that so many threads compute together: `packed-blocked-2t`. Threads are part of the name, because
 * variant and target are what tells samples, measurements, pairs and failures apart everywhere; a measurement says
 * them as a number besides. `gemmWay` (gemm/way.ts) reads it.
 */
export function withThreads(variant: string, threads: number): string {
  return threads === 1 ? variant : `${variant}-${threads}t`;
}

/** Where the libraries of others stand in a plan of products: beside our variants, after them. Light, for plans. */
import type { Cell, ExperimentRow, Settings, VariantRef } from "../experiment.ts";
import { isPeer } from "../variant.ts";

/** Warming up and sampling one more contestant; loading it is the smaller part. */
const secondsPerPeer = 1.5;

const product = /^\d+x\d+x\d+$/;

/** A plan whose timed products (workloads such as 512x512x512) also hold the peers that the settings name. */
export function withPeers(plan: ExperimentRow["plan"]): (settings: Settings) => readonly Cell[] {
  return (settings) => {
    const refs = (settings.peers ?? []).map((variant) => ({ variant, target: "peer" }) as const);
    if (refs.length === 0) return plan(settings);
    return plan(settings).map((cell) => {
      if (!product.test(cell.workload)) return cell;
      const seconds = cell.seconds + secondsPerPeer * refs.length;
      return { ...cell, variants: [...cell.variants, ...refs], seconds };
    });
  };
}

/** Of a cell's variants our own; rules, steps and simulations are about these. */
export function ownVariants(refs: readonly VariantRef[]): readonly VariantRef[] {
  return refs.filter((ref) => !isPeer(ref));
}

/** The last of our variants, which a ladder ends with, over each peer: pairs for a comparison. */
export function overPeers(refs: readonly VariantRef[]): readonly (readonly [VariantRef, VariantRef])[] {
  const last = ownVariants(refs).at(-1);
  return last ? refs.filter(isPeer).map((peer) => [last, peer] as const) : [];
}

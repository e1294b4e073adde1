/**
 * A product by somebody else's library as a candidate among ours: the same operands, the same check, the same rounds.
 * The library is loaded when the candidate is checked, which comes before anything is timed.
 */
import type { Bench, Candidate, VariantRef } from "../experiment.ts";
import type { Operands, PreparedProduct } from "../peers/peer.ts";
import { differsFromReference, type GemmReference } from "./reference.ts";

/** The candidate of a peer; its check rejects, and it is left out as failed, where the library is not here. */
export function peerProduct(
  ref: VariantRef,
  operands: Operands,
  expected: () => GemmReference,
  bench: Bench,
): Candidate {
  const { m, n, k } = operands.shape;
  let prepared: PreparedProduct | undefined;
  const run = (): void | Promise<void> => {
    if (!prepared) throw new Error(`${ref.variant} was not loaded: it is to be checked before it is timed`);
    return prepared.run();
  };
  const check = async (): Promise<string | null> => {
    bench.progress(`loading ${ref.variant}`, undefined, undefined, ref);
    const { peerById } = await import("../peers/peers.ts");
    prepared = await peerById(ref.variant).prepare(operands);
    bench.progress(`checking ${ref.variant}`, undefined, undefined, ref);
    operands.c.fill(Number.NaN);
    await prepared.run();
    return differsFromReference(expected(), prepared.result());
  };
  return { ...ref, run, check, flops: 2 * m * n * k };
}

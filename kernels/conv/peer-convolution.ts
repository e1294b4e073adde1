/**
 * A convolution by somebody else's library as a candidate among ours: the same operands in nchw, the same check, the same
 * rounds. The library is loaded when the candidate is checked, which comes before anything is timed.
 */
import type { Bench, Candidate, VariantRef } from "../experiment.ts";
import type { ConvolutionOperands, PreparedProduct } from "../peers/peer.ts";
import { differsFromSample, type SampledReference } from "./sampled-reference.ts";
import { convFlops } from "./shape.ts";

/**
 * Largest error of a library's result as a share of the largest output: it may transform as Winograd's F(4x4) does, and
 * does not say.
 */
const tolerance = 1e-4;

/** The candidate of a peer; its check rejects, and it is left out as failed, where the library cannot or is not here. */
export function peerConvolution(
  ref: VariantRef,
  operands: ConvolutionOperands,
  expected: () => SampledReference,
  bench: Bench,
): Candidate {
  let prepared: PreparedProduct | undefined;
  const run = (): void | Promise<void> => {
    if (!prepared) throw new Error(`${ref.variant} was not loaded: it is to be checked before it is timed`);
    return prepared.run();
  };
  const check = async (): Promise<string | null> => {
    bench.progress(`loading ${ref.variant}`, undefined, undefined, ref);
    const { peerById } = await import("../peers/peers.ts");
    const peer = peerById(ref.variant);
    if (!peer.prepareConvolution)
      throw new Error(`${ref.variant} is compared on matrix products alone; leave it out of convolutions`);
    prepared = await peer.prepareConvolution(operands);
    bench.progress(`checking ${ref.variant}`, undefined, undefined, ref);
    operands.output.fill(Number.NaN);
    await prepared.run();
    return differsFromSample(expected(), prepared.result(), tolerance);
  };
  return { ...ref, run, check, flops: convFlops(operands.shape) };
}

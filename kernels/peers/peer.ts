/**
 * What every peer fulfils: a library of somebody else that computes the same product as our kernels, behind two
 * functions. peers.ts lists them.
 */
import type { ConvShape } from "../conv/shape.ts";
import type { GemmShape } from "../gemm/arguments.ts";
import type { PeerDescription } from "../run-events.ts";

/** Operands of one product C = A B, row-major float32 without padding. They must not move while a peer uses them. */
export interface Operands {
  readonly shape: GemmShape;
  readonly a: Float32Array;
  readonly b: Float32Array;
  readonly c: Float32Array;
}

/** Operands of one convolution of one image in nchw, float32; weights never change. They must not move either. */
export interface ConvolutionOperands {
  readonly shape: ConvShape;
  readonly input: Float32Array;
  readonly weights: Float32Array;
  readonly output: Float32Array;
}

/** A product (or a convolution) that is ready to be timed. */
export interface PreparedProduct {
  /** Computes the result once, on one thread; a promise where the library has no other way. */
  run(): void | Promise<void>;
  /** The result as the last run left it: the operand, or what the library handed out. */
  result(): Float32Array;
}

export interface Peer {
  /** The variant's name on target `peer`. */
  readonly id: string;
  /** What it is, in a few words. */
  readonly title: string;
  /** Version and what decides its speed. @throws PeerUnavailable with what to do */
  describe(): Promise<PeerDescription>;
  /** Loads the library, if it is not loaded, and prepares one product. @throws PeerUnavailable with what to do */
  prepare(operands: Operands): Promise<PreparedProduct>;
  /** The same for a convolution, where the library has them. */
  prepareConvolution?(operands: ConvolutionOperands): Promise<PreparedProduct>;
}

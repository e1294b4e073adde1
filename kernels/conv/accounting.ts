/**
 * What an algorithm takes and moves, exactly and before anything is allocated. Bytes of one run of the whole batch.
 */

export interface Accounting {
  /** Bytes allocated besides operands and weights: unfolded inputs, padded copies, packed panels, transforms. */
  readonly workspaceBytes: number;
  /** Bytes of the weights in the algorithm's own form, made by `prepare`; 0 where it reads them as they are. */
  readonly preparedBytes: number;
  /** Bytes of loads and stores if each pass goes through each of its buffers once. */
  readonly bytesMoved: number;
}

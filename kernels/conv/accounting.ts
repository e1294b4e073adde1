/**
 * What an algorithm takes, moves and multiplies, exactly and before anything is allocated. A stage is one pass of a
 * kernel; a byte that a pass touches counts once for reading and once for writing, however often it is touched: what
 * stays in registers or in the first-level cache during the pass is not traffic. Held against traced programs by
 * `accounting.test.ts`.
 */
import { type ConvShape, patchLength, positions } from "./shape.ts";

/** One pass of a run over the whole batch. */
export interface Stage {
  readonly stage: string;
  readonly readBytes: number;
  readonly writtenBytes: number;
}

export interface Accounting {
  /** Bytes allocated besides operands and weights: unfolded inputs, padded copies, packed panels, transforms. */
  readonly workspaceBytes: number;
  /** Bytes of the weights in the algorithm's own form, made by `prepare`; 0 where it reads them as they are. */
  readonly preparedBytes: number;
  /** Bytes that the passes of one run of the whole batch read and write. */
  readonly bytesMoved: number;
  /** The passes in order. */
  readonly stages: readonly Stage[];
  /** Real multiplications of channels by weights in one run; transforms, which mostly add, apart. */
  readonly multiplications: number;
}

/** The accounting of an algorithm from its stages. */
export function accountingOf(parts: Omit<Accounting, "bytesMoved">): Accounting {
  const bytesMoved = parts.stages.reduce(
    (sum, { readBytes, writtenBytes }) => sum + readBytes + writtenBytes,
    0,
  );
  return { ...parts, bytesMoved };
}

/** Multiplications of the definition, padding counted as data. */
export function definitionMultiplications(shape: ConvShape, batch: number): number {
  return batch * shape.filters * patchLength(shape) * positions(shape);
}

/** How many multiplications of the definition come on one of the algorithm: 2.25 for Winograd's F(2x2, 3x3). */
export function multiplicationsSaved(
  shape: ConvShape,
  batch: number,
  { multiplications }: Pick<Accounting, "multiplications">,
): number {
  return definitionMultiplications(shape, batch) / multiplications;
}

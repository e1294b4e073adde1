/** Where one head's packed operands and running results lie; sizes first, so that they can be stated without a memory. */
import { bytesOf } from "../codegen/expressions.ts";
import type { Memory } from "../codegen/memory.ts";
import type { Real } from "../gemm/arguments.ts";
import type { AttentionShape } from "./shape.ts";
import type { AttentionTiles } from "./tiles.ts";

const upTo = (length: number, multiple: number): number => Math.ceil(length / multiple) * multiple;

/** Elements of each piece of the forward pass. */
export function forwardPieces(shape: Required<AttentionShape>, tiles: AttentionTiles) {
  const { keys, queries, width, valueWidth } = shape;
  const group = Math.min(tiles.panels * tiles.queries, upTo(queries, tiles.queries));
  return {
    keyPanels: upTo(keys, tiles.keys) * width,
    valuePanels: keys * upTo(valueWidth, tiles.values),
    queryPanels: group * width,
    output: group * upTo(valueWidth, tiles.values),
    most: group,
    total: group,
    factor: tiles.queries,
    /** The backward pass clears a tile behind the last key. */
    scores: (tiles.keyBlock + tiles.keys) * tiles.queries,
    /** Of the caller's mask, by panels. */
    mask: tiles.keyBlock * group,
    lse: group,
    laneNumbers: tiles.queries,
  };
}

/** What the backward pass needs besides. */
export function backwardPieces(shape: Required<AttentionShape>, tiles: AttentionTiles) {
  const { keys, queries, width, valueWidth } = shape;
  const group = Math.min(tiles.panels * tiles.queries, upTo(queries, tiles.queries));
  const [ofKey, ofValue] = [rowLength(width, tiles), rowLength(valueWidth, tiles)];
  return {
    /** Values in panels of keys, for the gradient of the shares. */
    valueKeyPanels: upTo(keys, tiles.keys) * valueWidth,
    /** Keys in panels of elements, for the gradient of queries. */
    keyElementPanels: keys * upTo(width, tiles.elements),
    gradOutputPanels: group * valueWidth,
    queryRows: group * ofKey,
    gradOutputRows: group * ofValue,
    dots: group,
    gradScores: tiles.keyBlock * tiles.queries,
    gradQueries: group * upTo(width, tiles.elements),
    gradKeys: upTo(keys, tiles.keys) * ofKey,
    gradValues: upTo(keys, tiles.keys) * ofValue,
  };
}

/** Columns of a row that is read by register tiles: whole pairs of vectors, or one vector. */
export function rowLength(length: number, { lanes }: AttentionTiles): number {
  return length <= lanes ? lanes : upTo(length, 2 * lanes);
}

/** Bytes of pieces as they are allocated: whole cache lines. */
export function bytesOfPieces(pieces: Readonly<Record<string, number>>, element: Real): number {
  return Object.values(pieces).reduce((sum, length) => sum + upTo(length * bytesOf[element], 64), 0);
}

/** The addresses of pieces. @throws ProgramError where the memory has no room for them */
export function allocatePieces<P extends Readonly<Record<string, number>>>(
  pieces: P,
  element: Real,
  memory: Memory,
): Readonly<Record<keyof P, number>> {
  const entries = Object.entries(pieces).map(([name, length]) => [
    name,
    memory.allocate(element, length).address,
  ]);
  return Object.fromEntries(entries) as Record<keyof P, number>;
}

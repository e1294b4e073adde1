/**
 * The sizes of tiles and blocks. Queries lie along the lanes of vectors, keys and elements of values along the rows of
 * register tiles: maximum, sum and rescaling of a query then never leave their lane, and the powers are, as they are
 * written, the packed operand of the second product.
 */

import { bytesOf } from "../codegen/expressions.ts";
import type { Real } from "../gemm/arguments.ts";
import type { KernelIsa } from "../gemm/machines.ts";
import { machineRow } from "../gemm/machines.ts";

export interface AttentionTiles {
  readonly lanes: number;
  /** Queries of a panel: columns of a register tile of GEMM. */
  readonly queries: number;
  /** Keys of a tile of scores: rows of a register tile of GEMM. */
  readonly keys: number;
  /** Elements of values in a tile of the output. */
  readonly values: number;
  /** Elements of queries in a tile of their gradient. */
  readonly elements: number;
  /** Keys of a block, whole tiles. */
  readonly keyBlock: number;
  /** Panels of queries that share a block of keys while it is in the cache. */
  readonly panels: number;
}

/**
 * Scores of a panel with a block of keys: a third of 48 KiB of L1 or half of 32, so that they are still there when they
 * become powers, and those when they are multiplied by values.
 */
const scoreBytes = 16 * 1024;

/** Panels of a group: with 8 of 32 queries, a block of keys and values is read from L2 or beyond once in 256 queries. */
const panelsOfGroup = 8;

/** The tiles for vectors of an ISA. */
export function tilesOf(
  element: Real,
  isa: KernelIsa,
  { width, valueWidth }: { readonly width: number; readonly valueWidth: number },
): AttentionTiles {
  const { blocking, vectorBytes } = machineRow(element, isa);
  const { mr, nr } = blocking;
  const bytes = bytesOf[element];
  return {
    ...{ lanes: vectorBytes / bytes, queries: nr, keys: mr, panels: panelsOfGroup },
    values: rowsFor(valueWidth, mr),
    elements: rowsFor(width, mr),
    keyBlock: Math.floor(scoreBytes / bytes / nr / mr) * mr,
  };
}

/** Rows of a tile, at most `most`, that cover a length with the fewest rows left empty: 8 of 12 for 64. */
export function rowsFor(length: number, most: number): number {
  // Two thirds of the sums still hide the latency of their multiply-adds (8 of 8 with AVX2).
  const least = Math.max(1, Math.min(length, Math.ceil((2 * most) / 3)));
  const padded = (rows: number): number => Math.ceil(length / rows) * rows;
  let best = most;
  for (let rows = most; rows >= least; rows--) if (padded(rows) < padded(best)) best = rows;
  return best;
}

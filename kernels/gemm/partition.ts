/**
 * Which part of C each thread computes: a grid of row and column pieces in whole units of the plan's grain. Pure and
 * the same everywhere, so that each thread can work it out for itself; an element's bits do not depend on it, because
 * no sum over k is ever cut (plan.ts, `grain`). The grid as in Smith, van de Geijn et al. (2014), "Anatomy of
 * High-Performance Many-Threaded Matrix Multiplication", at their outermost loops: each thread packs for itself.
 */
import type { GemmShape } from "./arguments.ts";
import type { Grain } from "./plan.ts";

/** A rectangle of C. */
export interface Part {
  readonly row: number;
  readonly rows: number;
  readonly column: number;
  readonly columns: number;
}

/**
 * Multiply-adds that an element of A or B costs to be packed: 3 (A) to 6 (B) as threads.bench.ts measured on a Zen 5
 * core in WebAssembly. It decides between grids of equal balance.
 */
const packingCost = 4;

/**
 * Multiply-adds of a thread's share below which it is not worth waking: 10 microseconds of WebAssembly at 52 GFLOP/s.
 * A member that has just finished a job takes the next within 0.4, one that sleeps within 40 (threads.bench.ts).
 */
const leastWork = 2 ** 18;

/** Into how many pieces rows and columns of C are cut, as a plan asks for it in place of the cheapest grid. */
export interface Split {
  readonly rows: number;
  readonly columns: number;
}

/**
 * The parts of C for at most so many threads, thread by thread; every element lies in exactly one.
 *
 * @param split the grid, as far as C has units for it; without it, the grid that should cost least
 * @throws RangeError for a split into more parts than threads
 */
export function partition(
  shape: GemmShape,
  threads: number,
  grain: Grain,
  split?: Split | undefined,
): readonly Part[] {
  const { rowPieces, columnPieces } = split
    ? gridAsAsked(shape, threads, grain, split)
    : gridOf(shape, threads, grain);
  const rows = pieces(shape.m, grain.rows, rowPieces);
  const columns = pieces(shape.n, grain.columns, columnPieces);
  return rows.flatMap(([row, rowEnd]) =>
    columns.map(([column, columnEnd]) => ({
      row,
      rows: rowEnd - row,
      column,
      columns: columnEnd - column,
    })),
  );
}

interface Grid {
  readonly rowPieces: number;
  readonly columnPieces: number;
}

/** The grid that was asked for; one part where the product is not worth waking anybody for. */
function gridAsAsked({ m, n, k }: GemmShape, threads: number, grain: Grain, { rows, columns }: Split): Grid {
  if (!(rows >= 1 && columns >= 1 && rows * columns <= threads))
    throw new RangeError(
      `expected a split into at most ${threads} parts, one a thread; found ${rows}x${columns}`,
    );
  if (m * n * k < 2 * leastWork) return { rowPieces: 1, columnPieces: 1 };
  return {
    rowPieces: Math.min(rows, Math.max(1, Math.ceil(m / grain.rows))),
    columnPieces: Math.min(columns, Math.max(1, Math.ceil(n / grain.columns))),
  };
}

/** The grid whose largest part costs least; of equal ones that with fewest threads, then that with most row pieces. */
function gridOf(shape: GemmShape, threads: number, { rows, columns }: Grain): Grid {
  const { m, n, k } = shape;
  const most = Math.min(threads, Math.max(1, Math.floor((m * n * k) / leastWork)));
  const [rowUnits, columnUnits] = [Math.ceil(m / rows), Math.ceil(n / columns)];
  let best: Grid = { rowPieces: 1, columnPieces: 1 };
  let least = Number.POSITIVE_INFINITY;
  for (let used = 1; used <= most; used++)
    for (let rowPieces = used; rowPieces >= 1; rowPieces--) {
      const columnPieces = used / rowPieces;
      if (!Number.isInteger(columnPieces) || rowPieces > rowUnits || columnPieces > columnUnits) continue;
      const height = rows * Math.ceil(rowUnits / rowPieces);
      const width = columns * Math.ceil(columnUnits / columnPieces);
      const cost = height * width + packingCost * (height + width);
      if (cost < least) {
        least = cost;
        best = { rowPieces, columnPieces };
      }
    }
  return best;
}

/**
 * A length cut into pieces [from, to) of whole units, no two of which differ by more than a unit; where they differ,
 * the last is a long one, because the unit at the end may be a short one.
 */
function pieces(length: number, unit: number, count: number): (readonly [number, number])[] {
  const units = Math.ceil(length / unit);
  const cut = (piece: number): number => Math.min(length, unit * Math.floor((piece * units) / count));
  return Array.from({ length: count }, (_, piece) => [cut(piece), cut(piece + 1)] as const);
}

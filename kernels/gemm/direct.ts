/**
 * Plans without packing: tiles that read operands where they lie, and dot products for a C of few columns. Which tile
 * suits a shape is decided by counting the cycles that loads and multiply-adds take at the least.
 */
import { bytesOf } from "../codegen/expressions.ts";
import type { GemmShape, Real } from "./arguments.ts";
import { pack } from "./loops/pack.ts";
import type { MachineRow } from "./machines.ts";
import type { GemmPlan } from "./plan.ts";
import { covers, cutsOf, type DirectTile, directProgram } from "./programs/direct.ts";
import { dotsProgram } from "./programs/dots.ts";
import { packAcrossProgram, packAlongProgram, packStridedProgram } from "./programs/pack.ts";

/**
 * The plan that multiplies with one call and no workspace. Made for a shape, its program has only the tiles that this
 * shape and its parts need; another shape gets the program of all tiles when it is first met.
 */
export function directPlan(
  variant: string,
  element: Real,
  tile: DirectTile,
  shape: GemmShape | undefined,
): GemmPlan {
  const cuts = shape && cutsOf(tile, shape.m, shape.n);
  return {
    variant,
    element,
    grain: { rows: tile.rows, columns: tile.vectors * tile.lanes },
    overwrites: true,
    programs: { product: directProgram(tile, element, cuts) },
    further: { anyShape: () => directProgram(tile, element) },
    workspace: () => 0,
    multiply: ({ product, anyShape }, { m, n, k, alpha, beta, a, lda, b, ldb, c, ldc }) => {
      const call = !cuts || covers(cuts, tile, m, n) ? product : anyShape;
      call?.(m, n, k, alpha, beta === 0 ? 1 : 0, a, lda, b, ldb, c, ldc);
    },
  };
}

/** Registers that adding up the lanes of a sum takes besides the sums themselves. */
const forSums = 4;

/** Rows that are multiplied at once: enough to have eight sums in flight, but no more than the registers hold. */
function dotRows(columns: number, registers: number): number {
  const wanted = Math.min(4, Math.ceil(8 / columns));
  return Math.max(1, Math.min(wanted, Math.floor((registers - forSums) / (columns + 1))));
}

/** The plan for `columns` columns: B is packed into vectors along k, once. Fewer columns are done by tiles in place. */
export function dotsPlan(
  variant: string,
  element: Real,
  columns: number,
  { vectorBytes, registers }: MachineRow,
): GemmPlan {
  const lanes = vectorBytes / bytesOf[element];
  const panel = { width: lanes, element, lanes };
  const rows = dotRows(columns, registers);
  return {
    variant,
    element,
    grain: { rows, columns },
    overwrites: true,
    programs: { product: dotsProgram({ rows, columns, lanes }, element), acrossB: packAcrossProgram(panel) },
    further: {
      alongB: () => packAlongProgram(panel),
      stridedB: () => packStridedProgram(panel),
      fewer: () => directProgram({ rows: 4, vectors: 1, lanes }, element),
    },
    workspace: ({ k }) => Math.ceil(k / lanes) * lanes * columns,
    multiply: (calls, { m, n, k, alpha, beta, a, lda, b, ldb, csb, c, ldc }, workspace) => {
      if (n !== columns) {
        calls.fewer?.(m, n, k, alpha, beta === 0 ? 1 : 0, a, lda, b, ldb, c, ldc);
        return;
      }
      const packing = { length: k, depth: columns, source: b, lengthStride: ldb, depthStride: csb };
      pack(calls, "B", { ...packing, packed: workspace });
      calls.product?.(m, k, alpha, beta === 0 ? 1 : 0, a, lda, workspace, c, ldc);
    },
  };
}

/** Cycles that a multiply-add takes from operand to result on current cores, times the two that start in each cycle. */
const inFlight = 8;

/** The tile with the least work for a shape, of those that fit the registers. */
export function directTileFor(
  { m, n }: GemmShape,
  element: Real,
  vectorBytes: number,
  registers: number,
): DirectTile {
  const lanes = vectorBytes / bytesOf[element];
  const widest = Math.min(mostVectors, Math.ceil(n / lanes));
  let best: DirectTile = { rows: 1, vectors: 1, lanes };
  let least = Number.POSITIVE_INFINITY;
  for (let vectors = 1; vectors <= widest; vectors++) {
    const most = Math.min(mostRows, m, Math.floor((registers - 2 - vectors) / vectors));
    for (let rows = 1; rows <= most; rows++) {
      const cycles = tileHalfCycles({ m, n }, { rows, vectors, lanes });
      if (cycles < least) [best, least] = [{ rows, vectors, lanes }, cycles];
    }
  }
  return best;
}

/** Beyond these, code grows and nothing is gained: eight vectors are eight sums in flight for a single row. */
const mostVectors = 8;
/** Rows have one pointer for every four of them; general registers end here. */
const mostRows = 14;

/** Half cycles that a tile's pointers and counter take in each step of k: large tiles have fewer of them. */
const overhead = 2;

/** Half cycles for one step of k over the whole of C: two loads and two multiply-adds start in a cycle. */
export function tileHalfCycles(
  { m, n }: Pick<GemmShape, "m" | "n">,
  { rows, vectors, lanes }: DirectTile,
): number {
  const ofTile = (r: number, v: number): number => Math.max(r * v, r + v, inFlight) + overhead;
  const stripes = Math.floor(n / (vectors * lanes));
  const rest = Math.ceil((n - stripes * vectors * lanes) / lanes);
  const ofStripe = (v: number): number =>
    v === 0 ? 0 : Math.floor(m / rows) * ofTile(rows, v) + (m % rows > 0 ? ofTile(m % rows, v) : 0);
  return stripes * ofStripe(vectors) + ofStripe(rest);
}

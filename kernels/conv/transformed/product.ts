/**
 * The products between the transforms: at each point of the transform domain a matrix of tiles [tiles x channels] times
 * one of weights [channels x filters]. All sizes are constants of the generated code, and the weights were put into
 * panels once, when the layer was prepared, so that the inner loop streams them: the micro-kernel of ../../gemm/ with A
 * read where it lies, because a column of tiles is used by every panel.
 */
import {
  add,
  advance,
  at,
  broadcast,
  constant,
  load,
  mul,
  multiplyAdd,
  type Name,
  type Operand,
  type PointerName,
} from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import type { Real } from "../../gemm/arguments.ts";

/** Rows and vectors of a register tile. */
export interface ProductTile {
  readonly rows: number;
  readonly vectors: number;
  readonly lanes: number;
}

export interface BatchedProduct {
  readonly points: number;
  readonly tiles: number;
  readonly channels: number;
  /** Elements from one tile to the next in A; channels up to whole vectors. */
  readonly channelPitch: number;
  /** Elements from one tile to the next in C and columns of a point's panels: filters up to whole vectors. */
  readonly filterPitch: number;
  /** Tiles for which a point of A and C has room. */
  readonly room: number;
}

/** Steps of the sum in one pass of the innermost loop. */
const unroll = 4;

/** Columns of panel and the column it begins at: as wide as the register tile, the last as wide as what is left. */
export function panelsOf(filterPitch: number, { vectors, lanes }: ProductTile): readonly [number, number][] {
  const width = vectors * lanes;
  const panels: [number, number][] = [];
  for (let first = 0; first < filterPitch; first += width)
    panels.push([first, Math.min(width, filterPitch - first)]);
  return panels;
}

/** Where the weight of a channel and filter lies among those of a point, in elements. */
export function weightPlace(
  { channels, filterPitch }: Pick<BatchedProduct, "channels" | "filterPitch">,
  tile: ProductTile,
  channel: number,
  filter: number,
): number {
  const width = tile.vectors * tile.lanes;
  const first = filter - (filter % width);
  return first * channels + channel * Math.min(width, filterPitch - first) + (filter - first);
}

/**
 * `product(a, weights, c)`: A is [points][room][channelPitch], weights [points][panels][channels][width of the panel], C
 * [points][room][filterPitch]; of each point the first `tiles` rows are computed.
 */
export function batchedProductProgram(shape: BatchedProduct, tile: ProductTile, element: Real): Program {
  const { points, channels, channelPitch, filterPitch, room, tiles } = shape;
  return program(`products-${points}x${tiles}x${channels}x${filterPitch}-${element}`, (b) => {
    const a = b.pointer("a", element);
    const weights = b.pointer("weights", element);
    const c = b.pointer("c", element);
    b.loop("point", 0, points, {}, (point) => {
      const planeA = b.let("planeA", advance(a, mul(point, room * channelPitch)));
      const planeC = b.let("planeC", advance(c, mul(point, room * filterPitch)));
      const panels = b.let("panels", advance(weights, mul(point, channels * filterPitch)));
      overPanels(b, filterPitch, tile, (first, vectors) => {
        const panel = b.let("panel", advance(panels, mul(first, channels)));
        overRows(b, tiles, tile.rows, (row, rows) =>
          registerTile(
            b,
            shape,
            { rows, vectors, lanes: tile.lanes },
            {
              a: b.variable("ap", advance(planeA, mul(row, channelPitch))),
              panel: b.variable("bp", panel),
              c: b.let("cTile", advance(planeC, add(mul(row, filterPitch), first))),
            },
          ),
        );
      });
    });
  });
}

function overPanels(
  b: ProgramBuilder,
  filterPitch: number,
  { vectors, lanes }: ProductTile,
  body: (first: Operand, vectors: number) => void,
): void {
  const width = vectors * lanes;
  const whole = filterPitch - (filterPitch % width);
  if (whole > 0) b.loop("column", 0, whole, { step: width }, (first) => body(first, vectors));
  if (whole < filterPitch) body(constant(whole), (filterPitch - whole) / lanes);
}

/** Tiles of equal height as far as that goes: two of seven rows are faster than one of twelve and one of two. */
function overRows(
  b: ProgramBuilder,
  count: number,
  most: number,
  body: (row: Operand, rows: number) => void,
): void {
  const rows = Math.ceil(count / Math.ceil(count / most));
  const whole = count - (count % rows);
  b.loop("row", 0, whole, { step: rows }, (row) => body(row, rows));
  if (whole < count) body(constant(whole), count - whole);
}

function registerTile(
  b: ProgramBuilder,
  { channels, channelPitch, filterPitch }: BatchedProduct,
  { rows, vectors, lanes }: ProductTile,
  { a, panel, c }: { readonly a: PointerName; readonly panel: PointerName; readonly c: PointerName },
): void {
  const type = { element: c.element, lanes };
  const sums = Array.from({ length: rows }, (_, r) =>
    Array.from({ length: vectors }, (_, v) => b.variable(`c${r}v${v}`, constant(0, type))),
  );
  const steps = (copies: number): void => {
    for (let copy = 0; copy < copies; copy++) {
      const row = Array.from({ length: vectors }, (_, v) =>
        b.let("w", load(at(panel, 0, (copy * vectors + v) * lanes), lanes)),
      );
      for (const [r, accumulators] of sums.entries()) {
        const factor = b.let("factor", broadcast(at(a, 0, r * channelPitch + copy), lanes));
        for (const [v, sum] of accumulators.entries()) b.set(sum, multiplyAdd(factor, row[v] as Name, sum));
      }
    }
    b.set(a, advance(a, copies));
    b.set(panel, advance(panel, copies * vectors * lanes));
  };
  const whole = channels - (channels % unroll);
  if (whole > 0) b.loop("channel", 0, whole, { step: unroll }, () => steps(unroll));
  if (whole < channels) steps(channels - whole);
  for (const [r, accumulators] of sums.entries())
    for (const [v, sum] of accumulators.entries()) b.store(at(c, 0, r * filterPitch + v * lanes), sum);
}

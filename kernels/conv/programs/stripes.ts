/**
 * A convolution in nchw as products of register tiles, all loops in one program: positions lie in the lanes of vectors,
 * weights are broadcast. The output is cut into stripes of a few vectors of positions; for each stripe all filters pass
 * by. A stripe's image values are read where they lie (a pointwise layer), from panels [patch][stripe] that were packed
 * before (im2col-pack), or from one panel that is filled straight from the image (implicit GEMM: Chetlur et al., cuDNN,
 * arXiv:1410.0759, section 3).
 *
 * Assumptions: weights are packed by `packFilters` into panels of `rows` filters; sums, one row of the panel and one
 * broadcast fit the vector registers. The whole depth is summed in registers, so C is written once: a panel of A and one
 * of B stream from L2, whose bandwidth the tiles ask for a quarter of.
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
  type Pointer,
  type PointerName,
  type Tail,
  type Value,
} from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import type { Real } from "../../gemm/arguments.ts";
import type { DirectTile } from "../../gemm/programs/direct.ts";
import { activations, type Epilogue } from "../epilogue.ts";

/** One group's product and how it is cut. */
export interface StripeOptions {
  readonly filters: number;
  readonly depth: number;
  readonly positions: number;
  readonly tile: DirectTile;
  readonly element: Real;
  readonly epilogue: Epilogue;
  readonly source: StripeSource;
}

/**
 * Where a stripe's image values come from. `matrix`: the image is the matrix [depth][positions] itself. `panels`: that
 * matrix was packed before, stripe by stripe. `image`: a panel is filled from the phased image for each stripe.
 */
export type StripeSource =
  | { readonly kind: "matrix" }
  | { readonly kind: "panels" }
  | ({ readonly kind: "image" } & PanelFill);

/** How a panel is filled from the phased image (../phased-image.ts). */
export interface PanelFill {
  readonly channels: number;
  readonly channelStride: number;
  readonly taps: number;
  /** Vectors that are copied for each row of a panel; a stripe names each one's source and place in `copies`. */
  readonly copies: number;
}

interface Operands {
  readonly image: PointerName;
  readonly weights: PointerName;
  readonly bias: PointerName;
  readonly output: PointerName;
  readonly panel?: PointerName;
  readonly taps?: PointerName;
  readonly copies?: PointerName;
}

/** Vectors and rest of the last stripe; a stripe's number of columns. */
export const stripeWidth = ({ vectors, lanes }: DirectTile): number => vectors * lanes;

/**
 * Parameters `(image, weights, bias, output)`, and for source `image` `(…, panel, taps, copies)`: one group of
 * one image. `panel` has room for depth rows of a stripe and one vector more; `taps` holds the offset of each tap, `copies` for each
 * stripe `fill.copies` pairs of source and place.
 */
export function stripesProgram(options: StripeOptions): Program {
  const { element, tile, positions, source } = options;
  const width = stripeWidth(tile);
  const name = `stripes-${source.kind}-${tile.rows}x${width}-${element}`;
  const fill = source.kind === "image" ? source : undefined;
  return program(name, (b) => {
    const operands: Operands = {
      image: b.pointer("image", element),
      weights: b.pointer("weights", element),
      bias: b.pointer("bias", element),
      output: b.pointer("output", element),
      ...(fill && {
        panel: b.pointer("panel", element),
        taps: b.pointer("taps", "i32"),
        copies: b.pointer("copies", "i32"),
      }),
    };
    const whole = positions - (positions % width);
    const table = operands.copies && b.variable("table", operands.copies);
    const stripe = (first: Value | number, columns: number): void => {
      if (fill && table) fillPanel(b, options, fill, operands, table);
      everyTile(b, options, operands, first, columns);
    };
    if (whole > 0) b.loop("j", 0, whole, { step: width }, (j) => stripe(j, width));
    if (whole < positions) stripe(whole, positions - whole);
  });
}

/** One panel: for each channel and tap, the vectors that the stripe's table names. */
function fillPanel(
  b: ProgramBuilder,
  { tile }: StripeOptions,
  fill: PanelFill,
  { image, panel, taps }: Operands,
  table: PointerName,
): void {
  if (!panel || !taps) return;
  const width = stripeWidth(tile);
  b.comment(
    "fill the panel of this stripe from the image; what a vector writes too much, the next one overwrites",
  );
  const to = b.variable("to", panel);
  const origin = b.variable("origin", image);
  b.loop("channel", 0, fill.channels, {}, () => {
    b.loop("tap", 0, fill.taps, {}, (tap) => {
      const from = fill.taps === 1 ? origin : b.let("from", advance(origin, load(at(taps, tap))));
      for (let copy = 0; copy < fill.copies; copy++) {
        const source = load(at(from, load(at(table, 0, 2 * copy))), tile.lanes);
        b.store(at(to, load(at(table, 0, 2 * copy + 1))), source);
      }
      b.set(to, advance(to, width));
    });
    b.set(origin, advance(origin, fill.channelStride));
  });
  b.set(table, advance(table, 2 * fill.copies));
}

/** All filters of one stripe. */
function everyTile(
  b: ProgramBuilder,
  options: StripeOptions,
  operands: Operands,
  first: Value | number,
  columns: number,
): void {
  const { filters, tile } = options;
  const { rows, lanes } = tile;
  const rest = columns % lanes;
  const type = { element: options.element, lanes };
  const tail = rest === 0 ? undefined : b.tail("tail", constant(rest), type);
  const cut: Cut = { vectors: Math.ceil(columns / lanes), tail, first };
  const whole = filters - (filters % rows);
  if (whole > 0)
    b.loop("i", 0, whole, { step: rows }, (i) => oneTile(b, options, operands, cut, i as Name, rows));
  if (whole < filters) oneTile(b, options, operands, cut, constant(whole), filters - whole);
}

/** A stripe's vectors, the lanes of the last one if it is not full, and its first position. */
interface Cut {
  readonly vectors: number;
  readonly tail: Tail | undefined;
  readonly first: Value | number;
}

/** Multiply-adds of a step below which the loop is unrolled, so that its counting does not limit it. */
const enough = 12;

function oneTile(
  b: ProgramBuilder,
  options: StripeOptions,
  { image, weights, bias, output, panel }: Operands,
  { vectors, tail, first }: Cut,
  i: Value,
  rows: number,
): void {
  const { depth, positions, tile, element, source } = options;
  const { lanes } = tile;
  const inPlace = source.kind === "matrix";
  const rowStep = inPlace ? positions : stripeWidth(tile);
  const lastTail = (v: number): Tail | undefined => (v === vectors - 1 ? tail : undefined);
  const loadTail = (v: number): Tail | undefined => (inPlace ? lastTail(v) : undefined);
  const a = b.variable("a", advance(weights, mul(i, depth)));
  // Panels are as wide as a stripe, so that the one that begins at a position lies that many rows of one in.
  const start = source.kind === "panels" ? mul(first, depth) : first;
  const row = b.variable("row", panel ?? advance(image, start));
  const sums = zeroSums(b, rows, vectors, { element, lanes });
  const step = (copy: number): void => {
    const values = Array.from({ length: vectors }, (_, v) =>
      b.let(`b${v}`, load(at(row, 0, copy * rowStep + v * lanes), lanes, loadTail(v))),
    );
    for (const [r, ofRow] of sums.entries()) {
      const factor = b.let("factor", broadcast(at(a, 0, copy * rows + r), lanes));
      for (const [v, sum] of ofRow.entries()) b.set(sum, multiplyAdd(factor, values[v] as Name, sum));
    }
  };
  const unroll = rows * vectors < enough ? 4 : 2;
  const pass = (copies: number) => (): void => {
    for (let copy = 0; copy < copies; copy++) step(copy);
    b.set(a, advance(a, copies * rows));
    b.set(row, advance(row, copies * rowStep));
  };
  const whole = depth - (depth % unroll);
  if (whole > 0) b.loop("p", 0, whole, { step: unroll }, pass(unroll));
  if (whole < depth) pass(depth - whole)();
  const place = add(mul(i, positions), first);
  writeSums(b, sums, options.epilogue, {
    ...{ lanes, rowStep: positions, tailOf: lastTail },
    output: advance(output, place),
    bias: (r) => broadcast(at(bias, i, r), lanes),
  });
}

/** Named sums of a tile, all zero. */
export function zeroSums(
  b: ProgramBuilder,
  rows: number,
  vectors: number,
  type: { readonly element: Real; readonly lanes: number },
): Name[][] {
  return Array.from({ length: rows }, (_, r) =>
    Array.from({ length: vectors }, (_, v) => b.variable(`c${r}v${v}`, constant(0, type))),
  );
}

interface Destination {
  readonly output: Pointer;
  readonly lanes: number;
  /** Elements from one row of sums to the next. */
  readonly rowStep: number;
  tailOf(v: number): Tail | undefined;
  /** The bias of a row's vector. */
  bias(r: number, v: number): Value;
}

/** Writes a tile, with bias and activation done on the way. */
export function writeSums(
  b: ProgramBuilder,
  sums: readonly (readonly Name[])[],
  epilogue: Epilogue,
  { output, lanes, rowStep, tailOf, bias }: Destination,
): void {
  const to = b.variable("to", output);
  for (const [r, row] of sums.entries()) {
    for (const [v, sum] of row.entries()) {
      if (epilogue.bias) b.set(sum, add(sum, bias(r, v)));
      b.store(at(to, 0, v * lanes), activations[epilogue.activation](b, sum), tailOf(v));
    }
    if (r + 1 < sums.length) b.set(to, advance(to, rowStep));
  }
}

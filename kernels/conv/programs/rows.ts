/**
 * A convolution as register tiles with filters in the lanes of vectors and image values broadcast: the micro-kernel of
 * im2col, of indirect convolution (Dukhan, The indirect convolution algorithm, arXiv:1907.02129) and of direct loops in
 * nhwc alike. A tile is a few output positions by a few vectors of filters; what differs is only how the pointers to its
 * rows are found, once for each tap. Within a tap the channels of a row lie `channelStep` apart.
 *
 * Assumptions: weights are packed by `packFilters` in order tap, channel, into panels of whole vectors; there are no more
 * rows than general registers can point to.
 */
import {
  add,
  advance,
  at,
  broadcast,
  constant,
  greaterOrEqual,
  load,
  mul,
  multiplyAdd,
  type Name,
  type PointerName,
  select,
  type Tail,
  type Value,
} from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import type { Real } from "../../gemm/arguments.ts";
import type { DirectTile } from "../../gemm/programs/direct.ts";
import type { Epilogue } from "../epilogue.ts";
import { writeSums, zeroSums } from "./stripes.ts";

/**
 * Where the rows of a tile begin. `matrix`: so many elements apart. `pointers`: an indirection buffer, for each tile and
 * tap an offset for each row, or -1 for the zero row. `offsets`: one offset for each position and one for each tap.
 */
export type RowSource =
  | { readonly kind: "matrix"; readonly rowStride: number }
  | { readonly kind: "pointers" }
  | { readonly kind: "offsets" };

export interface RowOptions {
  readonly filters: number;
  readonly positions: number;
  readonly taps: number;
  /** Of one group. */
  readonly channels: number;
  /** Elements from one channel of a pixel to the next: 1 where channels are neighbours. */
  readonly channelStep: number;
  /** Elements from one position's first filter to the next one's in the output. */
  readonly outputPitch: number;
  readonly tile: DirectTile;
  readonly element: Real;
  readonly epilogue: Epilogue;
  readonly source: RowSource;
}

interface Operands {
  readonly image: PointerName;
  readonly weights: PointerName;
  readonly bias: PointerName;
  readonly output: PointerName;
  readonly table?: PointerName;
  readonly taps?: PointerName;
  readonly zero?: Name;
}

/**
 * Parameters `(image, weights, bias, output)`, then for `pointers` `(…, table, zero)`, zero being the offset of the zero
 * row from the image, and for `offsets` `(…, table, taps)`. One group of one image.
 */
export function rowsProgram(options: RowOptions): Program {
  const { filters, element, tile, source } = options;
  const width = tile.vectors * tile.lanes;
  return program(`rows-${source.kind}-${tile.rows}x${width}-${element}`, (b) => {
    const operands: Operands = {
      image: b.pointer("image", element),
      weights: b.pointer("weights", element),
      bias: b.pointer("bias", element),
      output: b.pointer("output", element),
      ...(source.kind !== "matrix" && { table: b.pointer("table", "i32") }),
      ...(source.kind === "offsets" && { taps: b.pointer("taps", "i32") }),
      ...(source.kind === "pointers" && { zero: b.integer("zero") }),
    };
    const whole = filters - (filters % width);
    if (whole > 0)
      b.loop("filter", 0, whole, { step: width }, (filter) => everyTile(b, options, operands, filter, width));
    if (whole < filters) everyTile(b, options, operands, constant(whole), filters - whole);
  });
}

/** All positions for one panel of filters, which stays in L2 meanwhile. */
function everyTile(
  b: ProgramBuilder,
  options: RowOptions,
  operands: Operands,
  filter: Value,
  columns: number,
): void {
  const { positions, tile, element } = options;
  const { rows, lanes } = tile;
  const rest = columns % lanes;
  const tail = rest === 0 ? undefined : b.tail("tail", constant(rest), { element, lanes });
  const cut: Cut = { filter, vectors: Math.ceil(columns / lanes), tail };
  const whole = positions - (positions % rows);
  if (whole > 0)
    b.loop("position", 0, whole, { step: rows }, (position) =>
      oneTile(b, options, operands, cut, position, rows),
    );
  if (whole < positions) oneTile(b, options, operands, cut, constant(whole), positions - whole);
}

/** A panel's first filter, its vectors, and the lanes of the last one if it is not full. */
interface Cut {
  readonly filter: Value;
  readonly vectors: number;
  readonly tail: Tail | undefined;
}

/** Multiply-adds of a step below which the loop is unrolled, so that its counting does not limit it. */
const enough = 12;

function oneTile(
  b: ProgramBuilder,
  options: RowOptions,
  operands: Operands,
  { filter, vectors, tail }: Cut,
  position: Value,
  rows: number,
): void {
  const { channels, channelStep, taps, tile, element, epilogue, outputPitch } = options;
  const { lanes } = tile;
  const panel = b.variable("panel", advance(operands.weights, mul(filter, taps * channels)));
  const sums = zeroSums(b, rows, vectors, { element, lanes });
  const unroll = rows * vectors < enough ? 4 : 1;
  const overChannels = (pointers: readonly PointerName[]): void =>
    b.loop("channel", 0, channels * channelStep, { step: channelStep, unroll }, (channel) => {
      const weights = Array.from({ length: vectors }, (_, v) =>
        b.let(`w${v}`, load(at(panel, 0, v * lanes), lanes)),
      );
      for (const [r, ofRow] of sums.entries()) {
        const value = b.let("value", broadcast(at(pointers[r] as PointerName, channel), lanes));
        for (const [v, sum] of ofRow.entries()) b.set(sum, multiplyAdd(value, weights[v] as Name, sum));
      }
      b.set(panel, advance(panel, vectors * lanes));
    });
  if (taps === 1) overChannels(rowPointers(b, options, operands, position, constant(0), rows));
  else
    b.loop("tap", 0, taps, {}, (tap) => overChannels(rowPointers(b, options, operands, position, tap, rows)));
  writeSums(b, sums, epilogue, {
    ...{ lanes, rowStep: outputPitch, tailOf: (v) => (v === vectors - 1 ? tail : undefined) },
    output: advance(operands.output, add(mul(position, outputPitch), filter)),
    bias: (_, v) => load(at(operands.bias, filter, v * lanes), lanes, v === vectors - 1 ? tail : undefined),
  });
}

/** Pointers to the rows of a tile at one tap. */
function rowPointers(
  b: ProgramBuilder,
  { source, taps }: RowOptions,
  { image, table, taps: tapOffsets, zero }: Operands,
  position: Value,
  tap: Value,
  rows: number,
): PointerName[] {
  const each = (place: (r: number) => Value): PointerName[] =>
    Array.from({ length: rows }, (_, r) => b.let(`row${r}`, advance(image, place(r))));
  if (source.kind === "matrix") {
    const first = b.let("first", advance(image, mul(position, source.rowStride)));
    return Array.from({ length: rows }, (_, r) =>
      r === 0 ? first : b.let(`row${r}`, advance(first, r * source.rowStride)),
    );
  }
  if (!table) return [];
  if (source.kind === "offsets") {
    const ofTap = tapOffsets && taps > 1 ? b.let("ofTap", load(at(tapOffsets, tap))) : constant(0);
    return each((r) => add(load(at(table, position, r)), ofTap));
  }
  const entry = b.let("entry", add(mul(position, taps), mul(tap, rows)));
  return each((r) => {
    const offset = b.let("offset", load(at(table, entry, r)));
    return select(greaterOrEqual(offset, 0), offset, zero as Name);
  });
}

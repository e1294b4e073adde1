/**
 * In and out of the layout in which transforms work: a padded image with the channels of a pixel side by side, filled up
 * with zeros to whole vectors, so that one vector holds the same pixel of many channels. `nchw` is transposed square by
 * square on the way, `nhwc` copied.
 */
import {
  type Address,
  add,
  advance,
  at,
  constant,
  load,
  mul,
  type PointerName,
  type Tail,
  type Value,
  type VectorType,
} from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import type { Real } from "../../gemm/arguments.ts";
import { transpose } from "../../gemm/programs/pack.ts";
import { type Activation, activations, type Epilogue } from "../epilogue.ts";
import type { Layout, Padding } from "../shape.ts";

/** A tensor's block of rows x columns pixels of some channels, and where it lies in the layout of the caller. */
export interface OuterImage {
  readonly layout: Layout;
  readonly rows: number;
  readonly columns: number;
  /** Channels that are moved: those of one group. */
  readonly channels: number;
  /** Elements from one channel to the next (nchw: rows x columns), or from one pixel to the next (nhwc: channels). */
  readonly pitch: number;
}

/** The same pixels with channels last: elements from pixel to pixel and from row to row, and the first one's place. */
export interface InnerImage {
  readonly channelPitch: number;
  readonly rowPitch: number;
  readonly first: number;
}

export interface ImageLanes {
  readonly element: Real;
  readonly lanes: number;
}

/** Squares of at most this side are transposed: its vectors and their successors fit 16 registers. */
const largestSquare = 8;

/** `gather(image, inner, rows)`: the first `rows` rows of an image into the padded one, whose border stays as it is. */
export function gatherProgram(outer: OuterImage, inner: InnerImage, on: ImageLanes): Program {
  return moveProgram("gather", outer, inner, on, {
    square: (b, square) => {
      const { channels, pixels, side, tail } = square;
      const planes = Array.from({ length: side }, (_, i) =>
        b.let("plane", i < channels ? load(square.outer(i), side, tail) : constant(0, square.type)),
      );
      for (const [p, pixel] of transpose(b, planes).slice(0, pixels).entries())
        b.store(square.inner(p), pixel);
    },
    pixel: (b, from, to, lanes, tail) => b.store(to, load(from, lanes, tail)),
  });
}

/**
 * `deliver(image, inner, rows)`: the same rows from channels last to the layout of the caller, and nothing besides. Where
 * `ending` has a shortcut, `deliver(image, inner, rows, residual)`: it lies so many elements behind the image, and is added
 * on the way, before the activation.
 */
export function deliverProgram(
  outer: OuterImage,
  inner: InnerImage,
  on: ImageLanes,
  ending?: Epilogue,
): Program {
  if (ending?.residual) return addingProgram(outer, inner, on, ending.activation);
  return moveProgram("deliver", outer, inner, on, {
    square: (b, square) => {
      const { channels, pixels, side, tail } = square;
      const rows = Array.from({ length: side }, (_, p) =>
        b.let("pixel", p < pixels ? load(square.inner(p), side) : constant(0, square.type)),
      );
      for (const [i, plane] of transpose(b, rows).slice(0, channels).entries())
        b.store(square.outer(i), plane, tail);
    },
    pixel: (b, to, from, lanes, tail) => b.store(to, load(from, lanes), tail),
  });
}

/** Delivery that adds a shortcut, and activates. */
function addingProgram(
  outer: OuterImage,
  inner: InnerImage,
  on: ImageLanes,
  activation: Activation,
): Program {
  const ended = (b: ProgramBuilder, sum: Value, shortcut: Value): Value =>
    activations[activation](b, b.let("ended", add(sum, shortcut)));
  const moves: Moves = {
    square: (b, square) => {
      const { channels, pixels, side, tail } = square;
      const rows = Array.from({ length: side }, (_, p) =>
        b.let("pixel", p < pixels ? load(square.inner(p), side) : constant(0, square.type)),
      );
      for (const [i, plane] of transpose(b, rows).slice(0, channels).entries())
        b.store(square.outer(i), ended(b, plane, load(square.shortcut(i), side, tail)), tail);
    },
    pixel: (b, to, from, lanes, tail, shortcut) =>
      b.store(to, ended(b, load(from, lanes), load(shortcut, lanes, tail)), tail),
  };
  return moveProgram("deliver-adding", outer, inner, on, moves, true);
}

/** A block of channels and pixels that is transposed at once; only the first of each count at the border. */
interface Square {
  readonly side: number;
  readonly type: VectorType;
  readonly channels: number;
  readonly pixels: number;
  /** Of the pixels, where they are fewer than the side. */
  readonly tail: Tail | undefined;
  /** Place of a channel's first pixel. */
  outer(channel: number): Address;
  /** The same place of the shortcut, where there is one. */
  shortcut(channel: number): Address;
  /** Place of a pixel's first channel. */
  inner(pixel: number): Address;
}

interface Moves {
  square(b: ProgramBuilder, square: Square): void;
  /** Up to a vector of channels of one pixel. */
  pixel(
    b: ProgramBuilder,
    outer: Address,
    inner: Address,
    lanes: number,
    tail: Tail | undefined,
    shortcut: Address,
  ): void;
}

function moveProgram(
  name: string,
  outer: OuterImage,
  inner: InnerImage,
  on: ImageLanes,
  moves: Moves,
  adds = false,
): Program {
  const { layout, columns, pitch } = outer;
  return program(`${name}-${layout}-${on.element}`, (b) => {
    const image = b.pointer("image", on.element);
    const channelsLast = b.pointer("channelsLast", on.element);
    const rows = b.integer("rows");
    const residual = adds ? b.integer("residual") : constant(0);
    const mover = layout === "nchw" ? moveRowBySquares : moveRowByPixels;
    const tails = tailsOf(b, outer, on);
    b.loop("y", 0, rows, {}, (y) => {
      const outerRow = b.let(
        "outerRow",
        advance(image, mul(y, layout === "nchw" ? columns : columns * pitch)),
      );
      const innerRow = b.let("innerRow", advance(channelsLast, add(mul(y, inner.rowPitch), inner.first)));
      const shortcutRow = adds ? b.let("shortcutRow", advance(outerRow, residual)) : outerRow;
      mover(b, { outer, inner, on, outerRow, shortcutRow, innerRow, tails }, moves);
    });
  });
}

interface Row {
  readonly outer: OuterImage;
  readonly inner: InnerImage;
  readonly on: ImageLanes;
  readonly outerRow: PointerName;
  readonly shortcutRow: PointerName;
  readonly innerRow: PointerName;
  readonly tails: Tail | undefined;
}

/** Channels of a pixel that are written (gather) or read (deliver) with channels last: up to whole squares or vectors. */
export function movedChannels(layout: Layout, channels: number, on: ImageLanes): number {
  const step = layout === "nchw" ? squareSide(on) : on.lanes;
  return Math.ceil(channels / step) * step;
}

const squareSide = ({ lanes }: ImageLanes): number => Math.min(lanes, largestSquare);

/** What is left of a row of pixels (nchw) or of a pixel's channels (nhwc) beyond whole vectors, as a tail. */
function tailsOf(
  b: ProgramBuilder,
  { layout, columns, channels }: OuterImage,
  on: ImageLanes,
): Tail | undefined {
  const lanes = layout === "nchw" ? squareSide(on) : on.lanes;
  const rest = (layout === "nchw" ? columns : channels) % lanes;
  return rest === 0 ? undefined : b.tail("rest", constant(rest), { element: on.element, lanes });
}

/** Calls `body` for each whole step of a stretch, and once for what is left. */
function inSteps(
  b: ProgramBuilder,
  name: string,
  count: number,
  step: number,
  body: (first: Value, length: number) => void,
): void {
  const whole = count - (count % step);
  if (whole > 0) b.loop(name, 0, whole, { step }, (first) => body(first, step));
  if (whole < count) body(constant(whole), count - whole);
}

function moveRowBySquares(b: ProgramBuilder, row: Row, moves: Moves): void {
  const { outer, inner, on } = row;
  const side = squareSide(on);
  inSteps(b, "channel", outer.channels, side, (channel, channels) => {
    const planes = b.let("planes", advance(row.outerRow, mul(channel, outer.pitch)));
    const adds = row.shortcutRow !== row.outerRow;
    const shortcuts = adds ? b.let("shortcuts", advance(row.shortcutRow, mul(channel, outer.pitch))) : planes;
    const pixelsOfRow = b.let("pixels", advance(row.innerRow, channel));
    inSteps(b, "x", outer.columns, side, (x, pixels) => {
      const first = b.let("first", advance(pixelsOfRow, mul(x, inner.channelPitch)));
      moves.square(b, {
        ...{ side, channels, pixels, type: { element: on.element, lanes: side } },
        tail: pixels < side ? row.tails : undefined,
        outer: (i) => at(planes, x, i * outer.pitch),
        shortcut: (i) => at(shortcuts, x, i * outer.pitch),
        inner: (p) => at(first, 0, p * inner.channelPitch),
      });
    });
  });
}

function moveRowByPixels(b: ProgramBuilder, row: Row, moves: Moves): void {
  const { outer, inner, on } = row;
  b.loop("x", 0, outer.columns, {}, (x) => {
    const outerPixel = b.let("outerPixel", advance(row.outerRow, mul(x, outer.pitch)));
    const adds = row.shortcutRow !== row.outerRow;
    const shortcut = adds ? b.let("shortcut", advance(row.shortcutRow, mul(x, outer.pitch))) : outerPixel;
    const innerPixel = b.let("innerPixel", advance(row.innerRow, mul(x, inner.channelPitch)));
    inSteps(b, "channel", outer.channels, on.lanes, (channel, channels) => {
      const tail = channels < on.lanes ? row.tails : undefined;
      moves.pixel(b, at(outerPixel, channel), at(innerPixel, channel), on.lanes, tail, at(shortcut, channel));
    });
  });
}

/** Where an image lies in its padded copy, rows of which are `rowPitch` elements long. */
export function innerImage(
  { top, left }: Pick<Padding, "top" | "left">,
  channelPitch: number,
  rowPitch: number,
): InnerImage {
  return { channelPitch, rowPitch, first: top * rowPitch + left * channelPitch };
}

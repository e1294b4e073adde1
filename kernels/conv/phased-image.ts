/**
 * The image in the order in which a strided kernel meets it (nchw). Pixels that lie a stride apart become neighbours:
 * each channel is cut into stride.y x stride.x planes, padding included, of which only those are kept that some tap
 * reads. In a plane every kernel moves by one pixel, so whatever the stride, dilation and padding were, all taps of all
 * positions are at  origin(channel) + offset(tap) + row * planeWidth + column.  (Polyphase decomposition, as in signal
 * processing: Vaidyanathan 1990, Multirate digital filters.)
 */
import {
  add,
  advance,
  at,
  bytesOf,
  type Element,
  interleave,
  load,
  mul,
  type Name,
  type PointerName,
} from "../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../codegen/program.ts";
import type { Program } from "../codegen/statements.ts";
import type { Real } from "../gemm/arguments.ts";
import { type ConvShape, outputHeight, outputWidth } from "./shape.ts";

/** A plane that is kept: which remainder of row and column it holds. */
interface Phase {
  readonly y: number;
  readonly x: number;
}

export interface PhasedImage {
  readonly phases: readonly Phase[];
  readonly planeHeight: number;
  readonly planeWidth: number;
  /** Elements from one channel to the next. */
  readonly channelStride: number;
  /** Elements of all channels. */
  readonly length: number;
  /** Of each tap, by kernel row and column: elements from a channel's origin to what position (0, 0) reads. */
  readonly tapOffsets: readonly number[];
}

/** The planes that a shape needs. */
export function phasedImage(shape: ConvShape): PhasedImage {
  const { kernelHeight, kernelWidth, stride, dilation } = shape;
  const rows = Array.from({ length: kernelHeight }, (_, kh) => kh * dilation.y);
  const columns = Array.from({ length: kernelWidth }, (_, kw) => kw * dilation.x);
  const distinct = (values: readonly number[]): number[] => [...new Set(values)];
  const phases = distinct(rows.map((row) => row % stride.y)).flatMap((y) =>
    distinct(columns.map((column) => column % stride.x)).map((x) => ({ y, x })),
  );
  const shift = (distance: number, step: number): number => Math.floor(distance / step);
  const planeHeight = outputHeight(shape) + shift(rows.at(-1) as number, stride.y);
  const planeWidth = outputWidth(shape) + shift(columns.at(-1) as number, stride.x);
  const plane = planeHeight * planeWidth;
  const tapOffsets = rows.flatMap((row) =>
    columns.map((column) => {
      const index = phases.findIndex(({ y, x }) => y === row % stride.y && x === column % stride.x);
      return index * plane + shift(row, stride.y) * planeWidth + shift(column, stride.x);
    }),
  );
  const channelStride = phases.length * plane;
  const length = shape.channels * channelStride;
  return { phases, planeHeight, planeWidth, channelStride, length, tapOffsets };
}

/** `phases(input, planes)`: copies every pixel that is needed into its plane; the caller zeroed the borders once. */
export function phasesProgram(shape: ConvShape, lanes: number, element: Real): Program {
  const { channels, height, width } = shape;
  const { channelStride } = phasedImage(shape);
  return program("phases", (b) => {
    const input = b.pointer("input", element);
    const planes = b.pointer("planes", element);
    b.loop("channel", 0, channels, {}, (channel) => {
      const image = b.let("image", advance(input, mul(channel, height * width)));
      copyPhases(b, shape, lanes, image, b.let("own", advance(planes, mul(channel, channelStride))));
    });
  });
}

/** The image of one channel into its planes. */
export function copyPhases(
  b: ProgramBuilder,
  shape: ConvShape,
  lanes: number,
  image: PointerName,
  planes: PointerName,
): void {
  const { height, width, stride, padding } = shape;
  const { phases, planeHeight, planeWidth } = phasedImage(shape);
  for (const y of new Set(phases.map((phase) => phase.y))) {
    const rows = inside(planeHeight, height, stride.y, y - padding.top);
    b.loop("row", rows.from, rows.end, {}, (row) => {
      const line = b.let("line", advance(image, mul(add(mul(row, stride.y), y - padding.top), width)));
      const parts = phases.flatMap((phase, index): LinePart[] => {
        if (phase.y !== y) return [];
        const plane = add(mul(row, planeWidth), index * planeHeight * planeWidth);
        const first = phase.x - padding.left;
        const to = b.let("to", advance(planes, plane));
        return [{ first, to, ...inside(planeWidth, width, stride.x, first) }];
      });
      copyLine(b, stride.x, lanes, line, parts);
    });
  }
}

/** Pixels `first + step i` of a line for i from `from` to before `end`, which go to element i of a plane's row. */
interface LinePart {
  readonly first: number;
  readonly to: PointerName;
  readonly from: number;
  readonly end: number;
}

/** Where the pixels of a line are wanted by twos, both kinds are separated vector by vector; the rest goes one by one. */
function copyLine(
  b: ProgramBuilder,
  step: number,
  lanes: number,
  line: PointerName,
  parts: readonly LinePart[],
): void {
  const [even, odd] = parts;
  const from = Math.max(...parts.map((part) => part.from));
  const count = Math.min(...parts.map((part) => part.end)) - from;
  const wide = fittingLanes(lanes, count, line.element);
  const whole = step === 2 && even && odd && wide > 1 ? Math.max(0, count - (count % wide)) : 0;
  if (whole > 0 && even && odd)
    b.loop("pair", from, from + whole, { step: wide }, (i) => {
      const pairs = [0, wide].map((half) =>
        b.let("pairs", load(at(line, mul(i, 2), even.first + half), wide)),
      );
      const [evens, odds] = separated(b, pairs as [Name, Name]);
      b.store(at(even.to, i), evens);
      b.store(at(odd.to, i), odds);
    });
  for (const part of parts) {
    if (whole === 0) copyEvery(b, step, lanes, line, part);
    else {
      copyEvery(b, step, lanes, line, { ...part, end: from });
      copyEvery(b, step, lanes, line, { ...part, from: from + whole });
    }
  }
}

/** Halves a vector while it is longer than what there is, down to 128 bits. */
function fittingLanes(lanes: number, count: number, element: Element): number {
  const narrower = (lanes / 2) * bytesOf[element] >= 16;
  return lanes > count && narrower ? fittingLanes(lanes / 2, count, element) : lanes;
}

/**
 * The lanes of even and of odd number of two vectors. Interleaving both turns the bits of a lane's number to the left by
 * one; as many turns as a vector's lane number has bits leave the last bit in front.
 */
function separated(b: ProgramBuilder, pair: readonly [Name, Name]): readonly [Name, Name] {
  let [left, right] = pair;
  for (let turns = 1; turns < left.type.lanes; turns *= 2)
    [left, right] = [
      b.let("low", interleave("low", left, right)),
      b.let("high", interleave("high", left, right)),
    ];
  return [left, right];
}

/** Pixels of a channel that are copied, all planes. */
export function copiedPixels(shape: ConvShape): number {
  const { height, width, stride, padding } = shape;
  const { phases, planeHeight, planeWidth } = phasedImage(shape);
  return phases.reduce((sum, phase) => {
    const rows = inside(planeHeight, height, stride.y, phase.y - padding.top);
    const columns = inside(planeWidth, width, stride.x, phase.x - padding.left);
    return sum + (rows.end - rows.from) * (columns.end - columns.from);
  }, 0);
}

/** Which of `count` pixels, `step` apart from `first` on, lie on an image of `size`. */
function inside(count: number, size: number, step: number, first: number): { from: number; end: number } {
  const from = Math.min(count, Math.max(0, Math.ceil(-first / step)));
  const end = Math.max(from, Math.min(count, Math.ceil((size - first) / step)));
  return { from, end };
}

/** The pixels of one part; neighbours by vectors. */
function copyEvery(
  b: ProgramBuilder,
  step: number,
  lanes: number,
  line: PointerName,
  { first, to, from, end }: LinePart,
): void {
  const count = end - from;
  const whole = step === 1 ? count - (count % lanes) : 0;
  if (whole > 0)
    b.loop("column", from, from + whole, { step: lanes }, (i) =>
      b.store(at(to, i), load(at(line, i, first), lanes)),
    );
  if (whole < count)
    b.loop("column", from + whole, end, { unroll: step === 1 ? 1 : 4 }, (i) =>
      b.store(at(to, i), load(at(line, mul(i, step), first))),
    );
}

/**
 * The image in the order in which a strided kernel meets it (nchw). Pixels that lie a stride apart become neighbours:
 * each channel is cut into stride.y x stride.x planes, padding included, of which only those are kept that some tap
 * reads. In a plane every kernel moves by one pixel, so whatever the stride, dilation and padding were, all taps of all
 * positions are at  origin(channel) + offset(tap) + row * planeWidth + column.  (Polyphase decomposition, as in signal
 * processing: Vaidyanathan 1990, Multirate digital filters.)
 */
import { add, advance, at, load, mul, type PointerName } from "../codegen/expressions.ts";
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
  const { channels, height, width, stride, padding } = shape;
  const { phases, planeHeight, planeWidth, channelStride } = phasedImage(shape);
  return program("phases", (b) => {
    const input = b.pointer("input", element);
    const planes = b.pointer("planes", element);
    b.loop("channel", 0, channels, {}, (channel) => {
      const image = b.let("image", advance(input, mul(channel, height * width)));
      const own = b.let("own", advance(planes, mul(channel, channelStride)));
      for (const [index, phase] of phases.entries()) {
        const [y, x] = [phase.y - padding.top, phase.x - padding.left];
        const rows = inside(planeHeight, height, stride.y, y);
        const columns = inside(planeWidth, width, stride.x, x);
        b.loop("row", rows.first, rows.end, {}, (row) => {
          const line = mul(add(mul(row, stride.y), y), width);
          const from = b.let("from", advance(image, add(line, columns.first * stride.x + x)));
          const place = add(mul(row, planeWidth), index * planeHeight * planeWidth + columns.first);
          const to = b.let("to", advance(own, place));
          copyEvery(b, stride.x, columns.end - columns.first, lanes, from, to);
        });
      }
    });
  });
}

/** Which of `count` pixels, `step` apart from `first` on, lie on an image of `size`. */
function inside(count: number, size: number, step: number, first: number): { first: number; end: number } {
  const from = Math.min(count, Math.max(0, Math.ceil(-first / step)));
  const end = Math.max(from, Math.min(count, Math.ceil((size - first) / step)));
  return { first: from, end };
}

/** Copies `count` elements that lie `step` apart; neighbours by vectors. */
function copyEvery(
  b: ProgramBuilder,
  step: number,
  count: number,
  lanes: number,
  from: PointerName,
  to: PointerName,
): void {
  const whole = step === 1 ? count - (count % lanes) : 0;
  if (whole > 0)
    b.loop("column", 0, whole, { step: lanes }, (i) => b.store(at(to, i), load(at(from, i), lanes)));
  if (whole < count)
    b.loop("column", whole, count, { unroll: step === 1 ? 1 : 4 }, (i) =>
      b.store(at(to, i), load(at(from, mul(i, step)))),
    );
}

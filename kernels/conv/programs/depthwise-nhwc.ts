/**
 * A depthwise layer in nhwc: vectors run along the channels of a pixel. Rows and columns of the output are cut into
 * stretches that see the same taps, so that neither the image is copied nor a border asked for while it is summed; where
 * that would be too much code the caller pads the image and all taps are seen everywhere.
 */
import {
  add,
  advance,
  at,
  constant,
  load,
  mul,
  type Name,
  type PointerName,
  type Tail,
  type Value,
} from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import { finished } from "../epilogue.ts";
import type { ConvProblem } from "../problem.ts";
import { type ConvShape, outputHeight, outputWidth, paddedHeight, paddedWidth, taps } from "../shape.ts";
import { depthwiseSums, sumsFor, type Tap, vectorType } from "./depthwise-sums.ts";

/** Output rows (columns) from `from` to before `to`, which all see exactly these kernel rows (columns). */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly seen: readonly number[];
}

/** The stretches of one direction. */
export function stretchesOf(
  outputs: number,
  size: number,
  along: {
    readonly kernel: number;
    readonly stride: number;
    readonly dilation: number;
    readonly padding: number;
  },
): readonly Stretch[] {
  const { kernel, stride, dilation, padding } = along;
  const stretches: Stretch[] = [];
  for (let output = 0; output < outputs; output++) {
    const seen = Array.from({ length: kernel }, (_, k) => k).filter((k) => {
      const place = output * stride + k * dilation - padding;
      return place >= 0 && place < size;
    });
    const last = stretches.at(-1);
    if (last && last.seen.join() === seen.join())
      stretches[stretches.length - 1] = { ...last, to: output + 1 };
    else stretches.push({ from: output, to: output + 1, seen });
  }
  return stretches;
}

/** Rows and columns of a shape as stretches. */
export function stretches(shape: ConvShape): {
  readonly rows: readonly Stretch[];
  readonly columns: readonly Stretch[];
} {
  const { height, width, kernelHeight, kernelWidth, stride, dilation, padding } = shape;
  return {
    rows: stretchesOf(outputHeight(shape), height, {
      ...{ kernel: kernelHeight, stride: stride.y, dilation: dilation.y, padding: padding.top },
    }),
    columns: stretchesOf(outputWidth(shape), width, {
      ...{ kernel: kernelWidth, stride: stride.x, dilation: dilation.x, padding: padding.left },
    }),
  };
}

/** The same layer on a padded copy of the image. */
export function onPaddedImage(shape: ConvShape): ConvShape {
  return {
    ...shape,
    height: paddedHeight(shape),
    width: paddedWidth(shape),
    padding: { top: 0, bottom: 0, left: 0, right: 0 },
  };
}

/** Multiply-adds in the program text beyond which it is better to pad: about 30 KiB of machine code. */
const mostTerms = 4096;

/** Bodies of a stretch: up to four outputs at once and one, with whole vectors of channels and with the last. */
const bodies = 10;

/** Whether the image should be padded first. */
export function padsFirst(shape: ConvShape): boolean {
  const { rows, columns } = stretches(shape);
  const seen = (all: readonly Stretch[]): number =>
    all.reduce((sum, stretch) => sum + stretch.seen.length, 0);
  return seen(rows) * seen(columns) * bodies > mostTerms;
}

/** `depthwise(input, weights, bias, output)`: one image; weights lie as [tap][channels up to whole vectors]. */
export function depthwisePixelsProgram(problem: ConvProblem): Program {
  const { shape, element } = problem;
  const type = vectorType(problem);
  const { rows, columns } = stretches(shape);
  return program(`depthwise-nhwc-${element}`, (b) => {
    const operands: Operands = {
      problem,
      input: b.pointer("input", element),
      weights: b.pointer("weights", element),
      bias: b.pointer("bias", element),
      output: b.pointer("output", element),
    };
    const rest = shape.channels % type.lanes;
    const tail = rest === 0 ? undefined : b.tail("tail", constant(rest), type);
    for (const stretch of rows)
      b.loop("row", stretch.from, stretch.to, {}, (row) => {
        for (const column of columns) overStretch(b, operands, { row, tail, rows: stretch, columns: column });
      });
  });
}

interface Operands {
  readonly problem: ConvProblem;
  readonly input: PointerName;
  readonly weights: PointerName;
  readonly bias: PointerName;
  readonly output: PointerName;
}

/** One row of a stretch of rows, over a stretch of columns. */
interface Place {
  readonly row: Value;
  /** Of the last channels, where they do not fill a vector. */
  readonly tail: Tail | undefined;
  readonly rows: Stretch;
  readonly columns: Stretch;
}

/**
 * Weights that stay in registers do so for a whole stretch of columns, a vector of channels at a time; others are loaded
 * anew anyway, and then the channels of a pixel are read in their order.
 */
function overStretch(b: ProgramBuilder, operands: Operands, place: Place): void {
  const { problem } = operands;
  const { outputs, resident } = sumsFor(problem, seenTaps(problem.shape, place).length);
  const { from, to } = place.columns;
  const whole = to - ((to - from) % outputs);
  const columns = (body: (column: Value, count: number) => void): void => {
    if (whole > from) b.loop("column", from, whole, { step: outputs }, (column) => body(column, outputs));
    if (whole < to) b.loop("column", whole, to, {}, (column) => body(column, 1));
  };
  if (resident)
    overChannels(b, problem, place.tail, (channel, tail) => {
      const weight = weightsOf(b, operands, place, channel);
      columns((column, count) => vectors(b, operands, place, { channel, tail, weight, column, count }));
    });
  else
    columns((column, count) =>
      overChannels(b, problem, place.tail, (channel, tail) => {
        const weight = weightsOf(b, operands, place, channel);
        vectors(b, operands, place, { channel, tail, weight, column, count });
      }),
    );
}

function overChannels(
  b: ProgramBuilder,
  problem: ConvProblem,
  tail: Tail | undefined,
  body: (channel: Value, tail: Tail | undefined) => void,
): void {
  const { channels } = problem.shape;
  const { lanes } = vectorType(problem);
  const whole = channels - (channels % lanes);
  if (whole > 0) b.loop("channel", 0, whole, { step: lanes }, (channel) => body(channel, undefined));
  if (whole < channels) body(constant(whole), tail);
}

const seenTaps = ({ kernelWidth }: ConvShape, { rows, columns }: Place): number[] =>
  rows.seen.flatMap((kh) => columns.seen.map((kw) => kh * kernelWidth + kw));

/** The weights that are seen, in registers where they fit. */
function weightsOf(
  b: ProgramBuilder,
  { problem, weights }: Operands,
  place: Place,
  channel: Value,
): (index: number) => Value {
  const { lanes } = vectorType(problem);
  const pitch = Math.ceil(problem.shape.channels / lanes) * lanes;
  const from = b.let("weights", advance(weights, channel));
  const seen = seenTaps(problem.shape, place);
  if (!sumsFor(problem, seen.length).resident) return (index) => load(at(from, 0, index * pitch), lanes);
  const names = new Map(
    seen.map((index) => [index, b.let("weight", load(at(from, 0, index * pitch), lanes))]),
  );
  return (index) => names.get(index) as Name;
}

/** A vector of channels of a few neighbouring pixels. */
interface Outputs {
  readonly channel: Value;
  readonly tail: Tail | undefined;
  readonly weight: (index: number) => Value;
  readonly column: Value;
  readonly count: number;
}

function vectors(b: ProgramBuilder, operands: Operands, place: Place, outputs: Outputs): void {
  const { problem, bias } = operands;
  const { shape, epilogue } = problem;
  const { kernelWidth, channels, width, stride, dilation, padding } = shape;
  const { channel, tail, weight, column, count } = outputs;
  const type = vectorType(problem);
  // What tap 0 would read may lie before the image; with the offset of a tap that is seen it is inside.
  const pixel = add(mul(place.row, stride.y * width), mul(column, stride.x));
  const from = b.let("from", advance(operands.input, add(mul(pixel, channels), channel)));
  const position = add(mul(place.row, outputWidth(shape)), column);
  const to = b.let("to", advance(operands.output, add(mul(position, channels), channel)));
  const seen = seenTaps(shape, place);
  const sums = depthwiseSums(b, {
    ...{ type, outputs: count, outputStep: stride.x * channels, weight },
    taps: seen.map((index): Tap => {
      const y = Math.floor(index / kernelWidth) * dilation.y - padding.top;
      const x = (index % kernelWidth) * dilation.x - padding.left;
      return { index, offset: (y * width + x) * channels };
    }),
    resident: sumsFor(problem, seen.length).resident,
    value: (offset) => load(at(from, 0, offset), type.lanes, tail),
  });
  for (const [i, sum] of sums.entries()) {
    const ofFilter = epilogue.bias ? load(at(bias, channel), type.lanes, tail) : constant(0, type);
    b.store(at(to, 0, i * channels), finished(b, epilogue, sum, ofFilter), tail);
  }
}

/** Elements of the weights as [tap][channels up to whole vectors]. */
export function depthwiseWeightsLength(problem: ConvProblem): number {
  const { lanes } = vectorType(problem);
  return taps(problem.shape) * Math.ceil(problem.shape.channels / lanes) * lanes;
}

/** Rows times columns of the image that some output sees. */
export function seenPixels(shape: ConvShape): number {
  const { rows, columns } = stretches(shape);
  const { stride, dilation, padding } = shape;
  const count = (all: readonly Stretch[], step: number, apart: number, first: number): number => {
    const places = new Set<number>();
    for (const { from, to, seen } of all)
      for (let output = from; output < to; output++)
        for (const k of seen) places.add(output * step + k * apart - first);
    return places.size;
  };
  return count(rows, stride.y, dilation.y, padding.top) * count(columns, stride.x, dilation.x, padding.left);
}

/** Elements of the weights that some output sees, filled up as they lie. */
export function seenWeights(problem: ConvProblem): number {
  const { rows, columns } = stretches(problem.shape);
  const distinct = (all: readonly Stretch[]): number => new Set(all.flatMap(({ seen }) => seen)).size;
  return (depthwiseWeightsLength(problem) / taps(problem.shape)) * distinct(rows) * distinct(columns);
}

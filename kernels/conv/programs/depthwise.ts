/**
 * A depthwise layer in nchw, channel by channel: the image of one channel is cut into the planes of `phased-image.ts`,
 * which stay in the first-level cache, then vectors run along its rows. Whatever the stride, lanes are neighbours.
 */
import {
  advance,
  at,
  broadcast,
  constant,
  load,
  mul,
  type Name,
  type PointerName,
  splat,
  type Tail,
  type Value,
} from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import { finished } from "../epilogue.ts";
import { copyPhases, type PhasedImage, phasedImage } from "../phased-image.ts";
import type { ConvProblem } from "../problem.ts";
import { outputHeight, outputWidth, taps } from "../shape.ts";
import { depthwiseSums, sumsFor, vectorType } from "./depthwise-sums.ts";

/** Elements of the buffer: the planes of one channel, and what the last vector reads beyond them. */
export function depthwiseBufferLength(problem: ConvProblem): number {
  return phasedImage(problem.shape).channelStride + vectorType(problem).lanes;
}

/** `depthwise(input, weights, bias, output, buffer)`: one image; the borders of the buffer's planes were zeroed once. */
export function depthwiseProgram(problem: ConvProblem): Program {
  const { shape, element, epilogue } = problem;
  const type = vectorType(problem);
  const rows = outputHeight(shape);
  return program(`depthwise-nchw-${element}`, (b) => {
    const input = b.pointer("input", element);
    const weights = b.pointer("weights", element);
    const bias = b.pointer("bias", element);
    const output = b.pointer("output", element);
    const buffer = b.pointer("buffer", element);
    const rest = outputWidth(shape) % type.lanes;
    const tail = rest === 0 ? undefined : b.tail("tail", constant(rest), type);
    b.loop("channel", 0, shape.channels, {}, (channel) => {
      const from = b.let("from", advance(input, mul(channel, shape.height * shape.width)));
      copyPhases(b, shape, type.lanes, from, buffer);
      const kernel = b.let("kernel", advance(weights, mul(channel, taps(shape))));
      const scalar = epilogue.bias ? load(at(bias, channel)) : constant(0, { element, lanes: 1 });
      const plane: Plane = {
        ...{ problem, image: phasedImage(shape), buffer, tail },
        output: b.let("plane", advance(output, mul(channel, rows * outputWidth(shape)))),
        ofFilter: b.let("ofFilter", scalar),
        weight: weightsOf(b, problem, kernel),
      };
      const { outputs } = sumsFor(problem, taps(shape));
      const whole = rows - (rows % outputs);
      if (whole > 0) b.loop("row", 0, whole, { step: outputs }, (row) => severalRows(b, plane, row, outputs));
      if (whole < rows) severalRows(b, plane, constant(whole), rows - whole);
    });
  });
}

/** What all rows of a channel share. */
interface Plane {
  readonly problem: ConvProblem;
  readonly image: PhasedImage;
  readonly buffer: PointerName;
  readonly tail: Tail | undefined;
  readonly output: PointerName;
  readonly ofFilter: Name;
  readonly weight: (index: number) => Value;
}

/** The weights of a channel: in registers where they fit, else broadcast from memory whenever they are needed. */
function weightsOf(b: ProgramBuilder, problem: ConvProblem, kernel: PointerName): (index: number) => Value {
  const { lanes } = vectorType(problem);
  const count = taps(problem.shape);
  if (!sumsFor(problem, count).resident) return (index) => broadcast(at(kernel, 0, index), lanes);
  const names = Array.from({ length: count }, (_, i) => b.let("weight", broadcast(at(kernel, 0, i), lanes)));
  return (index) => names[index] as Name;
}

function severalRows(b: ProgramBuilder, plane: Plane, row: Value, count: number): void {
  const { problem, image } = plane;
  const columns = outputWidth(problem.shape);
  const { lanes } = vectorType(problem);
  const line = b.let("line", advance(plane.buffer, mul(row, image.planeWidth)));
  const to = b.let("to", advance(plane.output, mul(row, columns)));
  const whole = columns - (columns % lanes);
  if (whole > 0)
    b.loop("column", 0, whole, { step: lanes }, (column) => vectors(b, plane, line, to, column, count));
  if (whole < columns) vectors(b, plane, line, to, constant(whole), count, plane.tail);
}

/** A vector of columns in each of a few rows. */
function vectors(
  b: ProgramBuilder,
  { problem, image, ofFilter, weight }: Plane,
  line: PointerName,
  to: PointerName,
  column: Value,
  outputs: number,
  tail?: Tail,
): void {
  const type = vectorType(problem);
  const sums = depthwiseSums(b, {
    ...{ type, outputs, outputStep: image.planeWidth, weight },
    taps: image.tapOffsets.map((offset, index) => ({ index, offset })),
    resident: sumsFor(problem, image.tapOffsets.length).resident,
    value: (offset) => load(at(line, column, offset), type.lanes),
  });
  for (const [i, sum] of sums.entries()) {
    const place = at(to, column, i * outputWidth(problem.shape));
    b.store(place, finished(b, problem.epilogue, sum, splat(ofFilter, type.lanes)), tail);
  }
}

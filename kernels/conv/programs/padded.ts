/**
 * Vector programs of a convolutional layer over a padded copy of the image (nchw): padding, plain direct loops,
 * unfolding. The shape is built in, so every bound and stride is a constant of the generated code. Direct and unfolded
 * forms read the same padded copy, so that neither tests for borders and both pay for the copy.
 */
import {
  type Address,
  add,
  advance,
  at,
  broadcast,
  constant,
  load,
  mul,
  multiplyAdd,
  type Operand,
  type PointerName,
  type Value,
} from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import type { Real } from "../../gemm/arguments.ts";
import {
  type ConvShape,
  groupChannels,
  groupFilters,
  outputHeight,
  outputWidth,
  paddedHeight,
  paddedWidth,
  patchLength,
} from "../shape.ts";

/** Elements of the padded input. */
export function paddedLength(shape: ConvShape): number {
  return shape.channels * paddedHeight(shape) * paddedWidth(shape);
}

/** Runs the body over `count` columns, `lanes` at a time, and one at a time over what is left. */
function overColumns(
  b: ProgramBuilder,
  count: number,
  lanes: number,
  body: (column: Value, lanes: number) => void,
): void {
  const whole = count - (count % lanes);
  b.loop("column", 0, whole, { step: lanes }, (column) => body(column, lanes));
  if (whole < count) b.loop("column", whole, count, {}, (column) => body(column, 1));
}

/** `pad(input, padded)`: copies the input into the middle of `padded`, whose borders the caller zeroed once. */
export function padProgram(shape: ConvShape, lanes: number, element: Real = "f32"): Program {
  const { channels, height, width, padding } = shape;
  return program("pad", (b) => {
    const input = b.pointer("input", element);
    const padded = b.pointer("padded", element);
    b.loop("channel", 0, channels, {}, (channel) => {
      b.loop("row", 0, height, {}, (row) => {
        const from = b.let("from", advance(input, mul(add(mul(channel, height), row), width)));
        const line = add(add(mul(channel, paddedHeight(shape)), row), padding.top);
        const to = b.let("to", advance(padded, add(mul(line, paddedWidth(shape)), padding.left)));
        overColumns(b, width, lanes, (column, wide) => b.store(at(to, column), load(at(from, column), wide)));
      });
    });
  });
}

/**
 * `direct(padded, weights, output)`: the loops of the definition for one group, a sum in a register for each output
 * element. With several lanes neighbouring columns are summed together, which needs stride 1.
 */
export function directProgram(shape: ConvShape, lanes: number, element: Real = "f32"): Program {
  const { stride } = shape;
  const [rows, columns] = [outputHeight(shape), outputWidth(shape)];
  const wideColumns = stride.x === 1 ? lanes : 1;
  return program("direct", (b) => {
    const padded = b.pointer("padded", element);
    const weights = b.pointer("weights", element);
    const output = b.pointer("output", element);
    b.loop("filter", 0, groupFilters(shape), {}, (filter) => {
      const kernel = b.let("kernel", advance(weights, mul(filter, patchLength(shape))));
      b.loop("row", 0, rows, {}, (row) => {
        const line = b.let("line", advance(padded, mul(row, stride.y * paddedWidth(shape))));
        const to = b.let("to", advance(output, mul(add(mul(filter, rows), row), columns)));
        overColumns(b, columns, wideColumns, (column, wide) => {
          const total = b.variable("total", constant(0, { element, lanes: wide }));
          const from = b.variable("from", advance(line, mul(column, stride.x)));
          sumPatch(b, shape, from, b.variable("weight", kernel), (value, weight) =>
            b.set(total, multiplyAdd(load(value, wide), broadcast(weight, wide), total)),
          );
          b.store(at(to, column), total);
        });
      });
    });
  });
}

/** Every term of one patch; both pointers walk. */
function sumPatch(
  b: ProgramBuilder,
  shape: ConvShape,
  from: PointerName,
  weight: PointerName,
  term: (value: Address, weight: Address) => void,
): void {
  const { kernelHeight, kernelWidth, dilation } = shape;
  const line = paddedWidth(shape);
  b.loop("channel", 0, groupChannels(shape), {}, () => {
    b.loop("kh", 0, kernelHeight, {}, () => {
      b.loop("kw", 0, kernelWidth, {}, (kw) => term(at(from, mul(kw, dilation.x)), at(weight, kw)));
      b.set(weight, advance(weight, kernelWidth));
      b.set(from, advance(from, dilation.y * line));
    });
    b.set(from, advance(from, (paddedHeight(shape) - kernelHeight * dilation.y) * line));
  });
}

/** `unfold(padded, unfolded)`: im2col from the padded input into [patch x positions]. */
export function unfoldProgram(shape: ConvShape, lanes: number, element: Real = "f32"): Program {
  const { channels, kernelHeight, kernelWidth, stride, dilation } = shape;
  const [rows, columns] = [outputHeight(shape), outputWidth(shape)];
  return program("unfold", (b) => {
    const padded = b.pointer("padded", element);
    const unfolded = b.pointer("unfolded", element);
    b.loop("channel", 0, channels, {}, (channel) => {
      b.loop("kh", 0, kernelHeight, {}, (kh) => {
        b.loop("kw", 0, kernelWidth, {}, (kw) => {
          const patchRow = add(mul(add(mul(channel, kernelHeight), kh), kernelWidth), kw);
          const start = b.let("start", advance(unfolded, mul(patchRow, rows * columns)));
          b.loop("row", 0, rows, {}, (row) => {
            const plane = add(mul(channel, paddedHeight(shape)), mul(row, stride.y));
            const line = add(plane, mul(kh, dilation.y));
            const first = add(mul(line, paddedWidth(shape)), mul(kw, dilation.x));
            const from = b.let("from", advance(padded, first));
            const to = b.let("to", advance(start, mul(row, columns)));
            copyColumns(b, columns, stride.x, lanes, from, to);
          });
        });
      });
    });
  });
}

type ColumnPointer = Parameters<typeof at>[0];

function copyColumns(
  b: ProgramBuilder,
  columns: number,
  stride: number,
  lanes: number,
  from: ColumnPointer,
  to: ColumnPointer,
): void {
  const source = (column: Operand): Operand => (stride === 1 ? column : mul(column, stride));
  overColumns(b, columns, stride === 1 ? lanes : 1, (column, wide) =>
    b.store(at(to, column), load(at(from, source(column)), wide)),
  );
}

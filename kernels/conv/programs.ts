/**
 * Vector programs of a convolutional layer: padding, plain direct loops, unfolding. The shape is built in, so every
 * bound and stride is a constant of the generated code. Direct and unfolded forms read the same padded copy, so that
 * neither tests for borders and both pay for the copy.
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
  type Operand,
  type Value,
} from "../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../codegen/program.ts";
import type { Program } from "../codegen/statements.ts";
import { type ConvShape, outputHeight, outputWidth } from "./shape.ts";

/** Elements of the padded input. */
export function paddedLength(shape: ConvShape): number {
  return shape.channels * paddedHeight(shape) * paddedWidth(shape);
}

const paddedHeight = ({ height, padding }: ConvShape): number => height + 2 * padding;
const paddedWidth = ({ width, padding }: ConvShape): number => width + 2 * padding;

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
export function padProgram(shape: ConvShape, lanes: number): Program {
  const { channels, height, width, padding } = shape;
  return program("pad", (b) => {
    const input = b.pointer("input", "f32");
    const padded = b.pointer("padded", "f32");
    b.loop("channel", 0, channels, {}, (channel) => {
      b.loop("row", 0, height, {}, (row) => {
        const from = b.let("from", advance(input, mul(add(mul(channel, height), row), width)));
        const line = add(add(mul(channel, paddedHeight(shape)), row), padding);
        const to = b.let("to", advance(padded, add(mul(line, paddedWidth(shape)), padding)));
        overColumns(b, width, lanes, (column, wide) => b.store(at(to, column), load(at(from, column), wide)));
      });
    });
  });
}

/**
 * `direct(padded, weights, output)`: the loops of the definition, one sum in a register for each output element.
 * With several lanes neighbouring columns are summed together, which needs stride 1.
 */
export function directProgram(shape: ConvShape, lanes: number): Program {
  const { channels, filters, kernelHeight, kernelWidth, stride } = shape;
  const [rows, columns] = [outputHeight(shape), outputWidth(shape)];
  const wideColumns = stride === 1 ? lanes : 1;
  return program("direct", (b) => {
    const padded = b.pointer("padded", "f32");
    const weights = b.pointer("weights", "f32");
    const output = b.pointer("output", "f32");
    b.loop("filter", 0, filters, {}, (filter) => {
      b.loop("row", 0, rows, {}, (row) => {
        overColumns(b, columns, wideColumns, (column, wide) => {
          const total = b.variable("total", constant(0, { element: "f32", lanes: wide }));
          b.loop("channel", 0, channels, {}, (channel) => {
            b.loop("kh", 0, kernelHeight, {}, (kh) => {
              const kernel = add(mul(add(mul(filter, channels), channel), kernelHeight), kh);
              const weight = b.let("weight", advance(weights, mul(kernel, kernelWidth)));
              const line = add(add(mul(channel, paddedHeight(shape)), mul(row, stride)), kh);
              const first = add(mul(line, paddedWidth(shape)), mul(column, stride));
              const from = b.let("from", advance(padded, first));
              b.loop("kw", 0, kernelWidth, {}, (kw) => {
                b.set(total, multiplyAdd(load(at(from, kw), wide), broadcast(at(weight, kw), wide), total));
              });
            });
          });
          b.store(at(output, add(mul(add(mul(filter, rows), row), columns), column)), total);
        });
      });
    });
  });
}

/** `unfold(padded, unfolded)`: im2col from the padded input into [patch x positions]. */
export function unfoldProgram(shape: ConvShape, lanes: number): Program {
  const { channels, kernelHeight, kernelWidth, stride } = shape;
  const [rows, columns] = [outputHeight(shape), outputWidth(shape)];
  return program("unfold", (b) => {
    const padded = b.pointer("padded", "f32");
    const unfolded = b.pointer("unfolded", "f32");
    b.loop("channel", 0, channels, {}, (channel) => {
      b.loop("kh", 0, kernelHeight, {}, (kh) => {
        b.loop("kw", 0, kernelWidth, {}, (kw) => {
          const patchRow = add(mul(add(mul(channel, kernelHeight), kh), kernelWidth), kw);
          const start = b.let("start", advance(unfolded, mul(patchRow, rows * columns)));
          b.loop("row", 0, rows, {}, (row) => {
            const line = add(add(mul(channel, paddedHeight(shape)), mul(row, stride)), kh);
            const from = b.let("from", advance(padded, add(mul(line, paddedWidth(shape)), kw)));
            const to = b.let("to", advance(start, mul(row, columns)));
            copyColumns(b, columns, stride, lanes, from, to);
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

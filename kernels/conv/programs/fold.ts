/**
 * col2im as vector programs: each column of an unfolded gradient is added back onto the patch that it came from, in a
 * padded gradient from which the border is then cut away. The transposes of unfolding and padding, for both layouts;
 * what overlaps adds up.
 */
import {
  add,
  advance,
  at,
  constant,
  load,
  mul,
  type PointerName,
  type Value,
} from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import type { Real } from "../../gemm/arguments.ts";
import {
  type ConvShape,
  groupChannels,
  outputHeight,
  outputWidth,
  paddedHeight,
  paddedWidth,
  patchLength,
  positions,
} from "../shape.ts";
import { paddedLength } from "./padded.ts";

/** Runs the body over `count` elements by vectors, and one at a time over what is left. */
function sweep(
  b: ProgramBuilder,
  count: number,
  lanes: number,
  body: (i: Value, lanes: number) => void,
): void {
  const whole = count - (count % lanes);
  if (whole > 0) b.loop("i", 0, whole, { step: lanes }, (i) => body(i, lanes));
  if (whole < count) b.loop("i", whole, count, {}, (i) => body(i, 1));
}

function clear(b: ProgramBuilder, padded: PointerName, length: number, lanes: number): void {
  sweep(b, length, lanes, (i, wide) =>
    b.store(at(padded, i), constant(0, { element: padded.element, lanes: wide })),
  );
}

/** `fold(columns, padded)`, nchw: columns are [patch x positions], those of one group behind those of the one before. */
export function foldProgram(shape: ConvShape, lanes: number, element: Real): Program {
  const { channels, kernelHeight, kernelWidth, stride, dilation } = shape;
  const [rows, columns] = [outputHeight(shape), outputWidth(shape)];
  const line = paddedWidth(shape);
  return program(`fold-${element}`, (b) => {
    const unfolded = b.pointer("columns", element);
    const padded = b.pointer("padded", element);
    clear(b, padded, paddedLength(shape), lanes);
    const from = b.variable("from", unfolded);
    b.loop("channel", 0, channels, {}, (channel) => {
      const plane = b.let("plane", advance(padded, mul(channel, paddedHeight(shape) * line)));
      b.loop("kh", 0, kernelHeight, {}, (kh) => {
        b.loop("kw", 0, kernelWidth, {}, (kw) => {
          const tap = add(mul(kh, dilation.y * line), mul(kw, dilation.x));
          const to = b.variable("to", advance(plane, tap));
          b.loop("row", 0, rows, {}, () => {
            sweep(b, columns, stride.x === 1 ? lanes : 1, (i, wide) => {
              const place = () => at(to, mul(i, stride.x));
              b.store(place(), add(load(place(), wide), load(at(from, i), wide)));
            });
            b.set(from, advance(from, columns));
            b.set(to, advance(to, stride.y * line));
          });
        });
      });
    });
  });
}

/** `crop(padded, gradient)`, nchw: the gradient without what fell onto padding. */
export function cropProgram(shape: ConvShape, lanes: number, element: Real): Program {
  const { channels, height, width, padding } = shape;
  return program(`crop-${element}`, (b) => {
    const padded = b.pointer("padded", element);
    const gradient = b.pointer("gradient", element);
    b.loop("channel", 0, channels, {}, (channel) => {
      b.loop("row", 0, height, {}, (row) => {
        const line = add(add(mul(channel, paddedHeight(shape)), row), padding.top);
        const from = b.let("from", advance(padded, add(mul(line, paddedWidth(shape)), padding.left)));
        const to = b.let("to", advance(gradient, mul(add(mul(channel, height), row), width)));
        sweep(b, width, lanes, (i, wide) => b.store(at(to, i), load(at(from, i), wide)));
      });
    });
  });
}

/** `fold(columns, padded)`, nhwc: columns are [group][positions][kernel row][kernel column][channel of the group]. */
export function foldPixelsProgram(shape: ConvShape, lanes: number, element: Real): Program {
  const { channels, kernelHeight, kernelWidth, stride, dilation, groups } = shape;
  const depth = groupChannels(shape);
  const line = paddedWidth(shape) * channels;
  return program(`fold-pixels-${element}`, (b) => {
    const unfolded = b.pointer("columns", element);
    const padded = b.pointer("padded", element);
    clear(b, padded, paddedLength(shape), lanes);
    b.loop("group", 0, groups, {}, (group) => {
      const from = b.variable("from", advance(unfolded, mul(group, positions(shape) * patchLength(shape))));
      b.loop("row", 0, outputHeight(shape), {}, (row) => {
        b.loop("column", 0, outputWidth(shape), {}, (column) => {
          const pixel = add(mul(row, stride.y * line), mul(column, stride.x * channels));
          const first = b.let("first", advance(padded, add(pixel, mul(group, depth))));
          b.loop("kh", 0, kernelHeight, {}, (kh) => {
            b.loop("kw", 0, kernelWidth, {}, (kw) => {
              const tap = add(mul(kh, dilation.y * line), mul(kw, dilation.x * channels));
              const to = b.let("to", advance(first, tap));
              sweep(b, depth, lanes, (i, wide) =>
                b.store(at(to, i), add(load(at(to, i), wide), load(at(from, i), wide))),
              );
              b.set(from, advance(from, depth));
            });
          });
        });
      });
    });
  });
}

/** `crop(padded, gradient)`, nhwc. */
export function cropPixelsProgram(shape: ConvShape, lanes: number, element: Real): Program {
  const { channels, height, width, padding } = shape;
  return program(`crop-pixels-${element}`, (b) => {
    const padded = b.pointer("padded", element);
    const gradient = b.pointer("gradient", element);
    b.loop("row", 0, height, {}, (row) => {
      const line = mul(add(row, padding.top), paddedWidth(shape));
      const from = b.let("from", advance(padded, mul(add(line, padding.left), channels)));
      const to = b.let("to", advance(gradient, mul(row, width * channels)));
      sweep(b, width * channels, lanes, (i, wide) => b.store(at(to, i), load(at(from, i), wide)));
    });
  });
}

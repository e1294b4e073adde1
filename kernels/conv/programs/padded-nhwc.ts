/**
 * Padding, plain direct loops and unfolding for nhwc, where the channels of a pixel are neighbours: rows are copied
 * whole, vectors run along filters. The twins of `padded.ts`.
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
  paddedWidth,
  patchLength,
  positions,
} from "../shape.ts";

/** Copies `count` neighbouring elements by vectors, then one by one. */
function copyRun(b: ProgramBuilder, count: number, lanes: number, from: PointerName, to: PointerName): void {
  const whole = count - (count % lanes);
  b.loop("i", 0, whole, { step: lanes }, (i) => b.store(at(to, i), load(at(from, i), lanes)));
  if (whole < count) b.loop("i", whole, count, {}, (i) => b.store(at(to, i), load(at(from, i))));
}

/** `pad(input, padded)`: copies the image into the middle of `padded`, whose borders the caller zeroed once. */
export function padPixelsProgram(shape: ConvShape, lanes: number, element: Real = "f32"): Program {
  const { channels, height, width, padding } = shape;
  return program("padPixels", (b) => {
    const input = b.pointer("input", element);
    const padded = b.pointer("padded", element);
    b.loop("row", 0, height, {}, (row) => {
      const from = b.let("from", advance(input, mul(row, width * channels)));
      const line = mul(add(row, padding.top), paddedWidth(shape));
      const to = b.let("to", advance(padded, mul(add(line, padding.left), channels)));
      copyRun(b, width * channels, lanes, from, to);
    });
  });
}

/**
 * `direct(padded, weights, output)`: the loops of the definition, neighbouring filters at once. Weights lie as
 * [group][kernel row][kernel column][channel][filter of the group].
 */
export function directPixelsProgram(shape: ConvShape, lanes: number, element: Real = "f32"): Program {
  const { filters, groups } = shape;
  const ofGroup = groupFilters(shape);
  const whole = ofGroup - (ofGroup % lanes);
  return program("directPixels", (b) => {
    const padded = b.pointer("padded", element);
    const weights = b.pointer("weights", element);
    const output = b.pointer("output", element);
    eachPosition(b, shape, (pixel, position) => {
      b.loop("group", 0, groups, {}, (group) => {
        const from = b.let("from", advance(padded, add(pixel, mul(group, groupChannels(shape)))));
        const panel = b.let("panel", advance(weights, mul(group, patchLength(shape) * ofGroup)));
        const first = add(mul(position, filters), mul(group, ofGroup));
        const to = b.let("to", advance(output, first));
        const some = (wide: number) => (filter: Value) => {
          const total = b.variable("total", constant(0, { element, lanes: wide }));
          b.let("firstFilter", filter);
          eachTerm(b, shape, from, (value, weight) =>
            b.set(
              total,
              multiplyAdd(broadcast(value, wide), load(at(panel, add(weight, filter)), wide), total),
            ),
          );
          b.store(at(to, filter), total);
        };
        b.loop("filter", 0, whole, { step: lanes }, some(lanes));
        if (whole < ofGroup) b.loop("filter", whole, ofGroup, {}, some(1));
      });
    });
  });
}

/** Every output position, with the index of its first padded pixel's first channel. */
function eachPosition(
  b: ProgramBuilder,
  shape: ConvShape,
  body: (pixel: Value, position: Value) => void,
): void {
  const { channels, stride } = shape;
  const columns = outputWidth(shape);
  b.loop("row", 0, outputHeight(shape), {}, (row) => {
    b.loop("column", 0, columns, {}, (column) => {
      const line = mul(mul(row, stride.y), paddedWidth(shape));
      const pixel = b.let("pixel", mul(add(line, mul(column, stride.x)), channels));
      body(pixel, b.let("position", add(mul(row, columns), column)));
    });
  });
}

/** Every term of one sum: where its value lies and where its row of weights begins. */
function eachTerm(
  b: ProgramBuilder,
  shape: ConvShape,
  from: PointerName,
  body: (value: ReturnType<typeof at>, weight: Value) => void,
): void {
  const { channels, kernelHeight, kernelWidth, dilation } = shape;
  const [depth, ofGroup] = [groupChannels(shape), groupFilters(shape)];
  b.loop("kh", 0, kernelHeight, {}, (kh) => {
    b.loop("kw", 0, kernelWidth, {}, (kw) => {
      const line = mul(mul(kh, dilation.y), paddedWidth(shape));
      const tap = b.let("tap", mul(add(line, mul(kw, dilation.x)), channels));
      const row = b.let("rowOfWeights", mul(add(mul(kh, kernelWidth), kw), depth));
      b.loop("channel", 0, depth, {}, (channel) =>
        body(at(from, add(tap, channel)), mul(add(row, channel), ofGroup)),
      );
    });
  });
}

/** `unfold(padded, unfolded)`: im2col into [group][positions][kernel row][kernel column][channel of the group]. */
export function unfoldPixelsProgram(shape: ConvShape, lanes: number, element: Real = "f32"): Program {
  const { channels, kernelHeight, kernelWidth, dilation, groups } = shape;
  const depth = groupChannels(shape);
  // Where nothing lies between two taps of a row they are copied as one run.
  const together = groups === 1 && dilation.x === 1 ? kernelWidth : 1;
  return program("unfoldPixels", (b) => {
    const padded = b.pointer("padded", element);
    const unfolded = b.pointer("unfolded", element);
    b.loop("group", 0, groups, {}, (group) => {
      const patches = b.let("patches", advance(unfolded, mul(group, positions(shape) * patchLength(shape))));
      eachPosition(b, shape, (pixel, position) => {
        const patch = b.let("patch", advance(patches, mul(position, patchLength(shape))));
        const first = b.let("firstTap", advance(padded, add(pixel, mul(group, depth))));
        b.loop("kh", 0, kernelHeight, {}, (kh) => {
          b.loop("kw", 0, kernelWidth / together, {}, (kw) => {
            const line = mul(mul(kh, dilation.y), paddedWidth(shape));
            const from = b.let("from", advance(first, mul(add(line, mul(kw, dilation.x)), channels)));
            const to = b.let("to", advance(patch, mul(add(mul(kh, kernelWidth), kw), depth)));
            copyRun(b, together * depth, lanes, from, to);
          });
        });
      });
    });
  });
}

/**
 * The layers between the products: rectifier, local response normalisation and maximum pooling, as vector programs
 * with the size built in. Apart from `programs.ts` because none of them multiplies matrices.
 */
import {
  add,
  advance,
  at,
  constant,
  div,
  load,
  max,
  mul,
  multiplyAdd,
  squareRoot,
  type Value,
} from "../codegen/expressions.ts";
import { program } from "../codegen/program.ts";
import type { Program } from "../codegen/statements.ts";
import { poolStride, poolWindow, type Size } from "./network.ts";

/** Constants of Krizhevsky et al. (2012), section 3.3; the exponent is 3/4, which square roots give. */
export const normalisation = { neighbours: 5, offset: 2, scale: 1e-4 } as const;

const pixels = ({ height, width }: Size): number => height * width;

/** Rows or columns of the pooled map. */
export function pooledSide(side: number): number {
  return Math.floor((side - poolWindow) / poolStride) + 1;
}

/** `relu(input, output)`: the larger of each element and 0. */
export function reluProgram(size: Size, lanes: number): Program {
  const length = size.channels * pixels(size);
  const whole = length - (length % lanes);
  return program("relu", (b) => {
    const input = b.pointer("input", "f32");
    const output = b.pointer("output", "f32");
    const rectify = (wide: number) => (i: Value) =>
      b.store(at(output, i), max(load(at(input, i), wide), constant(0, { element: "f32", lanes: wide })));
    b.loop("i", 0, whole, { step: lanes }, rectify(lanes));
    b.loop("i", whole, length, {}, rectify(1));
  });
}

/**
 * `norm(input, output)`: each element over (2 + 0.0001 * sum of squares of five neighbouring channels)^(3/4), pixels
 * side by side in lanes.
 */
export function normProgram(size: Size, lanes: number): Program {
  const area = pixels(size);
  const whole = area - (area % lanes);
  const reach = (normalisation.neighbours - 1) / 2;
  return program("norm", (b) => {
    const input = b.pointer("input", "f32");
    const output = b.pointer("output", "f32");
    for (let channel = 0; channel < size.channels; channel++) {
      const first = Math.max(0, channel - reach);
      const last = Math.min(size.channels - 1, channel + reach);
      const normalise = (wide: number) => (pixel: Value) => {
        const type = { element: "f32", lanes: wide } as const;
        const squares = b.variable("squares", constant(0, type));
        for (let other = first; other <= last; other++) {
          const x = b.let("x", load(at(input, pixel, other * area), wide));
          b.set(squares, multiplyAdd(x, x, squares));
        }
        const offset = constant(normalisation.offset, type);
        const base = b.let("base", multiplyAdd(squares, constant(normalisation.scale, type), offset));
        const root = b.let("root", squareRoot(base));
        const power = mul(root, squareRoot(root));
        b.store(at(output, pixel, channel * area), div(load(at(input, pixel, channel * area), wide), power));
      };
      b.loop("pixel", 0, whole, { step: lanes }, normalise(lanes));
      b.loop("pixel", whole, area, {}, normalise(1));
    }
  });
}

/** `pool(input, output)`: the largest of each 3 x 3 window, stride 2. */
export function poolProgram({ channels, height, width }: Size): Program {
  const [rows, columns] = [pooledSide(height), pooledSide(width)];
  return program("pool", (b) => {
    const input = b.pointer("input", "f32");
    const output = b.pointer("output", "f32");
    b.loop("channel", 0, channels, {}, (channel) => {
      b.loop("row", 0, rows, {}, (row) => {
        const line = add(mul(channel, height), mul(row, poolStride));
        const from = b.let("from", advance(input, mul(line, width)));
        const to = b.let("to", advance(output, mul(add(mul(channel, rows), row), columns)));
        b.loop("column", 0, columns, {}, (column) => {
          const left = b.let("left", mul(column, poolStride));
          const largest = b.variable("largest", load(at(from, left)));
          for (let i = 1; i < poolWindow ** 2; i++) {
            const offset = Math.floor(i / poolWindow) * width + (i % poolWindow);
            b.set(largest, max(largest, load(at(from, left, offset))));
          }
          b.store(at(to, column), largest);
        });
      });
    });
  });
}

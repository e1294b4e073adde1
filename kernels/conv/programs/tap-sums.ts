/**
 * The gradient of weights without unfolding (nchw): for a channel the sums of all taps stay in registers while positions
 * pass by. Filters are in the lanes, so the output gradient is turned over first; elements of the padded image are
 * broadcast from where they lie.
 */
import { add, advance, at, broadcast, load, mul, multiplyAdd, type Name } from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import { turned } from "../../nn/programs/transpose.ts";
import { type ConvProblem, vectorLanes } from "../problem.ts";
import {
  type ConvShape,
  outputHeight,
  outputWidth,
  paddedHeight,
  paddedWidth,
  patchLength,
  positions,
  taps,
} from "../shape.ts";

/** Filters with those that fill the last vector: what the lanes beyond them hold is never looked at. */
export const filledFilters = (problem: ConvProblem): number => {
  const lanes = vectorLanes(problem);
  return Math.ceil(problem.shape.filters / lanes) * lanes;
};

/** Vectors of filters whose sums fit the registers beside one broadcast. */
export function vectorsOfSums({ shape }: ConvProblem, registers: number): number {
  return Math.floor((registers - 2) / (taps(shape) + 1));
}

/** `tapSums(image, gradients, sums)`: adds one image's part to sums of [channel][tap][filled filters]. */
export function tapSumsProgram(problem: ConvProblem, vectors: number): Program {
  const { shape, element } = problem;
  const lanes = vectorLanes(problem);
  const filled = filledFilters(problem);
  const step = vectors * lanes;
  return program(`tap-sums-${element}`, (b) => {
    const image = b.pointer("image", element);
    const gradients = b.pointer("gradients", element);
    const sums = b.pointer("sums", element);
    b.loop("channel", 0, shape.channels, {}, (channel) => {
      const plane = b.let("plane", advance(image, mul(channel, paddedHeight(shape) * paddedWidth(shape))));
      const own = b.let("own", advance(sums, mul(channel, taps(shape) * filled)));
      const some = (wide: number) => (filter: Name) => {
        const place = (tap: number, v: number) => at(own, filter, tap * filled + v * lanes);
        const totals = Array.from({ length: taps(shape) }, (_, tap) =>
          Array.from({ length: wide }, (_, v) => b.variable("total", load(place(tap, v), lanes))),
        );
        const rest = b.variable("gradient", advance(gradients, filter));
        b.loop("row", 0, outputHeight(shape), {}, (row) => {
          const line = b.variable("line", advance(plane, mul(row, shape.stride.y * paddedWidth(shape))));
          b.loop("column", 0, outputWidth(shape), {}, () => {
            const own = Array.from({ length: wide }, (_, v) =>
              b.let("g", load(at(rest, 0, v * lanes), lanes)),
            );
            for (const [tap, of] of totals.entries()) {
              const value = b.let("value", broadcast(at(line, 0, tapOffset(shape, tap)), lanes));
              for (const [v, total] of of.entries()) b.set(total, multiplyAdd(value, own[v] as Name, total));
            }
            b.set(rest, advance(rest, filled));
            b.set(line, advance(line, shape.stride.x));
          });
        });
        for (const [tap, of] of totals.entries())
          for (const [v, total] of of.entries()) b.store(place(tap, v), total);
      };
      const whole = filled - (filled % step);
      b.loop("filter", 0, whole, { step }, (filter) => some(vectors)(filter as Name));
      if (whole < filled)
        b.loop("filter", whole, filled, { step: lanes }, (filter) => some(1)(filter as Name));
    });
  });
}

function tapOffset({ kernelWidth, dilation, ...shape }: ConvShape, tap: number): number {
  const [y, x] = [Math.floor(tap / kernelWidth), tap % kernelWidth];
  return y * dilation.y * paddedWidth({ kernelWidth, dilation, ...shape }) + x * dilation.x;
}

/** `turn(gradient, turned)`: [filters][positions] of an image to [positions][filled filters]. */
export function turnGradientProgram(problem: ConvProblem): Program {
  const { shape, element } = problem;
  const filled = filledFilters(problem);
  const [rows, columns] = [shape.filters, positions(shape)];
  const side = element === "f32" ? 4 : 2;
  const [wholeRows, wholeColumns] = [rows - (rows % side), columns - (columns % side)];
  return program(`turn-gradient-${element}`, (b) => {
    const from = b.pointer("gradient", element);
    const to = b.pointer("turned", element);
    const one = (row: Name, column: Name): void =>
      b.store(at(to, add(mul(column, filled), row)), load(at(from, add(mul(row, columns), column))));
    b.loop("row", 0, wholeRows, { step: side }, (row) => {
      b.loop("column", 0, wholeColumns, { step: side }, (column) =>
        square(
          b,
          side,
          (i) => at(from, add(mul(add(row, i), columns), column)),
          (i) => at(to, add(mul(add(column, i), filled), row)),
        ),
      );
      b.loop("column", wholeColumns, columns, {}, (column) => {
        for (let i = 0; i < side; i++) one(b.let("r", add(row, i)) as Name, column as Name);
      });
    });
    b.loop("row", wholeRows, rows, {}, (row) =>
      b.loop("column", 0, columns, {}, (column) => one(row as Name, column as Name)),
    );
  });
}

type Place = (i: number) => ReturnType<typeof at>;

function square(b: ProgramBuilder, side: number, from: Place, to: Place): void {
  const lines = Array.from({ length: side }, (_, i) => b.let("line", load(from(i), side)));
  for (const [i, line] of turned(b, lines).entries()) b.store(to(i), line);
}

/** `mirror(weights, mirrored)`: [filter][channel][tap] to [channel][filter][last tap first], for one group. */
export function mirrorProgram({ shape, element }: ConvProblem): Program {
  const area = taps(shape);
  return program(`mirror-${element}`, (b) => {
    const from = b.pointer("weights", element);
    const to = b.pointer("mirrored", element);
    b.loop("filter", 0, shape.filters, {}, (filter) =>
      b.loop("channel", 0, shape.channels, {}, (channel) => {
        const source = b.let(
          "source",
          advance(from, add(mul(filter, patchLength(shape)), mul(channel, area))),
        );
        const there = mul(add(mul(channel, shape.filters), filter), area);
        const target = b.let("target", advance(to, there));
        for (let tap = 0; tap < area; tap++) b.store(at(target, 0, area - 1 - tap), load(at(source, 0, tap)));
      }),
    );
  });
}

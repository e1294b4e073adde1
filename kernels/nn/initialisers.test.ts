/** First values of weights: their moments, bounds and rotations, and the same bits from the same seed. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { randomStream } from "../random.ts";
import {
  fanInUniform,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initialiser,
  normal,
  orthogonal,
  truncatedNormal,
  uniform,
} from "./initialisers.ts";

const shape = [60, 30, 3, 3];
const [fanIn, fanOut] = [270, 540];

/** Variance of a standard normal variate cut at two deviations: 1 - 4 phi(2) / (2 Phi(2) - 1). */
const cut = 1 - (4 * 0.05399096651318806) / 0.9544997361036416;

const rows: readonly [string, Initialiser, number, number][] = [
  ["uniform", uniform(0.3), 0.03, 0.3],
  ["normal", normal(0.2), 0.04, Number.POSITIVE_INFINITY],
  ["truncatedNormal", truncatedNormal(0.2), 0.04 * cut, 0.4],
  ["fanInUniform", fanInUniform(270), 1 / (3 * fanIn), 1 / Math.sqrt(fanIn)],
  ["glorotUniform", glorotUniform, 2 / (fanIn + fanOut), Math.sqrt(6 / (fanIn + fanOut))],
  ["glorotNormal", glorotNormal, 2 / (fanIn + fanOut), Number.POSITIVE_INFINITY],
  ["heUniform", heUniform, 2 / fanIn, Math.sqrt(6 / fanIn)],
  ["heNormal", heNormal, 2 / fanIn, Number.POSITIVE_INFINITY],
];

it.each(rows)("%s has its variance, mean 0, and its bound", (_, start, variance, bound) => {
  const values = start(shape, randomStream(1));
  const n = values.length;
  expect(n).toBe(16_200);
  const mean = values.reduce((a, b) => a + b) / n;
  const square = values.reduce((a, b) => a + b * b, 0) / n;
  // Five deviations: of a mean sqrt(v / n), of a mean square at most sqrt(2 / n) v.
  expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(variance / n));
  expect(Math.abs(square / variance - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
  expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(bound);
  expect(values).toEqual(start(shape, randomStream(1)));
  expect(values).not.toEqual(start(shape, randomStream(2)));
});

describe("orthogonal", () => {
  it.each([
    [[7, 7], 1],
    [[4, 9], 1.5],
    [[12, 2, 2], 1],
  ])("weights %j turn by a rotation of gain %d", (size, gain) => {
    const values = orthogonal(gain)(size, randomStream(3));
    const outputs = size[0] as number;
    const columns = values.length / outputs;
    const at = (row: number, column: number): number => values[row * columns + column] as number;
    const wide = outputs <= columns;
    const [count, length] = wide ? [outputs, columns] : [columns, outputs];
    for (let i = 0; i < count; i++)
      for (let j = 0; j < count; j++) {
        const product = Array.from({ length }, (_, k) => (wide ? at(i, k) * at(j, k) : at(k, i) * at(k, j)));
        expect(product.reduce((a, b) => a + b)).toBeCloseTo(i === j ? gain * gain : 0, 13);
      }
  });
});

it("gives these very bits on any machine", () => {
  const all = [...rows.map(([, start]) => start), orthogonal()].flatMap((start) => [
    ...start([5, 4, 2], randomStream(9)),
  ]);
  const digest = createHash("sha256")
    .update(Buffer.from(Float64Array.from(all).buffer))
    .digest("hex");
  expect(digest).toBe("cda960f3cf5b6baee93a18a0919586eadf6b3fda6d38f9c4600007593f46e503");
});

it("refuses weights without inputs", () => {
  expect(() => heNormal([3], randomStream(1))).toThrow(/\[outputs, inputs, ...\]; found \[3\]/);
});

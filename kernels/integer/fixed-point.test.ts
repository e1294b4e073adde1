/** Factors in fixed point, and requantisation against BigInt, on every target. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Memory } from "../codegen/memory.ts";
import { machines } from "../nn/layer.fixture.ts";
import { fixedPoint } from "./fixed-point.ts";
import { type Halves, requantiseProgram } from "./programs/requantise.ts";
import { integerSetting } from "./setting.ts";

test("factors come back to 30 bits of the largest, whatever its size", () => {
  const factor = fc.double({ min: 1e-9, max: 1e8, noNaN: true });
  fc.assert(
    fc.property(fc.array(factor, { minLength: 1, maxLength: 8 }), (factors) => {
      const { multipliers, shift } = fixedPoint(factors);
      const largest = Math.max(...factors);
      for (const [i, each] of factors.entries()) {
        const back = (multipliers[i] as number) / 2 ** shift;
        expect(Math.abs(back - each)).toBeLessThanOrEqual(Math.max(largest * 2 ** -29, 2 ** -62));
      }
    }),
  );
  expect(fixedPoint([0, 0])).toEqual({ multipliers: new Int32Array(2), shift: 30 });
  expect(() => fixedPoint([2 ** 30])).toThrow(/below 2\^30; found 1073741824/);
  expect(() => fixedPoint([Number.NaN])).toThrow(/finite factors/);
});

/** As the program rounds, in whole numbers without limit. */
function model(x: number, multiplier: number, shift: number, halves: Halves): bigint {
  const half = 1n << BigInt(shift - 1);
  const up = (value: bigint): bigint => (value * BigInt(multiplier) + half) >> BigInt(shift);
  return halves === "away" && x < 0 ? -up(-BigInt(x)) : up(BigInt(x));
}

describe.each(machines)("on $target $isa", (machine) => {
  test.each(["up", "away"] as const)("sums are scaled by column and saturate, halves going %s", (halves) => {
    const [rows, columns, stride] = [3, 21, 25];
    const memory = new Memory(65536);
    const from = memory.allocate("i32", rows * stride);
    const multipliers = memory.allocate("i32", columns);
    const to = memory.allocate("i8", rows * stride);
    multipliers.view.set(multipliers.view.map((_, j) => 2 ** 22 * (j + 1)));
    // Multiples of half a step, so that many lie half way.
    from.view.set(from.view.map((_, i) => (i - 40) * 256));
    to.view.fill(77);
    const parts = { to: "i8", shift: 31, halves } as const;
    const call = integerSetting({ ...machine, memory }).kernel(`requantise-${halves}`, (name, lanes) =>
      requantiseProgram(name, lanes, parts),
    );
    call(rows, columns, from.address, stride, multipliers.address, -3, to.address, stride);
    for (let r = 0; r < rows; r++)
      for (let j = 0; j < stride; j++) {
        const at = r * stride + j;
        const scaled = model(from.view[at] as number, multipliers.view[j] ?? 0, 31, halves) - 3n;
        const expected = j < columns ? Math.min(127, Math.max(-128, Number(scaled))) : 77;
        expect([r, j, to.view[at]]).toEqual([r, j, expected]);
      }
  });
});

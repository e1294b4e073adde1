/** Quantisers, observers and the kernels that apply them, on every target. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Memory } from "../codegen/memory.ts";
import { machines } from "../nn/layer.fixture.ts";
import { affineOf, MinMaxObserver, PercentileObserver, symmetricOf, symmetricRows } from "./observers.ts";
import { createFakeQuantise, createQuantisation } from "./quantise.ts";
import { affine, dequantised, type Quantiser, quantised, roundEven, symmetric } from "./quantiser.ts";

const real = fc.double({ min: -1000, max: 1000, noNaN: true });

test("what lies in the range comes back within half a step, and 0 comes back exactly", () => {
  fc.assert(
    fc.property(
      real,
      real,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.boolean(),
      (a, b, share, signed) => {
        const [low, high] = [Math.min(a, b, 0), Math.max(a, b, 0)];
        const x = low + share * (high - low);
        const largest = Math.max(-low, high);
        for (const quantiser of [
          symmetric(largest),
          affine(low, high, { signed }),
          affine(low, high, { bits: 4 }),
        ]) {
          const back = dequantised(quantiser, quantised(quantiser, x));
          // The ends of an affine range move by as much as the zero point was rounded.
          expect(Math.abs(back - x)).toBeLessThanOrEqual(quantiser.scale * (1 + 1e-9));
          expect(dequantised(quantiser, quantised(quantiser, 0))).toBe(0);
        }
        const plain = symmetric(largest);
        const error = Math.abs(dequantised(plain, quantised(plain, x)) - x);
        expect(error).toBeLessThanOrEqual((plain.scale / 2) * (1 + 1e-9));
      },
    ),
  );
});

test("beyond the range numbers stay at its ends", () => {
  const bytes = affine(-1, 3);
  expect([quantised(bytes, -100), quantised(bytes, 100)]).toEqual([0, 255]);
  expect([quantised(symmetric(2), -100), quantised(symmetric(2), 100)]).toEqual([-127, 127]);
});

test("halves are rounded to the even neighbour", () => {
  expect([0.5, 1.5, 2.5, -0.5, -1.5, 2.49, -2.51].map((x) => roundEven(x) + 0)).toEqual([
    0, 2, 2, 0, -2, 2, -3,
  ]);
});

test("a percentile leaves out outliers that the extremes follow", () => {
  const values = Float64Array.from({ length: 10_001 }, (_, i) => (i - 5000) / 5000);
  values[17] = 1000;
  const [all, most] = [new MinMaxObserver(), new PercentileObserver(99)];
  for (const observer of [all, most]) {
    observer.observe(values.subarray(0, 5000));
    observer.observe(values.subarray(5000));
  }
  expect(all.range()).toEqual({ low: -1, high: 1000 });
  const { low, high } = most.range();
  expect([low, high].map((end) => Math.abs(Math.abs(end) - 0.98) < 1e-3)).toEqual([true, true]);
  expect(symmetricOf(all.range()).scale).toBeCloseTo(1000 / 127, 9);
  expect(affineOf(most.range()).scale).toBeCloseTo((high - low) / 255, 9);
});

test("rows have scales of their own", () => {
  const scales = symmetricRows([1, -2, 0.5, 0.25, 0, 0], 3).map(({ scale }) => scale);
  expect(scales.slice(0, 2)).toEqual([2 / 127, 0.5 / 127]);
  expect(scales[2]).toBeGreaterThan(0);
});

test("what no quantiser can be made of is refused with the remedy", () => {
  expect(() => symmetric(Number.NaN)).toThrow(/finite range; found NaN/);
  expect(() => affine(1, 0)).toThrow(/low <= high/);
  expect(() => symmetric(1, { bits: 1 })).toThrow(/2 to 16 bits/);
  expect(() => new MinMaxObserver().range()).toThrow(/calibrate first/);
  expect(() => new PercentileObserver(40)).toThrow(/percentile above 50/);
  expect(() => symmetricRows([1, 2, 3], 2)).toThrow(/2 rows of equal length/);
  const memory = new Memory(65536);
  const options = { target: "js", memory, shape: { outer: 1, inner: 4 }, to: "i8" } as const;
  expect(() => createQuantisation({ ...options, quantisers: [] })).toThrow(/found none/);
  const mixed = [symmetric(1), symmetric(1, { bits: 4 })];
  expect(() => createQuantisation({ ...options, quantisers: mixed })).toThrow(
    /same bounds for every channel/,
  );
  const made = createQuantisation({ ...options, quantisers: [symmetric(1)] });
  expect(() => made.quantise({ x: memory.bytes - 4, q: 64 })).toThrow(/x as an address of 4 f32/);
});

/** Channels in the middle of a tensor: 2 x 3 x inner. */
const quantisersOf = (kind: "i8" | "u8" | "i32"): readonly Quantiser[] =>
  [0.7, 3, 100].map((range) =>
    kind === "u8" ? affine(-range, range / 3) : symmetric(range, { bits: kind === "i8" ? 8 : 16 }),
  );

describe.each(machines)("on $target $isa", (machine) => {
  test.each(["i8", "u8", "i32"] as const)("numbers become %s by their channel, and numbers again", (to) => {
    const quantisers = quantisersOf(to);
    for (const inner of [1, 5, 16, 37]) {
      const memory = new Memory(65536);
      const length = 2 * 3 * inner;
      const x = memory.allocate("f32", length);
      const q = memory.allocate(to, length + 8);
      const back = memory.allocate("f32", length);
      x.view.forEach((_, i) => {
        x.view[i] = Math.sin(i * 1.3) * 10 ** ((i % 5) - 1);
      });
      q.view.fill(77);
      const shape = { outer: 2, inner };
      const operation = createQuantisation({ ...machine, memory, quantisers, shape, to });
      operation.quantise({ x: x.address, q: q.address });
      operation.dequantise({ q: q.address, x: back.address });
      for (let i = 0; i < length; i++) {
        const channel = quantisers[Math.floor(i / inner) % 3] as Quantiser;
        const single = { ...channel, scale: Math.fround(channel.scale) };
        const expected = quantised(single, Math.fround((x.view[i] as number) / single.scale) * single.scale);
        // The quotient is rounded to f32 there and not here: next to a half, the neighbour is as good.
        expect(Math.abs((q.view[i] as number) - expected)).toBeLessThanOrEqual(1);
        const number = dequantised(single, q.view[i] as number);
        expect(Math.abs((back.view[i] as number) - number)).toBeLessThanOrEqual(Math.abs(number) * 2 ** -22);
      }
      expect([...q.view.subarray(length)]).toEqual(new Array(8).fill(77));
    }
  });

  test("a fake quantiser gives what quantising and going back gives, and its gradient passes where nothing is clamped", () => {
    const memory = new Memory(65536);
    const length = 90;
    const [x, y, g] = [0, 1, 2].map(() => memory.allocate("f64", length)) as [Room, Room, Room];
    const quantisers = [affine(-1, 2, { bits: 4 })];
    x.view.forEach((_, i) => {
      x.view[i] = -2 + i / 15;
    });
    g.view.fill(3);
    const shape = { outer: 1, inner: length };
    const fake = createFakeQuantise({ ...machine, memory, element: "f64", quantisers, shape });
    fake.forward({ x: x.address, y: y.address });
    fake.backward({ x: x.address, gradY: g.address, gradX: g.address });
    const [quantiser] = quantisers as [Quantiser];
    for (let i = 0; i < length; i++) {
      const value = x.view[i] as number;
      expect(y.view[i]).toBeCloseTo(dequantised(quantiser, quantised(quantiser, value)), 12);
      const place = roundEven(value / quantiser.scale) + quantiser.zeroPoint;
      expect(g.view[i]).toBe(place >= 0 && place <= 15 ? 3 : 0);
    }
  });
});
type Room = { readonly view: Float64Array; readonly address: number };

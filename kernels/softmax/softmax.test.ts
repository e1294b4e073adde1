import { expect, test } from "vitest";
import type { KernelTarget } from "../codegen/compile.ts";
import { Memory } from "../codegen/memory.ts";
import type { Isa } from "../codegen/x64/isa.ts";
import type { RealElement } from "../elementary/intervals.ts";
import { nativeAvailability } from "../native/availability.ts";
import { randomStream } from "../random.ts";
import type { SoftmaxAlgorithm, SoftmaxKind } from "./programs/rows.ts";
import { differsFrom, softmaxGradientReference, softmaxReference } from "./reference.ts";
import { createSoftmax, type SoftmaxShape, shapeAlong } from "./softmax.ts";

interface Way {
  readonly target: KernelTarget;
  readonly isa?: Isa;
}

const availability = nativeAvailability();
const ways: readonly Way[] = [
  { target: "js" },
  { target: "wasm" },
  ...(availability.available ? [{ target: "native", isa: "avx2" } as const] : []),
  ...(availability.available && availability.isa === "avx512"
    ? [{ target: "native", isa: "avx512" } as const]
    : []),
];

const kinds = ["softmax", "log-softmax"] as const;
const elements = ["f32", "f64"] as const;
const algorithms = ["naive", "stable", "online"] as const;
const tolerances = { f32: 4e-7, f64: 1e-14 } as const;

/** Around the lengths of vectors and of groups of them. */
const lengths = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 100, 259];
const shapes: readonly SoftmaxShape[] = [
  ...lengths.map((n) => ({ outer: 3, n })),
  ...[1, 2, 3, 5, 16, 17, 40].map((inner) => ({ outer: 2, n: 6, inner })),
  { outer: 0, n: 5 },
  { outer: 4, n: 0 },
];

const guard = 32;
const guardValue = -12345;

/** An array between guard zones. */
function guarded(memory: Memory, element: RealElement, length: number) {
  const whole = memory.allocate(element, length + 2 * guard);
  whole.view.fill(guardValue);
  const bytes = whole.view.BYTES_PER_ELEMENT;
  return {
    address: whole.address + guard * bytes,
    view: whole.view.subarray(guard, guard + length),
    intact: () => whole.view.every((value, i) => (i >= guard && i < guard + length) || value === guardValue),
  };
}

interface Case extends Way {
  readonly kind: SoftmaxKind;
  readonly algorithm?: SoftmaxAlgorithm;
  readonly element: RealElement;
  readonly arithmetic?: "fast" | "strict";
}

const sizeOf = ({ outer, n, inner = 1 }: SoftmaxShape): number => outer * n * inner;

/** Forward and backward on this data, in place if asked; everything that was computed. */
function run(options: Case, shape: SoftmaxShape, data: readonly number[], inPlace = false) {
  const memory = new Memory(2 ** 20);
  const length = sizeOf(shape);
  const [x, y, g, dx] = [0, 1, 2, 3].map(() => guarded(memory, options.element, length)) as [
    Guarded,
    Guarded,
    Guarded,
    Guarded,
  ];
  x.view.set(data);
  const random = randomStream(5);
  for (let i = 0; i < length; i++) g.view[i] = random() - 0.5;
  const softmax = createSoftmax({ ...options, memory });
  const output = inPlace ? x : y;
  softmax.forward(shape, { input: x.address, output: output.address });
  const gradients = [...g.view];
  const inputGradient = inPlace ? g : dx;
  softmax.backward(shape, {
    output: output.address,
    outputGradient: g.address,
    inputGradient: inputGradient.address,
  });
  expect([x, y, g, dx].every(({ intact }) => intact())).toBe(true);
  return { y: [...output.view], g: gradients, dx: [...inputGradient.view] };
}
type Guarded = ReturnType<typeof guarded>;

function randomData(shape: SoftmaxShape, element: RealElement): number[] {
  const random = randomStream(sizeOf(shape));
  const round = element === "f32" ? Math.fround : (x: number) => x;
  return Array.from({ length: sizeOf(shape) }, () => round(20 * random() - 10));
}

test.for(ways)("every shape, kind and algorithm agrees with the definition on $target $isa", (way) => {
  for (const kind of kinds)
    for (const element of elements)
      for (const algorithm of algorithms)
        for (const shape of algorithm === "stable"
          ? shapes
          : shapes.filter(({ inner }) => inner === undefined)) {
          const data = randomData(shape, element);
          const { y, g, dx } = run({ ...way, kind, algorithm, element }, shape, data);
          const what = `${kind} ${algorithm} ${element} ${JSON.stringify(shape)}: `;
          const expected = softmaxReference(kind, shape, data);
          // Without the maximum, the logarithm is a difference of numbers as large as x.
          const tolerance = tolerances[element] * (algorithm === "naive" ? 10 : 1);
          expect(what + differsFrom(expected, y, tolerance)).toBe(`${what}null`);
          const gradient = softmaxGradientReference(kind, shape, expected, g);
          expect(what + differsFrom(gradient, dx, 4 * tolerance)).toBe(`${what}null`);
        }
});

test.for(ways)("results may overwrite what they are made of on $target $isa", (way) => {
  for (const kind of kinds)
    for (const algorithm of algorithms)
      for (const shape of [
        { outer: 3, n: 37 },
        { outer: 2, n: 5, inner: 19 },
      ]) {
        const options = { ...way, kind, algorithm, element: "f32" } as const;
        const data = randomData(shape, "f32");
        const apart = run(options, shape, data);
        const inPlace = run(options, shape, data, true);
        expect(inPlace.y).toEqual(apart.y);
        expect(inPlace.dx).toEqual(apart.dx);
      }
});

test.for(ways)("the gradient is what the result changes by on $target $isa", (way) => {
  const step = 1e-5;
  for (const kind of kinds)
    for (const shape of [
      { outer: 1, n: 7 },
      { outer: 1, n: 5, inner: 3 },
    ]) {
      const options = { ...way, kind, element: "f64" } as const;
      const data = randomData(shape, "f64").map((x) => x / 5);
      const { g, dx } = run(options, shape, data);
      const value = (x: readonly number[]): number =>
        run(options, shape, x).y.reduce((sum, y, i) => sum + y * (g[i] as number), 0);
      for (const [i, x] of data.entries()) {
        const slope = (value(data.with(i, x + step)) - value(data.with(i, x - step))) / (2 * step);
        expect(Math.abs(slope - (dx[i] as number))).toBeLessThan(1e-8);
      }
    }
});

test.for(ways)("what overflows without its maximum does not with it on $target $isa", (way) => {
  const { POSITIVE_INFINITY: infinity, NaN: nan } = Number;
  const n = 40;
  const shape = { outer: 1, n };
  const almost: number[] = Array.from({ length: n }, (_, i) => (i === 0 ? 1000 : 990));
  const masked = Array.from({ length: n }, (_, i) => (i < 35 ? -infinity : i));
  const wide = Array.from({ length: n }, (_, i) => (i % 2 === 0 ? 3e38 : -3e38));
  for (const kind of kinds)
    for (const algorithm of ["stable", "online"] as const) {
      const of = (data: readonly number[]) => run({ ...way, kind, algorithm, element: "f32" }, shape, data).y;
      for (const data of [almost, masked, wide.map(Math.fround)])
        expect(differsFrom(softmaxReference(kind, shape, data).map(Math.fround), of(data), 1e-6)).toBe(null);
      for (const poison of [nan, infinity]) expect(of(almost.with(17, poison)).some(Number.isNaN)).toBe(true);
      expect(of(Array(n).fill(-infinity)).every(Number.isNaN)).toBe(true);
    }
  const naive = run({ ...way, kind: "softmax", algorithm: "naive", element: "f32" }, shape, almost).y;
  // JavaScript that rounds only at the end keeps e^1000 no better: it is infinite in f64 too.
  expect(naive.every((y) => y >= 0 && y < 1)).toBe(false);
});

test("strict arithmetic gives the same bits on js and wasm", () => {
  for (const kind of kinds)
    for (const algorithm of algorithms)
      for (const shape of shapes) {
        const data = randomData(shape, "f32");
        const [js, wasm] = (["js", "wasm"] as const).map((target) =>
          run({ target, kind, algorithm, element: "f32", arithmetic: "strict" }, shape, data),
        );
        expect(wasm).toEqual(js);
      }
});

test("any dimension of an array is one of outer x n x inner", () => {
  expect(shapeAlong([2, 3, 4], 1)).toEqual({ outer: 2, n: 3, inner: 4 });
  expect(shapeAlong([2, 3, 4], -1)).toEqual({ outer: 6, n: 4, inner: 1 });
  expect(shapeAlong([5], 0)).toEqual({ outer: 1, n: 5, inner: 1 });
  expect(() => shapeAlong([2, 3], 2)).toThrow(/expected a dimension from -2 to 1; found 2/);
  expect(() => shapeAlong([2, 3], 0.5)).toThrow(/found 0\.5/);
});

test("sizes that do not fit are refused before anything is written", () => {
  const memory = new Memory(65536);
  const softmax = createSoftmax({ target: "wasm", memory });
  const operands = { input: 1024, output: 1024 };
  expect(() => softmax.forward({ outer: 1, n: 1e6 }, operands)).toThrow(
    /array of 1 x 1000000 x 1 f32 inside of the memory's \d+ bytes; found 4000000 bytes/,
  );
  expect(() => softmax.forward({ outer: -1, n: 4 }, operands)).toThrow(
    /outer to be a whole number, not negative; found -1/,
  );
  expect(() => softmax.forward({ outer: 1, n: 4, inner: 1.5 }, operands)).toThrow(
    /inner to be a whole number/,
  );
  expect(() => softmax.forward({ outer: 1, n: 4 }, { input: 1024, output: -4 })).toThrow(/from address -4/);
});

/**
 * Errors, edges and equal bits of the elementary functions. f64 is held against arithmetic in high precision, f32 against
 * f64; the bounds are those that README.md states.
 */
import { expect, test } from "vitest";
import { compile, type KernelTarget } from "../codegen/compile.ts";
import { Memory } from "../codegen/memory.ts";
import type { Isa } from "../codegen/x64/isa.ts";
import { nativeAvailability } from "../native/availability.ts";
import { labelSeed, randomStream } from "../random.ts";
import { bounds } from "./bounds.fixture.ts";
import * as precise from "./fixed-point.ts";
import { type ElementaryName, elementaryNames, mapProgram } from "./functions.ts";
import type { RealElement } from "./intervals.ts";
import { sweep } from "./sweep.fixture.ts";

interface Way {
  readonly target: KernelTarget;
  readonly isa?: Isa;
  /** Bytes of a vector. */
  readonly bytes: number;
}

const availability = nativeAvailability();
const ways: readonly Way[] = [
  { target: "js", bytes: 16 },
  { target: "wasm", bytes: 16 },
  ...(availability.available ? [{ target: "native", isa: "avx2", bytes: 32 } as const] : []),
  ...(availability.available && availability.isa === "avx512"
    ? [{ target: "native", isa: "avx512", bytes: 64 } as const]
    : []),
];
const optionsOf = ({ isa }: Way) => (isa ? { isa } : {});

/** The results of a function for these arguments. */
function results(
  name: ElementaryName,
  element: RealElement,
  way: Way,
  arguments_: readonly number[],
  arithmetic: "fast" | "strict" = "fast",
): number[] {
  const memory = new Memory(2 ** 20);
  const n = arguments_.length;
  const [x, y] = [memory.allocate(element, n + 1), memory.allocate(element, n + 1)];
  x.view.set(arguments_);
  y.view[n] = 42;
  const lanes = way.bytes / (element === "f32" ? 4 : 8);
  const kernel = compile(mapProgram(name, element, lanes), way.target, memory, {
    arithmetic,
    ...optionsOf(way),
  });
  kernel.call(n, x.address, y.address);
  expect(y.view[n]).toBe(42);
  return [...y.view.slice(0, n)];
}

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
const edges: Readonly<Record<ElementaryName, readonly (readonly [x: number, y: number])[]>> = {
  exp: [
    [0, 1],
    [-0, 1],
    [infinity, infinity],
    [-infinity, 0],
    [1e30, infinity],
    [-1e30, 0],
  ],
  exp2: [
    [0, 1],
    [-0, 1],
    [infinity, infinity],
    [-infinity, 0],
    [10, 1024],
    [-126, 2 ** -126],
    [-149, 2 ** -149],
  ],
  log: [
    [1, 0],
    [0, -infinity],
    [-0, -infinity],
    [-1, nan],
    [-infinity, nan],
    [infinity, infinity],
  ],
  tanh: [
    [0, 0],
    [-0, -0],
    [infinity, 1],
    [-infinity, -1],
    [1e-30, 1e-30],
    [-100, -1],
  ],
  sigmoid: [
    [0, 0.5],
    [-0, 0.5],
    [infinity, 1],
    [-infinity, 0],
    [-1e30, 0],
    [100, 1],
  ],
  erf: [
    [0, 0],
    [-0, -0],
    [infinity, 1],
    [-infinity, -1],
    [10, 1],
    [-1e30, -1],
  ],
};

test.for(ways)("edges are exact on $target $isa", (way) => {
  for (const name of elementaryNames)
    for (const element of ["f32", "f64"] as const) {
      const cases = [...edges[name], [nan, nan] as const];
      const round = element === "f32" ? Math.fround : (x: number) => x;
      const found = results(
        name,
        element,
        way,
        cases.map(([x]) => x),
      );
      for (const [i, [x, y]] of cases.entries())
        expect([name, element, x, found[i]]).toEqual([name, element, x, round(y)]);
    }
});

test.for(ways)("subnormal results are rounded, not flushed, on $target $isa", (way) => {
  const halves = Array.from({ length: 24 }, (_, i) => -126 - i);
  expect(results("exp2", "f32", way, halves)).toEqual(halves.map((k) => 2 ** k));
  const doubles = Array.from({ length: 52 }, (_, i) => -1022 - i);
  expect(results("exp2", "f64", way, doubles)).toEqual(doubles.map((k) => 2 ** k));
  expect(results("log", "f64", way, [5e-324])[0]).toBeCloseTo(-744.4400719213812, 10);
});

test.for(ways)("f32 stays within the stated error on every 65537th input on $target $isa", (way) => {
  for (const arithmetic of ["fast", "strict"] as const)
    for (const name of elementaryNames) {
      const { ulp } = sweep(name, { ...way, lanes: way.bytes / 4, step: 65537, arithmetic });
      expect([name, ulp <= bounds[name].f32]).toEqual([name, true]);
    }
});

/** Where each function is neither constant nor infinite in f64. */
const spans: Readonly<Record<ElementaryName, readonly [from: number, to: number]>> = {
  exp: [-700, 700],
  exp2: [-1000, 1000],
  // Below e^-140 a number has digits that fixed point has not.
  log: [-140, 700],
  tanh: [-20, 20],
  sigmoid: [-80, 40],
  erf: [-6.5, 6.5],
};

/** Arguments of all sizes, half of them near 0 (near 1 for the logarithm). */
function sample(name: ElementaryName, count: number): number[] {
  const random = randomStream(labelSeed(17, name));
  const [from, to] = spans[name];
  return Array.from({ length: count }, (_, i) => {
    const wide = from + (to - from) * random();
    const small = (random() - 0.5) * 2 ** (-30 * random() * random());
    const x = i % 2 === 0 ? wide : small;
    return name !== "log" ? x : i % 2 === 0 ? Math.exp(x) : 1 + x;
  });
}

/** |y - f(x)| in units of the last place of f64. */
function errorInUlp(name: ElementaryName, x: number, y: number): number {
  const exact = { ...precise, exp2: (v: bigint) => precise.exp(precise.multiply(v, precise.ln2)) };
  // e^x is compared without its power of two, for which fixed point has no room.
  if (name === "exp" || name === "exp2") {
    const argument = precise.fixed(x);
    const scaled = name === "exp" ? argument : precise.multiply(argument, precise.ln2);
    const { m, k } = precise.expParts(scaled);
    return distance(y * 2 ** -Math.trunc(k / 2) * 2 ** -(k - Math.trunc(k / 2)), m);
  }
  return distance(y, exact[name](precise.fixed(x)));
}

function distance(y: number, exact: bigint): number {
  const difference = precise.toNumber(precise.fixed(y) - exact);
  if (difference === 0) return 0;
  const place = Math.floor(Math.log2(Math.abs(precise.toNumber(exact)))) - 52;
  return Math.abs(difference) / 2 ** place;
}

test.for(ways)("f64 stays within the stated error of high precision on $target $isa", (way) => {
  for (const name of elementaryNames) {
    const arguments_ = sample(name, 300);
    for (const arithmetic of ["fast", "strict"] as const) {
      const found = results(name, "f64", way, arguments_, arithmetic);
      const errors = arguments_.map((x, i) => errorInUlp(name, x, found[i] as number));
      expect([name, Math.max(...errors) <= bounds[name].f64]).toEqual([name, true]);
    }
  }
});

test("strict arithmetic gives the same bits on every target", () => {
  for (const name of elementaryNames)
    for (const element of ["f32", "f64"] as const) {
      const arguments_ = [...sample(name, 500), ...edges[name].map(([x]) => x)];
      const all = ways.map((way) => results(name, element, way, arguments_, "strict"));
      for (const found of all) expect(found).toEqual(all[0]);
    }
});

test("integers are refused", () => {
  expect(() => mapProgram("exp", "i32" as RealElement, 4)).toThrow(/expected f32 or f64; found i32x4/);
});

/**
 * Models of rows/masks.ts and of what rows/general.ts computes in registers. Operands are unsigned, 64 bits.
 */
import {
  countOf,
  type Element,
  family,
  type Lanes,
  lanesOf,
  type Model,
  type Models,
  whole,
} from "./model.fixture.ts";

type Compute = (operands: readonly bigint[], size: number, immediate: number, encoding: string) => bigint;

/** A value of `size` bits from the operands, cut to that size; the first is what the result replaces. */
const scalar = (compute: Compute, options: Partial<Model> = {}): Model => ({
  element: "u64",
  from: "u64",
  accumulates: true,
  compute(result, { operands, size, immediate, encoding }) {
    const values = operands.map((each) => BigInt.asUintN(size, lanesOf(each, "u64")[0]));
    result[0] = BigInt.asUintN(size, compute(values, size, immediate, encoding));
  },
  ...options,
});

const of = (values: readonly bigint[], at: number): bigint => values[at] ?? 0n;
/** Of two operands the second, or the immediate. */
const second = (values: readonly bigint[], immediate: number): bigint => values[1] ?? BigInt(immediate);
const smallImmediates = { immediates: [0, 1, -1, 127, -128, 128, -129, 0x7fffffff, -0x80000000] };
const counts = { immediates: [0, 1, 7, 31] };

const twoOperands = (compute: (a: bigint, b: bigint) => bigint): Model =>
  scalar((values, _, immediate) => compute(of(values, 0), second(values, immediate)), smallImmediates);

export const generalModels: Models = {
  mov: scalar((values, _, immediate) => second(values, immediate), smallImmediates),
  movabs: scalar((_values, _, immediate) => BigInt(immediate), smallImmediates),
  movsx: scalar((values) => BigInt.asIntN(8, of(values, 1))),
  movzx: scalar((values) => BigInt.asUintN(8, of(values, 1))),
  movsxd: scalar((values) => BigInt.asIntN(32, of(values, 1))),
  add: twoOperands((a, b) => a + b),
  sub: twoOperands((a, b) => a - b),
  and: twoOperands((a, b) => a & b),
  or: twoOperands((a, b) => a | b),
  xor: twoOperands((a, b) => a ^ b),
  imul: scalar(
    ([d = 0n, a = 0n], _, immediate, encoding) => (encoding === "RMI" ? a * BigInt(immediate) : d * a),
    smallImmediates,
  ),
  shl: scalar(([a = 0n], _, n) => a << BigInt(n), counts),
  shr: scalar(([a = 0n], _, n) => a >> BigInt(n), counts),
  sar: scalar(([a = 0n], size, n) => BigInt.asIntN(size, a) >> BigInt(n), counts),
  neg: scalar(([a = 0n]) => -a),
  inc: scalar(([a = 0n]) => a + 1n),
  dec: scalar(([a = 0n]) => a - 1n),
  bzhi: scalar(([, a = 0n, n = 0n], size) => {
    const index = n & 255n;
    return index < BigInt(size) ? a & ((1n << index) - 1n) : a;
  }),
};

/** Bits of a mask by the last letter of the instruction. */
const widths = { b: 8, w: 16, d: 32, q: 64 } as const;
type Size = keyof typeof widths;
const sizes: readonly Size[] = ["b", "w", "d", "q"];

const masked = (stem: string, compute: Compute, options: Partial<Model> = {}): Models =>
  family(stem, sizes, (size) => {
    const width = widths[size];
    return {
      element: "u64",
      from: "u64",
      compute(result, { operands, immediate }) {
        const values = operands.map((each) => BigInt.asUintN(width, lanesOf(each, "u64")[0]));
        result[0] = BigInt.asUintN(width, compute(values, width, immediate, ""));
      },
      ...options,
    };
  });

const laneTypes = { b: "i8", w: "i16", d: "i32", q: "i64" } as const satisfies Record<Size, Element>;
const manyCounts = { immediates: [0, 1, 7, 8, 15, 16, 31, 32, 63, 64, 255] };

export const maskModels: Models = {
  ...masked("kmov", ([, a = 0n]) => a),
  ...masked("kand", ([, a = 0n, b = 0n]) => a & b),
  ...masked("kandn", ([, a = 0n, b = 0n]) => ~a & b),
  ...masked("kor", ([, a = 0n, b = 0n]) => a | b),
  ...masked("kxor", ([, a = 0n, b = 0n]) => a ^ b),
  ...masked("kxnor", ([, a = 0n, b = 0n]) => ~(a ^ b)),
  ...masked("knot", ([, a = 0n]) => ~a),
  ...masked("kshiftl", ([, a = 0n], width, n) => (n < width ? a << BigInt(n) : 0n), manyCounts),
  ...masked("kshiftr", ([, a = 0n], width, n) => (n < width ? a >> BigInt(n) : 0n), manyCounts),
  ...family("vpmovm2", sizes, (size) =>
    whole(
      laneTypes[size],
      (result, [, source], { bits }) => {
        const mask = (source as Lanes)[0];
        const all = size === "q" ? -1n : -1;
        const none = size === "q" ? 0n : 0;
        for (let at = 0; at < countOf(laneTypes[size], bits); at++)
          result[at] = (mask >> BigInt(at)) & 1n ? all : none;
      },
      { from: "u64" },
    ),
  ),
  ...family("vpmov", ["b2m", "w2m", "d2m", "q2m"], (ending) => {
    const size = ending[0] as Size;
    const element = laneTypes[size];
    return whole(
      element,
      (result, [, source], { bits }) => {
        for (let at = 0; at < countOf(element, bits); at++) {
          const holds = (source as Lanes)[at] < 0;
          result[at] = size === "q" ? BigInt(holds) : Number(holds);
        }
      },
      { truth: true },
    );
  }),
};

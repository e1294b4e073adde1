/**
 * Models of rows/floats.ts.
 */
import {
  family,
  type Lane,
  type Lanes,
  lanesOf,
  type Model,
  type Models,
  perLane,
  whole,
} from "./model.fixture.ts";
import { fusedMultiplyAdd, nearestEven, roundings, timesPowerOfTwo, toInteger } from "./rounding.fixture.ts";

type Ending = "ps" | "pd" | "ss" | "sd";
const four: readonly Ending[] = ["ps", "pd", "ss", "sd"];
const packed: readonly Ending[] = ["ps", "pd"];
const elementOf = (ending: Ending) => (ending.endsWith("s") ? "f32" : "f64");
const integerOf = (ending: Ending) => (ending.endsWith("s") ? "u32" : "u64");
const scalar = (ending: Ending) => (ending.startsWith("s") ? ({ upper: "first source" } as const) : {});

const arithmetic = (
  stem: string,
  lane: (...lanes: number[]) => number,
  endings = four,
  options: Partial<Model> = {},
): Models =>
  family(stem, endings, (ending) =>
    perLane(elementOf(ending), elementOf(ending), lane, { ...scalar(ending), ...options }),
  );

const bitwise = (stem: string, lane: (a: Lane, b: Lane) => Lane): Models =>
  family(stem, packed, (ending) => perLane(integerOf(ending), integerOf(ending), lane));

/** Orders of the operands d, a, b in d·b + a, a·d + b and a·b + d. */
const orders = {
  132: (d: number, a: number, b: number) => [d, b, a],
  213: (d: number, a: number, b: number) => [a, d, b],
  231: (d: number, a: number, b: number) => [a, b, d],
} as const;

function multiplyAdds(stem: string, signs: readonly [product: number, sum: number]): Models {
  return Object.assign(
    {},
    ...Object.entries(orders).map(([order, sort]) =>
      family(`${stem}${order}`, four, (ending) =>
        perLane(
          elementOf(ending),
          elementOf(ending),
          (...lanes: number[]) => {
            const [x = 0, y = 0, z = 0] = sort(lanes[0] ?? 0, lanes[1] ?? 0, lanes[2] ?? 0);
            return fusedMultiplyAdd(signs[0] * x, y, signs[1] * z, elementOf(ending));
          },
          { accumulates: true, ...(ending.startsWith("s") ? { upper: "destination" } : {}) },
        ),
      ),
    ),
  );
}

/** The first eight predicates, of which all others are a mixture. Reference: Intel SDM volume 2, CMPPS, table 3-1. */
const predicates: readonly ((a: number, b: number) => boolean)[] = [
  (a, b) => a === b,
  (a, b) => a < b,
  (a, b) => a <= b,
  (a, b) => unordered(a, b),
  (a, b) => a !== b,
  (a, b) => !(a < b),
  (a, b) => !(a <= b),
  (a, b) => !unordered(a, b),
  (a, b) => a === b || unordered(a, b),
  (a, b) => !(a >= b),
  (a, b) => !(a > b),
  () => false,
  (a, b) => a !== b && !unordered(a, b),
  (a, b) => a >= b,
  (a, b) => a > b,
  () => true,
];
const unordered = (a: number, b: number): boolean => Number.isNaN(a) || Number.isNaN(b);

/** Bit 4 of the immediate changes only which NaNs raise a flag. */
const holds = (a: number, b: number, immediate: number): number =>
  predicates[immediate & 15]?.(a, b) ? 1 : 0;

/** What a scalar conversion makes of the first lane of its last operand. */
const converting = (element: "f32" | "f64", from: "f32" | "f64" | "i64"): Model => ({
  element,
  from,
  upper: "first source",
  compute(result, { operands, size }) {
    const source = lanesOf(operands[2] as Uint8Array, from)[0];
    result[0] = from !== "i64" ? source : fromInteger(BigInt.asIntN(size, source), element);
  },
});

/** Rounded once: a double between an integer and an f32 would round twice. */
function fromInteger(value: bigint, element: "f32" | "f64"): number {
  if (element === "f64") return Number(value);
  const size = value < 0n ? -value : value;
  const shift = BigInt(Math.max(0, size.toString(2).length - 60));
  // Of the bits that are cut off only whether there are any counts.
  const sticky = size & ((1n << shift) - 1n) ? 1n : 0n;
  const kept = (size >> shift) | sticky;
  const rounded =
    fusedMultiplyAdd(Number(kept >> 30n), 2 ** 30, Number(kept & 0x3fffffffn), "f32") * 2 ** Number(shift);
  return value < 0n ? -rounded : rounded;
}

const toGpr = (from: "f32" | "f64"): Model =>
  whole(
    "i64",
    (result, [, source], { size }) => {
      const value = toInteger(Math.trunc((source as Lanes)[0]), size as 32 | 64);
      result[0] = size === 32 ? BigInt.asUintN(32, value) : value;
    },
    { from },
  );

const toI32 = (value: number): number => Number(toInteger(value, 32));

/** x · 2^⌊y⌋. Reference: Intel SDM volume 2, VSCALEFPS, table of special cases. */
function scale(x: number, y: number, element: "f32" | "f64"): number {
  if (Number.isNaN(y)) return y;
  if (Number.isNaN(x)) return y === Infinity ? Infinity : y === -Infinity ? 0 : x;
  if ((x === 0 && y === Infinity) || (!Number.isFinite(x) && y === -Infinity)) return Number.NaN;
  if (x === 0 || !Number.isFinite(x)) return x;
  const power = Math.max(-9999, Math.min(9999, Math.floor(y)));
  return timesPowerOfTwo(x, power, element);
}

/** ⌊log2 |x|⌋ as a float. */
function exponentOf(x: number): number {
  if (Number.isNaN(x)) return x;
  const size = Math.abs(x);
  if (size === 0) return -Infinity;
  if (size === Infinity) return Infinity;
  let exponent = Math.floor(Math.log2(size));
  if (2 ** exponent > size) exponent -= 1;
  if (exponent >= -1074 && 2 ** (exponent + 1) <= size) exponent += 1;
  return exponent;
}

/** Significand in [1, 2), with the sign of x. Other intervals and signs are not modelled: immediate 0 alone. */
function significandOf(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x === 0 || !Number.isFinite(x)) return x < 0 || Object.is(x, -0) ? -1 : 1;
  const exponent = exponentOf(x);
  return exponent < -1000 ? (x * 2 ** 100) / 2 ** (exponent + 100) : x / 2 ** exponent;
}

/** x − round(x · 2^M) · 2^−M, with M in the upper half of the immediate. */
function reduced(x: number, immediate: number): number {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? x : 0;
  const fraction = x - rounded(x, immediate);
  return fraction === 0 ? 0 : fraction;
}

function rounded(x: number, immediate: number): number {
  if (!Number.isFinite(x) || x === 0) return x;
  const unit = 2 ** (immediate >> 4);
  const to = immediate & 4 ? nearestEven : (roundings[immediate & 3] as (value: number) => number);
  const scaledUp = x * unit;
  if (!Number.isFinite(scaledUp)) return x;
  const result = to(scaledUp) / unit;
  return result === 0 && x < 0 ? -0 : result;
}

/** To nearest and toward zero the difference is exact; the other two directions round it once more. */
const exactly = { immediates: [0, 3, 4, 8, 0x10, 0x23, 0xf0] };
const withFraction = { immediates: [0, 1, 2, 3, 4, 8, 0x10, 0x23, 0xf1] };

const either = (first: boolean, a: number, b: number): number => (first ? a : b);

export const floatModels: Models = {
  ...arithmetic("vadd", (a = 0, b = 0) => a + b),
  ...arithmetic("vsub", (a = 0, b = 0) => a - b),
  ...arithmetic("vmul", (a = 0, b = 0) => a * b),
  ...arithmetic("vdiv", (a = 0, b = 0) => a / b),
  // Of two zeros, and where one is no number, the second.
  ...arithmetic("vmin", (a = 0, b = 0) => either(a < b, a, b)),
  ...arithmetic("vmax", (a = 0, b = 0) => either(a > b, a, b)),
  ...arithmetic("vsqrt", (a = 0) => Math.sqrt(a), packed),
  ...arithmetic("vsqrt", (_a, b = 0) => Math.sqrt(b), ["ss", "sd"]),
  ...bitwise("vand", (a, b) => a & b),
  ...bitwise("vandn", (a, b) => ~a & b),
  ...bitwise("vor", (a, b) => a | b),
  ...bitwise("vxor", (a, b) => a ^ b),
  ...multiplyAdds("vfmadd", [1, 1]),
  ...multiplyAdds("vfmsub", [1, -1]),
  ...multiplyAdds("vfnmadd", [-1, 1]),
  ...family("vcmp", four, (ending) =>
    perLane(elementOf(ending), elementOf(ending), holds, {
      ...scalar(ending),
      truth: true,
      immediates: Array.from({ length: 32 }, (_, at) => at),
    }),
  ),
  vcvtdq2ps: perLane("f32", "i32", (a) => a),
  vcvtps2dq: perLane("i32", "f32", (a) => toI32(nearestEven(a))),
  vcvttps2dq: perLane("i32", "f32", (a) => toI32(Math.trunc(a))),
  vcvtdq2pd: perLane("f64", "i32", (a) => a),
  vcvtpd2dq: perLane("i32", "f64", (a) => toI32(nearestEven(a))),
  vcvttpd2dq: perLane("i32", "f64", (a) => toI32(Math.trunc(a))),
  vcvtps2pd: perLane("f64", "f32", (a) => a),
  vcvtpd2ps: perLane("f32", "f64", (a) => a),
  vcvtss2sd: converting("f64", "f32"),
  vcvtsd2ss: converting("f32", "f64"),
  vcvtsi2ss: converting("f32", "i64"),
  vcvtsi2sd: converting("f64", "i64"),
  vcvttss2si: toGpr("f32"),
  vcvttsd2si: toGpr("f64"),
  ...arithmetic("vround", (a = 0, imm = 0) => rounded(a, imm & 7), packed, {
    immediates: [0, 1, 2, 3, 4, 8],
  }),
  ...arithmetic("vround", (_a, b = 0, imm = 0) => rounded(b, imm & 7), ["ss", "sd"], {
    immediates: [0, 1, 2, 3, 4, 8],
  }),
  ...arithmetic("vrndscale", (a = 0, imm = 0) => rounded(a, imm), packed, withFraction),
  ...arithmetic("vrndscale", (_a, b = 0, imm = 0) => rounded(b, imm), ["ss", "sd"], withFraction),
  ...family("vscalef", packed, (ending) =>
    perLane(elementOf(ending), elementOf(ending), (a, b) => scale(a, b, elementOf(ending))),
  ),
  ...arithmetic("vgetexp", (a = 0) => exponentOf(a), packed),
  ...arithmetic("vgetmant", (a = 0) => significandOf(a), packed),
  ...arithmetic("vreduce", (a = 0, imm = 0) => reduced(a, imm), packed, exactly),
  ...arithmetic("vrcp14", (a = 0) => 1 / a, packed, { precision: 14 }),
  ...arithmetic("vrsqrt14", (a = 0) => 1 / Math.sqrt(a), packed, { precision: 14 }),
};

/**
 * Exact arithmetic for the models: multiply-add with one rounding, and rounding to integers, by whole numbers of any size.
 * Reference: IEEE 754-2019, 4.3 and 5.4.1 (fusedMultiplyAdd).
 */

interface Format {
  /** Bits of the significand. */
  readonly precision: number;
  /** Exponent of the last bit of a denormal. */
  readonly lowest: number;
}

const formats = { f32: { precision: 24, lowest: -149 }, f64: { precision: 53, lowest: -1074 } } as const;

/** a·b + c, rounded once. */
export function fusedMultiplyAdd(a: number, b: number, c: number, element: "f32" | "f64"): number {
  if (!Number.isFinite(a) || !Number.isFinite(b)) return a * b + c;
  if (!Number.isFinite(c)) return c;
  const [x, y, z] = [split(a), split(b), split(c)];
  const product = { significand: x.significand * y.significand, exponent: x.exponent + y.exponent };
  const exponent = Math.min(product.exponent, z.exponent);
  const sum =
    (product.significand << BigInt(product.exponent - exponent)) +
    (z.significand << BigInt(z.exponent - exponent));
  // An exact zero has the sign of its terms, and is positive where they cancel.
  if (sum === 0n) return product.significand === 0n ? a * b + c : 0;
  const size = round(sum < 0n ? -sum : sum, exponent, formats[element]);
  const value = sum < 0n ? -size : size;
  return element === "f32" ? Math.fround(value) : value;
}

/** A finite number times 2^power, rounded once. */
export function timesPowerOfTwo(value: number, power: number, element: "f32" | "f64"): number {
  const { significand, exponent } = split(value);
  const size = round(significand < 0n ? -significand : significand, exponent + power, formats[element]);
  const result = value < 0 || Object.is(value, -0) ? -size : size;
  return element === "f32" ? Math.fround(result) : result;
}

interface Split {
  readonly significand: bigint;
  readonly exponent: number;
}

/** A finite double as a whole number times a power of two. */
function split(value: number): Split {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const field = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const size = field === 0 ? fraction : fraction | (1n << 52n);
  return { significand: bits >> 63n ? -size : size, exponent: Math.max(field, 1) - 1075 };
}

function round(significand: bigint, exponent: number, { precision, lowest }: Format): number {
  const length = significand.toString(2).length;
  const target = Math.max(exponent + length - precision, lowest);
  const shift = target - exponent;
  if (shift <= 0) return Number(significand) * 2 ** exponent;
  // Far below the last denormal nothing is left to round.
  if (shift > length + 1) return 0;
  const low = significand & ((1n << BigInt(shift)) - 1n);
  const half = 1n << BigInt(shift - 1);
  const down = significand >> BigInt(shift);
  const up = low > half || (low === half && (down & 1n) === 1n);
  return Number(up ? down + 1n : down) * 2 ** target;
}

/** To the nearest integer, ties to even; keeps −0. */
export function nearestEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (!Number.isFinite(value) || rest === 0) return value;
  const rounded = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
  return rounded === 0 && value < 0 ? -0 : rounded;
}

/** By the two bits of an immediate: nearest even, down, up, toward zero. */
export const roundings: readonly ((value: number) => number)[] = [
  nearestEven,
  Math.floor,
  Math.ceil,
  Math.trunc,
];

/** A float as an integer of so many bits; what does not fit becomes the lowest one. */
export function toInteger(value: number, bits: 32 | 64): bigint {
  const limit = 2 ** (bits - 1);
  return value >= -limit && value < limit ? BigInt(value) : -(1n << BigInt(bits - 1));
}

/**
 * What generated JavaScript calls where the language has no operator: rounding to even, and numbers seen as bits.
 * Apart from the emitter, because these run; each must give WebAssembly's bits.
 */

import { dotBytes, dotPairs, multiplyShift, unsignedQuotient } from "./packed-integers.ts";

const bits = new DataView(new ArrayBuffer(8));

/** The nearest integer, the even one of two that are equally near; keeps -0, infinities and NaN. */
export function roundEven(x: number): number {
  const up = Math.round(x);
  return up - x === 0.5 && up % 2 !== 0 ? up - 1 : up;
}

/** The 32 bits of a number as f32. */
export function bitsOfSingle(x: number): number {
  bits.setFloat32(0, x);
  return bits.getInt32(0);
}

/** The f32 with these 32 bits. */
export function singleOfBits(x: number): number {
  bits.setInt32(0, x);
  return bits.getFloat32(0);
}

/** 2^k for a whole k that gives a normal f64. */
function powerOfTwo(k: number): number {
  bits.setInt32(0, (k + 1023) << 20);
  bits.setInt32(4, 0);
  return bits.getFloat64(0);
}

/** x · 2^k in two exact steps and one that rounds; f32 is rounded again by who stores it, which changes nothing. */
export function scale(x: number, k: number): number {
  const half = Math.floor(k * 0.5);
  return x * powerOfTwo(half) * powerOfTwo(k - half);
}

/** e of x = s · 2^e with 1 <= s < 2, for a positive normal x. */
export function exponent(x: number): number {
  bits.setFloat64(0, x);
  return (bits.getInt32(0) >>> 20) - 1023;
}

/** s of x = s · 2^e with 1 <= s < 2, for a positive normal x. */
export function significand(x: number): number {
  bits.setFloat64(0, x);
  bits.setInt32(0, (bits.getInt32(0) & 0x000fffff) | 0x3ff00000);
  return bits.getFloat64(0);
}

/** Every function above by the name that generated code calls it with. */
export const runtime = {
  fround: Math.fround,
  roundEven,
  bitsOfSingle,
  singleOfBits,
  scale,
  exponent,
  significand,
  dotBytes,
  dotPairs,
  multiplyShift,
  unsignedQuotient,
} as const;

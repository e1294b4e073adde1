/**
 * The operations on packed and wide integers that JavaScript has no operator for: functions that generated code and the
 * interpreter call. A lane is a number that holds an i32.
 */

/** addend + the four products of unsigned bytes of `left` with signed ones of `right`. */
export const dotBytes = (left: number, right: number, addend: number): number =>
  (addend +
    (left & 255) * ((right << 24) >> 24) +
    ((left >> 8) & 255) * ((right << 16) >> 24) +
    ((left >> 16) & 255) * ((right << 8) >> 24) +
    (left >>> 24) * (right >> 24)) |
  0;

/** addend + both products of signed halves. */
export const dotPairs = (left: number, right: number, addend: number): number =>
  (addend + ((left << 16) >> 16) * ((right << 16) >> 16) + (left >> 16) * (right >> 16)) | 0;

/**
 * The lowest 32 bits of floor((left * right + added) / 2^shift); `added` is 0 or 2^(shift - 1). The product is split
 * at 16 bits: it is high * 2^16 + low, and neither part leaves the 53 bits that a number holds exactly.
 */
export function multiplyShift(left: number, right: number, shift: number, added: number): number {
  const product = left * (right & 0xffff) + (added % 0x10000);
  const low = product - Math.floor(product / 0x10000) * 0x10000;
  const high = left * (right >> 16) + Math.floor(product / 0x10000) + Math.floor(added / 0x10000);
  if (shift >= 16) return Math.floor(high / 2 ** (shift - 16)) | 0;
  return (Math.imul(high | 0, 2 ** (16 - shift)) + (low >> shift)) | 0;
}

/** The quotient of unsigned 32-bit numbers; a divisor of 0 counts as 1. */
export const unsignedQuotient = (left: number, right: number): number =>
  Math.floor((left >>> 0) / (right >>> 0 || 1)) | 0;

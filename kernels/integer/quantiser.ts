/**
 * How real numbers become integers: q = clamp(round(x / scale) + zero point), x' = (q - zero point) * scale, halves to
 * even. Symmetric quantisers have no zero point, affine ones use the whole range of bytes for any range of numbers (Jacob
 * et al. 2018, section 2.1; Krishnamoorthi 2018, section 2).
 */

export interface Quantiser {
  readonly scale: number;
  readonly zeroPoint: number;
  /** The least and the greatest integer. */
  readonly least: number;
  readonly greatest: number;
}

export interface QuantiserOptions {
  /** Bits of the integers (default: 8). */
  readonly bits?: number;
  /** Whether integers have a sign (default: symmetric ones do, affine ones do not). */
  readonly signed?: boolean;
}

/** The smallest scale that is given: where all numbers are 0, any will do. */
const tiny = 2 ** -100;

function checkBits(bits: number): void {
  if (Number.isInteger(bits) && bits >= 2 && bits <= 16) return;
  throw new RangeError(`quantiser: expected 2 to 16 bits; found ${bits}; choose another number of bits`);
}

/**
 * The symmetric quantiser of numbers up to `largest` in magnitude: integers from -(2^(bits-1) - 1) to its opposite, so
 * that the negative of an integer always exists.
 */
export function symmetric(largest: number, { bits = 8 }: Pick<QuantiserOptions, "bits"> = {}): Quantiser {
  checkBits(bits);
  checkFinite(largest, largest);
  const greatest = 2 ** (bits - 1) - 1;
  return { scale: Math.max(Math.abs(largest) / greatest, tiny), zeroPoint: 0, least: -greatest, greatest };
}

/** The affine quantiser of the range from `low` to `high`, which is widened to hold 0, so that 0 stays exact. */
export function affine(
  low: number,
  high: number,
  { bits = 8, signed = false }: QuantiserOptions = {},
): Quantiser {
  checkBits(bits);
  checkFinite(low, high);
  if (low > high)
    throw new RangeError(`quantiser: expected low <= high; found ${low} and ${high}; exchange the two`);
  const least = signed ? -(2 ** (bits - 1)) : 0;
  const greatest = least + 2 ** bits - 1;
  const [from, to] = [Math.min(low, 0), Math.max(high, 0)];
  const scale = Math.max((to - from) / (greatest - least), tiny);
  const zeroPoint = Math.min(greatest, Math.max(least, least - roundEven(from / scale)));
  return { scale, zeroPoint, least, greatest };
}

function checkFinite(low: number, high: number): void {
  if (Number.isFinite(low) && Number.isFinite(high)) return;
  throw new RangeError(
    `quantiser: expected a finite range; found ${low} to ${high}; leave out numbers that are not finite`,
  );
}

/** The nearest whole number, the even one of two. */
export function roundEven(x: number): number {
  const below = Math.floor(x);
  const over = x - below;
  return over > 0.5 || (over === 0.5 && below % 2 !== 0) ? below + 1 : below;
}

/** The integer of a number. */
export function quantised({ scale, zeroPoint, least, greatest }: Quantiser, x: number): number {
  return Math.min(greatest, Math.max(least, roundEven(x / scale) + zeroPoint));
}

/** The number that an integer stands for. */
export const dequantised = ({ scale, zeroPoint }: Quantiser, q: number): number => (q - zeroPoint) * scale;

/**
 * Functions in high precision: fixed-point numbers of 256 fractional bits in a BigInt, by the series that converge for
 * everything. Slow and short on purpose: the coefficients of the kernels are computed with it, and its results, of which
 * some 240 bits are right, are the reference for f64, where JavaScript's own functions are no better than what is tested.
 */

export const fractionBits = 256n;
const one = 1n << fractionBits;

/** A finite number as fixed point, exactly where its last bit is worth at least 2^-256. */
export function fixed(x: number): bigint {
  if (!Number.isFinite(x)) throw new RangeError(`fixed point: expected a finite number, found ${x}`);
  let [rest, bits] = [x, 0n];
  while (!Number.isInteger(rest)) {
    rest *= 2;
    bits++;
  }
  return bits > fractionBits ? BigInt(rest) >> (bits - fractionBits) : BigInt(rest) << (fractionBits - bits);
}

export const multiply = (a: bigint, b: bigint): bigint => (a * b) >> fractionBits;
export const divide = (a: bigint, b: bigint): bigint => (a << fractionBits) / b;

/** The nearest number of 53 bits (or fewer), ties away from zero; no results are subnormal here. */
export function toNumber(x: bigint, precision = 53): number {
  return toScaledNumber(x, 0, precision);
}

/** x · 2^exponent as a number of this precision, rounded once. */
export function toScaledNumber(x: bigint, exponent: number, precision = 53): number {
  const size = x < 0n ? -x : x;
  const surplus = size.toString(2).length - precision;
  const kept = surplus > 0 ? (size + (1n << BigInt(surplus - 1))) >> BigInt(surplus) : size;
  const power = Math.max(surplus, 0) - Number(fractionBits) + exponent;
  // In two steps, because 2^power alone may be too small for a number.
  const half = Math.trunc(power / 2);
  const value = Number(kept) * 2 ** half * 2 ** (power - half);
  return x < 0n ? -value : value;
}

/** The sum of terms, each made from the one before, until they vanish. */
function series(first: bigint, next: (term: bigint, n: bigint) => bigint): bigint {
  let [sum, term] = [0n, first];
  for (let n = 1n; term !== 0n && term !== -1n; n++) {
    sum += term;
    term = next(term, n);
  }
  return sum;
}

/** artanh x for |x| <= 1/3: x + x³/3 + x⁵/5 … */
function artanh(x: bigint): bigint {
  const square = multiply(x, x);
  let sum = 0n;
  let power = x;
  for (let n = 1n; power !== 0n && power !== -1n; n += 2n) {
    sum += power / n;
    power = multiply(power, square);
  }
  return sum;
}

export const ln2: bigint = 2n * artanh(one / 3n);

/** e^x as m and k of m · 2^k, so that the precision of m does not depend on x. */
export function expParts(x: bigint): { readonly m: bigint; readonly k: number } {
  const k = (2n * x + ln2) / (2n * ln2);
  const r = x - k * ln2;
  return { m: series(one, (term, n) => multiply(term, r) / n), k: Number(k) };
}

export function exp(x: bigint): bigint {
  const { m, k } = expParts(x);
  return k >= 0 ? m << BigInt(k) : m >> BigInt(-k);
}

/** The natural logarithm of x > 0: of a power of two, and of what is left between 1/2 and 1. */
export function log(x: bigint): bigint {
  if (x <= 0n) throw new RangeError("logarithm in fixed point: expected a positive number, found 0 or less");
  const k = x.toString(2).length - Number(fractionBits);
  const m = k >= 0 ? x >> BigInt(k) : x << BigInt(-k);
  return BigInt(k) * ln2 + 2n * artanh(divide(m - one, m + one));
}

export function tanh(x: bigint): bigint {
  const e = exp(2n * x);
  return divide(e - one, e + one);
}

export function sigmoid(x: bigint): bigint {
  return divide(one, one + exp(-x));
}

/** By Newton's method from a guess that is too large. */
export function squareRoot(x: bigint): bigint {
  const target = x << fractionBits;
  let guess = 1n << BigInt((target.toString(2).length / 2 + 1) | 0);
  for (;;) {
    const better = (guess + target / guess) >> 1n;
    if (better >= guess) return guess;
    guess = better;
  }
}

/** π by Machin: 16 arctan 1/5 - 4 arctan 1/239. */
const pi = 16n * arctanOfInverse(5n) - 4n * arctanOfInverse(239n);

function arctanOfInverse(n: bigint): bigint {
  let sum = 0n;
  let power = one / n;
  for (let k = 1n; power !== 0n; k += 2n) {
    sum += k % 4n === 1n ? power / k : -(power / k);
    power /= n * n;
  }
  return sum;
}

export const twoOverRootPi: bigint = divide(2n * one, squareRoot(pi));

/** From here on, 1 - erf x is below the last bit of a fixed-point number. */
const erfIsOne = fixed(13.5);

/**
 * erf x = 2/√π · (x + 2x³/3 + 4x⁵/15 …) / e^(x²): all terms have one sign, so that no digits are lost.
 */
export function erf(x: bigint): bigint {
  if (x < 0n) return -erf(-x);
  if (x > erfIsOne) return one;
  const square = multiply(x, x);
  const sum = series(x, (term, n) => multiply(term, 2n * square) / (2n * n + 1n));
  return multiply(twoOverRootPi, divide(sum, exp(square)));
}

/**
 * Sine, cosine, exponential, logarithm and the normal distribution from + - * / and sqrt alone, which IEEE 754 rounds
 * the same everywhere. `Math.sin` and its kin may differ between engines and their versions, and a data set that is a
 * formula must be the same bits on every machine. Accurate to about 1e-15; the tests hold them to `Math`.
 */

// π/2 and ln 2 in two parts (Cody & Waite 1980): the high parts have so few bits that k times them is exact.
const halfPiHigh = 1.5707963267341256;
const halfPiLow = 6.077100506506192e-11;
const ln2High = 0.6931471803691238;
const ln2Low = 1.9082149292705877e-10;
const perHalfPi = 0.6366197723675814;
const perLn2 = Math.LOG2E;

/** sin r and cos r for |r| <= π/4 by their series to the term below 2^-53. */
function sineSeries(r: number): number {
  let sum = 0;
  const square = r * r;
  // 17! is the first factorial with (π/4)^17 / 17! below 2^-53 of the result.
  for (let n = 17; n >= 3; n -= 2) sum = (square / (n * (n - 1))) * (1 - sum);
  return r * (1 - sum);
}

function cosineSeries(r: number): number {
  let sum = 0;
  const square = r * r;
  for (let n = 18; n >= 2; n -= 2) sum = (square / (n * (n - 1))) * (1 - sum);
  return 1 - sum;
}

/** The sine of an angle in radians, for |angle| below 1e5. */
export function sine(angle: number): number {
  const quarter = Math.round(angle * perHalfPi);
  const r = angle - quarter * halfPiHigh - quarter * halfPiLow;
  const value = quarter & 1 ? cosineSeries(r) : sineSeries(r);
  return quarter & 2 ? -value : value;
}

/** The cosine of an angle in radians, for |angle| below 1e5. */
export function cosine(angle: number): number {
  const quarter = Math.round(angle * perHalfPi);
  const r = angle - quarter * halfPiHigh - quarter * halfPiLow;
  const value = quarter & 1 ? sineSeries(r) : cosineSeries(r);
  return (quarter + 1) & 2 ? -value : value;
}

const bits = new DataView(new ArrayBuffer(8));

/** 2^k for a normal result. */
function powerOfTwo(k: number): number {
  bits.setUint32(0, (k + 1023) << 20);
  bits.setUint32(4, 0);
  return bits.getFloat64(0);
}

/** e^x; 0 below -708 and Infinity above 709, where a float64 leaves its normal range. */
export function exponential(x: number): number {
  if (x < -708) return 0;
  if (x > 709) return Number.POSITIVE_INFINITY;
  const k = Math.round(x * perLn2);
  const r = x - k * ln2High - k * ln2Low;
  let sum = 1;
  // |r| <= ln 2 / 2: r^14 / 14! is below 2^-56.
  for (let n = 14; n >= 1; n--) sum = 1 + (r / n) * sum;
  return sum * powerOfTwo(k);
}

/** The natural logarithm of a positive normal number; -Infinity of 0. */
export function logarithm(x: number): number {
  if (x === 0) return Number.NEGATIVE_INFINITY;
  bits.setFloat64(0, x);
  const high = bits.getUint32(0);
  let k = (high >>> 20) - 1023;
  bits.setUint32(0, (high & 0xfffff) | (1023 << 20));
  let mantissa = bits.getFloat64(0);
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    k++;
  }
  // log m = 2 artanh s; |s| <= 0.172, so s^23 / 23 is below 2^-60.
  const s = (mantissa - 1) / (mantissa + 1);
  const square = s * s;
  let sum = 0;
  for (let n = 23; n >= 1; n -= 2) sum = 1 / n + square * sum;
  return k * ln2High + (2 * s * sum + k * ln2Low);
}

const perRootTwoPi = 0.3989422804014327;

/** The probability that a standard normal variate lies below x, to 1e-15 absolute (series of Marsaglia 2004). */
export function normalBelow(x: number): number {
  if (x < -8) return 0;
  if (x > 8) return 1;
  let term = x;
  let sum = x;
  for (let n = 3; Math.abs(term) > 1e-17 * Math.abs(sum); n += 2) {
    term = (term * x * x) / n;
    sum += term;
  }
  return 0.5 + sum * perRootTwoPi * exponential((-x * x) / 2);
}

/** Standard normal variates from uniform ones (Marsaglia's polar method, two at a time). */
export function normalStream(random: () => number): () => number {
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    for (;;) {
      const u = 2 * random() - 1;
      const v = 2 * random() - 1;
      const square = u * u + v * v;
      if (square >= 1 || square === 0) continue;
      const scale = Math.sqrt((-2 * logarithm(square)) / square);
      spare = v * scale;
      return u * scale;
    }
  };
}

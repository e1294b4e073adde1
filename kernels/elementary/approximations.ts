/**
 * What the kernels' polynomials approximate, as a table: the function, its interval and the degree for each element type.
 * The degree is the lowest whose error stays below a sixteenth of the last bit of the result (a test holds it).
 * `node kernels/elementary/coefficients.make.ts` writes the coefficients that follow from it into coefficients.ts.
 */
import { interpolate, unit } from "./chebyshev.ts";
import { divide, erf, exp, fixed, ln2, log, multiply, squareRoot, tanh, toNumber } from "./fixed-point.ts";
import { erfCentre, erfSplit, erfTop, type RealElement, tanhSplit } from "./intervals.ts";

/** Bits of the significand. */
export const precisionOf: Readonly<Record<RealElement, number>> = { f32: 24, f64: 53 };

export interface Approximation {
  /** In fixed point. */
  readonly f: (x: bigint) => bigint;
  readonly from: number;
  readonly to: number;
  readonly degree: Readonly<Record<RealElement, number>>;
}

const halfLn2 = toNumber(ln2) / 2;
/** (√2 - 1)² / (√2 + 1)²: the square of (m - 1) / (m + 1) for m from √½ to √2. */
const largestSquare = ((Math.SQRT2 - 1) / (Math.SQRT2 + 1)) ** 2;

export const approximations = {
  /** (e^r - 1 - r) / r² */
  exp: {
    f: (r) => divide(exp(r) - unit - r, multiply(r, r)),
    from: -halfLn2,
    to: halfLn2,
    degree: { f32: 5, f64: 10 },
  },
  /** (2^r - 1) / r */
  exp2: {
    f: (r) => divide(exp(multiply(r, ln2)) - unit, r),
    from: -0.5,
    to: 0.5,
    degree: { f32: 6, f64: 11 },
  },
  /** (ln((1 + s) / (1 - s)) - 2s) / s³ of s² */
  log: {
    f: (z) => {
      const s = squareRoot(z);
      return divide(log(divide(unit + s, unit - s)) - 2n * s, multiply(z, s));
    },
    from: 0,
    to: largestSquare,
    degree: { f32: 3, f64: 6 },
  },
  /** (tanh x - x) / x³ of x² */
  tanh: {
    f: (z) => divide(tanh(squareRoot(z)) - squareRoot(z), multiply(z, squareRoot(z))),
    from: 0,
    to: tanhSplit ** 2,
    degree: { f32: 5, f64: 11 },
  },
  /** erf x / x - 1 of x² */
  erfSmall: {
    f: (z) => divide(erf(squareRoot(z)), squareRoot(z)) - unit,
    from: 0,
    to: erfSplit ** 2,
    degree: { f32: 6, f64: 12 },
  },
  /** e^(x²) (1 - erf x) of 1 / (x + 2) - centre */
  erfLarge: {
    f: (u) => {
      const x = divide(unit, u + fixed(erfCentre)) - 2n * unit;
      return multiply(exp(multiply(x, x)), unit - erf(x));
    },
    from: 1 / (erfTop + 2) - erfCentre,
    to: 1 / (erfSplit + 2) - erfCentre,
    degree: { f32: 7, f64: 16 },
  },
} as const satisfies Record<string, Approximation>;

export type ApproximationName = keyof typeof approximations;

/** The coefficients of a row, lowest power first, as numbers of the element type. */
export function computeCoefficients(name: ApproximationName, element: RealElement): number[] {
  const { f, from, to, degree } = approximations[name];
  return interpolate(f, from, to, degree[element]).map((c) => toNumber(c, precisionOf[element]));
}

/**
 * ln 2 in two parts: the first has so few bits that its product with the exponent of any number is exact, the second is
 * the rest as well as the type can say it.
 */
export function splitLn2(element: RealElement): readonly [high: number, low: number] {
  // Exponents have 8 or 11 bits.
  const high = toNumber(ln2, precisionOf[element] - (element === "f32" ? 9 : 12));
  return [high, toNumber(ln2 - fixed(high), precisionOf[element])];
}

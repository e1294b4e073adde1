/**
 * What I-BERT's kernels know beforehand: integers that follow from the scale of their input, and the scale of their output
 * (Kim, Gholami, Yao, Mahoney & Keutzer 2021, arXiv 2101.01321, algorithms 1 to 4). Scales are real numbers, but nobody
 * multiplies by them at run time; the authors' modules differ from the paper in details, which are kept as `author`.
 */
import { ProgramError } from "../../codegen/errors.ts";
import { roundEven } from "../quantiser.ts";

/** Which text is followed: the paper's algorithms, or the modules that its authors published. */
export type Source = "paper" | "author";

/** erf(x) is close to sign(x) (a (min(|x|, -b) + b)^2 + c). */
const erf = { a: -0.2888, b: -1.769, c: 1 } as const;
/** exp(p) is close to a (p + b)^2 + c for p in (-ln 2, 0]. */
const exp = { a: 0.3585, b: 1.353, c: 0.344 } as const;
/** The authors write four digits. */
// biome-ignore lint/suspicious/noApproximativeNumericConstant: their results depend on these very digits
const root2 = { paper: Math.SQRT2, author: 1.4142 } as const;
/** Bits that the authors take off the polynomial, so that its product with the input fits 32 bits. */
const authorShift = 14;

export interface GeluConstants {
  readonly qb: number;
  readonly qc: number;
  readonly q1: number;
  /** Bits by which the polynomial is shifted right. */
  readonly shift: number;
  readonly scaleErf: number;
  /** Of the result; negative, as a is. */
  readonly scaleOut: number;
}

/** @throws ProgramError where a result of inputs up to `largest` in magnitude would not fit 32 bits */
export function geluConstants(scale: number, largest: number, source: Source = "paper"): GeluConstants {
  checkScale("integer gelu", scale);
  const { a, b, c } = erf;
  const s = scale / root2[source];
  const shift = source === "paper" ? 0 : authorShift;
  const qb = Math.floor(b / s);
  const qc = source === "paper" ? Math.floor(c / (a * s * s)) : Math.floor(c / a / s ** 2);
  const scaleErf = a * s * s * 2 ** shift;
  const q1 = Math.floor(1 / scaleErf);
  // Where the inputs are small, the polynomial is at its largest at 0: qb^2 + qc and qc have opposite signs.
  const polynomial = Math.max(Math.abs(qb * qb + qc), Math.abs(qc));
  checkRange("integer gelu", "the polynomial", Math.max(polynomial, qb * qb), scale);
  checkRange("integer gelu", "the result", largest * (polynomial / 2 ** shift + Math.abs(q1) + 1), scale);
  return { qb, qc, q1, shift, scaleErf, scaleOut: (scale * scaleErf) / 2 };
}

export interface SoftmaxConstants {
  readonly ln2: number;
  readonly qb: number;
  readonly qc: number;
  readonly scaleExp: number;
}

/** Of the paper's algorithm. @throws ProgramError where a row of `columns` exponentials would not fit 32 bits */
export function softmaxConstants(scale: number, columns: number): SoftmaxConstants {
  checkScale("integer softmax", scale);
  const { a, b, c } = exp;
  const ln2 = Math.floor(Math.LN2 / scale);
  const qb = Math.floor(b / scale);
  const qc = Math.floor(c / (a * scale * scale));
  if (ln2 < 1)
    throw new ProgramError("integer softmax", {
      expected: "a scale below ln 2",
      found: String(scale),
      remedy: "Requantise its input to a finer scale.",
    });
  checkRange("integer softmax", "the sum of a row", columns * (qb * qb + qc), scale);
  return { ln2, qb, qc, scaleExp: a * scale * scale };
}

export interface LayerNormConstants {
  /** floor((bias / weight) / scale), one for each column. */
  readonly bias: Int32Array;
  /** Scale of the result, one for each column. */
  readonly scaleOut: Float64Array;
}

/** The normalised row is the integer times sqrt(columns) / 2^30. @throws ProgramError where a bias does not fit */
export function layerNormConstants(weight: ArrayLike<number>, bias: ArrayLike<number>): LayerNormConstants {
  const scale = Math.sqrt(weight.length) / 2 ** 30;
  const integers = Float64Array.from(weight, (w, i) => Math.floor((bias[i] as number) / w / scale));
  // The normalised integer itself is at most 2^30.
  for (const value of integers)
    checkRange("integer layer norm", "a bias over its weight", 2 ** 30 + Math.abs(value), scale);
  return {
    bias: Int32Array.from(integers),
    scaleOut: Float64Array.from(weight, (w) => scale * w),
  };
}

/** Bits to shift deviations by, so that the sum of their squares stays below 2^32: what the authors calibrate. */
export function layerNormShift(values: ArrayLike<number>, columns: number): number {
  const largest = largestVariance(values, columns, 0);
  return largest >= 2 ** 32 ? Math.ceil(Math.log2(Math.sqrt(largest / 2 ** 32))) : 0;
}

function largestVariance(values: ArrayLike<number>, columns: number, shift: number): number {
  let largest = 0;
  for (let first = 0; first < values.length; first += columns) {
    let sum = 0;
    for (let i = 0; i < columns; i++) sum += values[first + i] as number;
    const mean = roundEven(sum / columns);
    let variance = 0;
    for (let i = 0; i < columns; i++)
      variance += Math.floor(((values[first + i] as number) - mean) / 2 ** shift) ** 2;
    largest = Math.max(largest, variance);
  }
  return largest;
}

function checkScale(where: string, scale: number): void {
  if (scale > 0 && Number.isFinite(scale)) return;
  throw new ProgramError(where, {
    expected: "a positive scale",
    found: String(scale),
    remedy: "Take the scale of the quantiser that made the input.",
  });
}

function checkRange(where: string, what: string, value: number, scale: number): void {
  if (value < 2 ** 31) return;
  throw new ProgramError(where, {
    expected: `${what} to stay below 2^31`,
    found: `up to ${value.toExponential(2)} at scale ${scale}`,
    remedy: "Requantise the input to a coarser scale.",
  });
}

/**
 * Views of predictions and states as rows: classes last, chosen rows alone, lengths and products of rows. Losses differ
 * in what they do with rows, not in how they get them.
 */
import { add as plus, mul as product, div as quotient } from "../../nn/tensor/functions/arithmetic.ts";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { gather } from "../../nn/tensor/functions/gather.ts";
import { matmul } from "../../nn/tensor/functions/matmul.ts";
import { permute, reshape } from "../../nn/tensor/functions/move.ts";
import { mean, sum } from "../../nn/tensor/functions/reduce.ts";
import {
  abs,
  add,
  choose,
  div,
  exp,
  log,
  max,
  mul,
  type Scalar,
  sqrt,
  square,
  sub,
} from "../../nn/tensor/scalar.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";

/** Logits [B, K, ...] as rows [B * ..., K]: each place of a map of classes is an example of its own. */
export function classRows(logits: Tensor): Tensor {
  const { shape } = logits;
  if (shape.length <= 2) return logits;
  const order = [0, ...shape.map((_, i) => i).slice(2), 1];
  return reshape(permute(logits, order), [-1, shape[1] as number]);
}

/** The last dimension as rows: [..., width] to [rows, width]. */
export const lastRows = (x: Tensor): Tensor => reshape(x, [-1, x.shape.at(-1) as number]);

/** Some of the rows of [..., width], by their numbers: [numbers, width]. @throws RangeError where there are none */
export function rowsAt(x: Tensor, numbers: readonly number[]): Tensor {
  if (numbers.length === 0)
    throw new RangeError("expected at least one row; found none; do masks or labels leave out everything?");
  const rows = lastRows(x);
  return gather(rows, x.engine.indices(numbers, rows.shape[0] as number));
}

/** The numbers of the places where a test holds. */
export const placesWhere = (
  values: ArrayLike<number>,
  holds: (value: number, place: number) => boolean,
): readonly number[] =>
  Array.from(values, (value, place) => (holds(value, place) ? place : -1)).filter((place) => place >= 0);

/** Square root with the gradient 0 at 0, as torch has it for norms; the plain one's would be 0 times infinity. */
export const rootOf = (x: Scalar): Scalar => choose(x, "gt", 0, sqrt(choose(x, "gt", 0, x, 1)), 0);

/** x^e for x >= 0; its slope at 0 is taken as 0, as it is for e > 1. */
export const power = (x: Scalar, exponent: number): Scalar =>
  choose(x, "gt", 0, exp(mul(log(choose(x, "gt", 0, x, 1)), exponent)), 0);

/** x^n for whole n of at least 1, by products: exact signs, and no logarithm. */
export const raised = (x: Scalar, n: number): Scalar =>
  Array.from({ length: n - 1 }).reduce<Scalar>((product) => mul(product, x), x);

/** Sum of the products over the last dimension, which stays with a length of 1. */
export const dots = (a: Tensor, b: Tensor): Tensor => sum(product(a, b), { over: [-1], keep: true });

/** Lengths (L2) of the rows; the last dimension stays with a length of 1. */
export const norms = (x: Tensor): Tensor => map([sumOfSquares(x)], rootOf);

/** Lengths (Lq) of the rows, (sum |x|^q)^(1/q); the last dimension stays with a length of 1. */
export function normsOf(x: Tensor, q: number): Tensor {
  const total = (of: (size: Scalar) => Scalar): Tensor =>
    sum(
      map([x], (value) => of(abs(value))),
      { over: [-1], keep: true },
    );
  if (q === 1) return total((size) => size);
  if (q === 2) return norms(x);
  return map([total((size) => power(size, q))], (sum) => power(sum, 1 / q));
}

/** Lengths (L2) of whole tensors. */
export const wholeNorm = (x: Tensor): Tensor => map([sum(map([x], square))], rootOf);

/** Examples as rows: [batch, ...] to [batch, features]. */
export const examples = (x: Tensor): Tensor => reshape(x, [x.shape[0] as number, -1]);

/** Every row with every other of the same matrix: [..., rows, width] to [..., rows, rows]. */
export const gram = (x: Tensor): Tensor => matmul(x, x, { transposeB: true });

/** Sum of the squared differences of all elements. */
export const squaredDistance = (a: Tensor, b: Tensor): Tensor =>
  sum(map([a, b], (x, y) => square(sub(x, y))));

/** Mean of the squared differences of all elements. */
export const meanSquare = (a: Tensor, b: Tensor): Tensor => mean(map([a, b], (x, y) => square(sub(x, y))));

/** One number of several. */
export const total = (terms: readonly Tensor[]): Tensor => terms.reduce((all, term) => plus(all, term));

/** Rows of length 1; those shorter than `floor` are divided by it. */
export const unitRows = (x: Tensor, floor = 1e-12): Tensor =>
  map([x, norms(x)], (value, length) => div(value, max(length, floor)));

/** Sum of squares over the last dimension, which stays with a length of 1. */
export const sumOfSquares = (x: Tensor): Tensor => sum(map([x], square), { over: [-1], keep: true });

/** The place of each row's largest element, the first of several. */
export function largestPlaces(x: Tensor): readonly number[] {
  const width = x.shape.at(-1) as number;
  return Array.from({ length: x.size / width }, (_, row) => {
    const values = [...x.values.subarray(row * width, (row + 1) * width)];
    return values.reduce((best, value, place) => (value > (values[best] as number) ? place : best), 0);
  });
}

/** Squared distances of rows: [..., width] to [...]. */
export const squaredDistances = (a: Tensor, b: Tensor): Tensor =>
  sum(
    map([a, b], (x, y) => square(sub(x, y))),
    { over: [-1] },
  );

/** What torch's CosineEmbeddingLoss adds to each squared length. */
const cosineEpsilon = 1e-12;

/** 1 - the cosine of rows: [..., width] to [...]. */
export function cosineDistances(a: Tensor, b: Tensor): Tensor {
  const distances = map([dots(a, b), sumOfSquares(a), sumOfSquares(b)], (product, p, q) =>
    sub(1, div(product, sqrt(mul(add(p, cosineEpsilon), add(q, cosineEpsilon))))),
  );
  return reshape(distances, a.shape.slice(0, -1));
}

/** Mean of a number for each row, over those where the mask of the same shape is 1. */
export const rowMean = (values: Tensor, mask: Tensor | undefined): Tensor =>
  mask ? quotient(sum(product(values, mask)), sum(mask)) : mean(values);

/**
 * Linear systems by Gauss-Jordan elimination on generated loops. Without an exchange of rows it is safe for symmetric
 * positive definite matrices, such as covariances, whose pivots are all positive (Higham 2002, section 10.1).
 */
import { record } from "../record.ts";
import { div, mul, neg, sub } from "../scalar.ts";
import { shapeText } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import { map } from "./elementwise.ts";
import { matmul } from "./matmul.ts";
import { concat, slice, transpose } from "./move.ts";

/**
 * X of A X = B: A [n, n], symmetric positive definite; B [n, m]. A pivot of 0 gives infinities.
 * @throws RangeError for shapes that do not fit
 */
export function solve(a: Tensor, b: Tensor): Tensor {
  const [rows, columns] = a.shape;
  if (a.shape.length !== 2 || b.shape.length !== 2 || rows !== columns || rows !== b.shape[0])
    throw new RangeError(
      `expected a square matrix and as many rows; found ${shapeText(a.shape)} and ${shapeText(b.shape)}`,
    );
  const made = a.engine.scope(() => a.engine.untracked(() => eliminate(a, b)));
  // A X = B, so A dX = dB - dA X; the gradients are the transposes of these maps.
  return record(made, [a, b], (gradient) => {
    const toB = solve(transpose(a), gradient);
    const toA = a.wantsGradient ? map([matmul(toB, made, { transposeB: true })], neg) : undefined;
    return [toA, toB];
  });
}

/** [A | B] with A made the identity, column by column; what B has become then. */
function eliminate(a: Tensor, b: Tensor): Tensor {
  const [n, width] = b.shape as [number, number];
  let whole = concat([a, b], 1);
  const unit = a.engine.tensor([n, 1]);
  for (let k = 0; k < n; k++) {
    unit.values.fill(0);
    unit.values[k] = 1;
    const row = slice(whole, 0, k, k + 1);
    const operands = [whole, slice(whole, 1, k, k + 1), row, slice(row, 1, k, k + 1), unit] as const;
    // The pivot's own row becomes row / pivot; from each other, its multiple of that is taken.
    const next = map(operands, (x, column, y, pivot, own) => sub(x, mul(sub(column, own), div(y, pivot))));
    whole.free();
    whole = next;
  }
  return slice(whole, 1, n, n + width);
}

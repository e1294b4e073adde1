/** Softmax by its definition, in double precision and with JavaScript's own functions: what the kernels are held against. */
import type { SoftmaxKind } from "./programs/rows.ts";
import type { SoftmaxShape } from "./softmax.ts";

/** Calls `visit` with the first index and the stride of every slice. */
function eachSlice(
  { outer, n, inner = 1 }: SoftmaxShape,
  visit: (first: number, stride: number) => void,
): void {
  for (let o = 0; o < outer; o++) for (let i = 0; i < inner; i++) visit(o * n * inner + i, inner);
}

/** The result for an array outer x n x inner. */
export function softmaxReference(kind: SoftmaxKind, shape: SoftmaxShape, x: ArrayLike<number>): Float64Array {
  const y = new Float64Array(x.length);
  const { n } = shape;
  eachSlice(shape, (first, stride) => {
    let most = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < n; i++) most = Math.max(most, x[first + i * stride] as number);
    let total = 0;
    for (let i = 0; i < n; i++) total += Math.exp((x[first + i * stride] as number) - most);
    for (let i = 0; i < n; i++) {
      const above = (x[first + i * stride] as number) - most;
      y[first + i * stride] = kind === "softmax" ? Math.exp(above) / total : above - Math.log(total);
    }
  });
  return y;
}

/** The gradient of the input from the result and the gradient of the result. */
export function softmaxGradientReference(
  kind: SoftmaxKind,
  shape: SoftmaxShape,
  y: ArrayLike<number>,
  g: ArrayLike<number>,
): Float64Array {
  const dx = new Float64Array(y.length);
  const { n } = shape;
  eachSlice(shape, (first, stride) => {
    const at = (of: ArrayLike<number>, i: number): number => of[first + i * stride] as number;
    let total = 0;
    for (let i = 0; i < n; i++) total += kind === "softmax" ? at(g, i) * at(y, i) : at(g, i);
    for (let i = 0; i < n; i++)
      dx[first + i * stride] =
        kind === "softmax" ? at(y, i) * (at(g, i) - total) : at(g, i) - Math.exp(at(y, i)) * total;
  });
  return dx;
}

/** Where the found results leave the reference by more than the tolerance, relative to 1 or to the value; else null. */
export function differsFrom(
  reference: Float64Array,
  found: ArrayLike<number>,
  tolerance: number,
): string | null {
  for (const [i, expected] of reference.entries()) {
    const value = found[i] as number;
    if (
      Object.is(expected, value) ||
      Math.abs(value - expected) <= tolerance * Math.max(1, Math.abs(expected))
    )
      continue;
    return `element ${i} is ${value}, expected ${expected} within ${tolerance}`;
  }
  return null;
}

/**
 * Attention by its definition, in double precision: all scores, softmax along the keys, and the sum of values. What the
 * kernels are held against, their gradients too. A query that sees no key gets zeros.
 */
import { type AttentionOperand, type AttentionProblem, lengthOfOperand } from "./shape.ts";

export interface AttentionInputs {
  readonly q: ArrayLike<number>;
  readonly k: ArrayLike<number>;
  readonly v: ArrayLike<number>;
  /** Added to the scores. */
  readonly mask?: ArrayLike<number> | undefined;
}

/** The output in its layout; what lies between its rows is 0. `empty` is the share of each key of a query that sees none. */
export function attentionReference(
  problem: AttentionProblem,
  inputs: AttentionInputs,
  empty = 0,
): Float64Array {
  const { shape, layouts } = problem;
  const { batch, heads, queries, keys, valueWidth } = shape;
  const output = new Float64Array(lengthOfOperand(problem, "o"));
  for (let b = 0; b < batch; b++)
    for (let h = 0; h < heads; h++)
      for (let i = 0; i < queries; i++) {
        const shares = sharesOf(problem, inputs, [b, h, i], empty);
        const to = b * layouts.o.batch + h * layouts.o.head + i * layouts.o.token;
        const from = b * layouts.v.batch + h * layouts.v.head;
        for (let j = 0; j < keys; j++)
          for (let e = 0; e < valueWidth; e++) {
            const value = inputs.v[from + j * layouts.v.token + e] as number;
            output[to + e] = (output[to + e] as number) + (shares[j] as number) * value;
          }
      }
  return output;
}

/** Softmax of one query's scores; `empty` where it sees no key. */
function sharesOf(
  { shape, layouts, scale, causalOffset, mask: strides }: AttentionProblem,
  { q, k, mask }: AttentionInputs,
  [b, h, i]: readonly [number, number, number],
  empty = 0,
): Float64Array {
  const query = b * layouts.q.batch + h * layouts.q.head + i * layouts.q.token;
  const scores = Float64Array.from({ length: shape.keys }, (_, j) => {
    if (j > i + causalOffset) return Number.NEGATIVE_INFINITY;
    const key = b * layouts.k.batch + h * layouts.k.head + j * layouts.k.token;
    let sum = 0;
    for (let e = 0; e < shape.width; e++) sum += (q[query + e] as number) * (k[key + e] as number);
    const added = strides
      ? (mask?.[b * strides.batch + h * strides.head + i * strides.query + j * strides.key] as number)
      : 0;
    return sum * scale + added;
  });
  const most = scores.reduce((largest, score) => Math.max(largest, score), Number.NEGATIVE_INFINITY);
  if (most === Number.NEGATIVE_INFINITY) return scores.fill(empty);
  const powers = scores.map((score) => Math.exp(score - most));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

/** Gradients in the layouts of their operands. */
export interface AttentionGradients {
  readonly gradQ: Float64Array;
  readonly gradK: Float64Array;
  readonly gradV: Float64Array;
}

/** The gradients of the inputs from the gradient of the output: with shares P, dS = P (dP - sum of P dP). */
export function attentionGradientReference(
  problem: AttentionProblem,
  inputs: AttentionInputs,
  gradO: ArrayLike<number>,
): AttentionGradients {
  const { shape, layouts, scale } = problem;
  const { batch, heads, queries, keys, width, valueWidth } = shape;
  const [gradQ, gradK, gradV] = (["q", "k", "v"] as const).map(
    (operand) => new Float64Array(lengthOfOperand(problem, operand)),
  ) as [Float64Array, Float64Array, Float64Array];
  const at = (operand: AttentionOperand, b: number, h: number, token: number): number =>
    b * layouts[operand].batch + h * layouts[operand].head + token * layouts[operand].token;
  for (let b = 0; b < batch; b++)
    for (let h = 0; h < heads; h++)
      for (let i = 0; i < queries; i++) {
        const shares = sharesOf(problem, inputs, [b, h, i]);
        const [query, output] = [at("q", b, h, i), at("o", b, h, i)];
        const gradShares = shares.map((share, j) => {
          const value = at("v", b, h, j);
          let sum = 0;
          for (let e = 0; e < valueWidth; e++) {
            sum += (gradO[output + e] as number) * (inputs.v[value + e] as number);
            gradV[value + e] = (gradV[value + e] as number) + share * (gradO[output + e] as number);
          }
          return sum;
        });
        const mean = gradShares.reduce((sum, grad, j) => sum + grad * (shares[j] as number), 0);
        for (let j = 0; j < keys; j++) {
          const gradScore = (shares[j] as number) * ((gradShares[j] as number) - mean) * scale;
          const key = at("k", b, h, j);
          for (let e = 0; e < width; e++) {
            gradQ[query + e] = (gradQ[query + e] as number) + gradScore * (inputs.k[key + e] as number);
            gradK[key + e] = (gradK[key + e] as number) + gradScore * (inputs.q[query + e] as number);
          }
        }
      }
  return { gradQ, gradK, gradV };
}

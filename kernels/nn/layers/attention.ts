/** Attention of several heads (Vaswani et al. 2017), to a text itself or to another one. */
import { attention } from "../tensor/functions/attention.ts";
import type { Shape } from "../tensor/shapes.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { dropout } from "./dropout.ts";
import { type Layer, type Nursery, named, type Pass, through } from "./layer.ts";
import { linear } from "./linear.ts";

export interface MultiHeadOptions {
  /** Elements of a row, and of all heads together. */
  readonly width: number;
  readonly heads: number;
  /** Whether a place sees none behind it (default: no). */
  readonly causal?: boolean;
  /** Share of the weights that falls in training (default: 0). */
  readonly dropout?: number;
}

export interface MultiHeadAttention extends Layer {
  /**
   * Queries from x [batch, length, width], keys and values from `context` [batch, places, width]. `mask` is added to the
   * scores [batch, heads, length, places]; -Infinity hides.
   */
  attend(x: Tensor, context: Tensor, pass: Pass, mask?: Tensor): Tensor;
  /** Of one example that attends to so many places. */
  costOf(input: Shape, places: number): { readonly output: Shape; readonly flops: number };
}

/**
 * Softmax costs 5 n - 2 operations a row of n (compare, subtract, power, add, divide); with it and the scale, a head of
 * width d costs 4 d + 6 a score, less 2 a query. Hidden scores count too. Parameters: 4 width (width + 1).
 */
export function multiHeadAttention(where: Nursery, options: MultiHeadOptions): MultiHeadAttention {
  const { width, heads, causal = false, dropout: rate = 0 } = options;
  if (width % heads !== 0)
    throw new RangeError(`expected a width that ${heads} heads divide; found ${width}`);
  const [query, key, value, out] = [1, 2, 3, 4].map(() => linear(where, width, width)) as [
    Layer,
    Layer,
    Layer,
    Layer,
  ];
  const drop = rate > 0 ? dropout(where, rate) : undefined;
  const inner = { query, key, value, out, ...(drop && { drop }) };
  const attend: MultiHeadAttention["attend"] = (x, context, pass, mask) => {
    const q = through(query, "query", x, pass);
    const k = through(key, "key", context, pass);
    const v = through(value, "value", context, pass);
    const weights = drop && pass.training ? (all: Tensor) => through(drop, "drop", all, pass) : undefined;
    return through(out, "out", attention(q, k, v, { heads, causal, mask, weights }), pass);
  };
  const costOf: MultiHeadAttention["costOf"] = (input, places) => {
    const length = input[0] as number;
    const projections = 2 * (length + places) * (2 * width * width + width);
    const scores = heads * (length * places * ((4 * width) / heads + 6) - 2 * length);
    return { output: input, flops: projections + scores };
  };
  return {
    kind: `attention ${width}, ${heads} heads${causal ? ", causal" : ""}`,
    parameters: named(inner, ({ parameters }) => parameters),
    statistics: named(inner, ({ statistics = {} }) => statistics),
    forward: (x, pass) => attend(x, x, pass),
    attend,
    costOf,
    cost: (input) => costOf(input, input[0] as number),
  };
}

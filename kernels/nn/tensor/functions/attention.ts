/**
 * Scaled dot-product attention (Vaswani et al. 2017): softmax(Q K^T / sqrt(width) + mask) V. Layers ask for it here and
 * nowhere else, so a fused kernel takes the place of `composed` and of nothing more.
 */
import * as scalar from "../scalar.ts";
import { shapeText } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import { map } from "./elementwise.ts";
import { matmul } from "./matmul.ts";
import { softmax } from "./softmax.ts";

export interface AttentionOptions {
  /** Whether query i sees keys 0 to i alone (default: all). */
  readonly causal?: boolean;
  /**
   * Added to the scores: stretches to [..., queries, keys]; -Infinity hides a key. A query that sees no key at all has
   * NaN for a result.
   */
  readonly mask?: Tensor | undefined;
  /** What the scores are multiplied by (default: 1 / sqrt(width)). */
  readonly scale?: number;
  /** What becomes of the weights before values are summed up: dropout. */
  readonly weights?: (weights: Tensor) => Tensor;
}

/**
 * Queries [..., queries, width], keys [..., keys, width] and values [..., keys, depth] to [..., queries, depth].
 * @throws RangeError for shapes that do not fit
 */
export function attention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  const [width, keys] = [q.shape.at(-1), k.shape.at(-2)];
  if (q.shape.length < 2 || width !== k.shape.at(-1) || keys === undefined || keys !== v.shape.at(-2))
    throw new RangeError(
      "expected queries and keys of one width, and as many values as keys; " +
        `found ${[q, k, v].map(({ shape }) => shapeText(shape)).join(", ")}`,
    );
  return composed(q, k, v, options);
}

/** Attention as products and a softmax, with all scores in memory. */
function composed(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions): Tensor {
  const { causal = false, mask, weights = (all) => all } = options;
  const { scale = 1 / Math.sqrt(q.shape.at(-1) as number) } = options;
  const products = matmul(q, k, { transposeB: true });
  const hidden = causal ? [causalMask(products)] : [];
  const masks = [...hidden, ...(mask ? [mask] : [])];
  const scores = map([products, ...masks], (product, ...added) =>
    added.reduce(scalar.add, scalar.mul(product, scale)),
  );
  return matmul(weights(softmax(scores)), v);
}

/** [queries, keys]: -Infinity where a key comes after the query. */
function causalMask({ engine, shape }: Tensor): Tensor {
  const [queries, keys] = shape.slice(-2) as [number, number];
  const made = engine.tensor([queries, keys], 0);
  for (let i = 0; i < queries; i++)
    made.values.fill(Number.NEGATIVE_INFINITY, i * keys + Math.min(i + 1, keys), (i + 1) * keys);
  return made;
}

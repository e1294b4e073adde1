/**
 * Scaled dot-product attention (Vaswani et al. 2017): softmax(Q K^T / sqrt(width) + mask) V for each head, by the fused
 * kernels of kernels/attention, which never write the scores; composed of products and a softmax where something stands
 * between the scores and the values, or the mask is learned.
 */
import { type AttentionBackward, createAttention } from "../../../attention/attention.ts";
import type { AttentionLayout, MaskStrides } from "../../../attention/shape.ts";
import { bytesOf } from "../../../codegen/expressions.ts";
import type { Engine } from "../engine.ts";
import { factoryOptions } from "../factory-options.ts";
import { record } from "../record.ts";
import * as scalar from "../scalar.ts";
import { shapeText, stretchedStrides } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import { engineOf, map } from "./elementwise.ts";
import { matmul } from "./matmul.ts";
import { permute, reshape } from "./move.ts";
import { softmax } from "./softmax.ts";

export interface AttentionOptions {
  /** How many heads share the last dimension; head h has the h-th part of it (default: 1). */
  readonly heads?: number;
  /** Whether query i sees keys 0 to i alone (default: all). */
  readonly causal?: boolean;
  /**
   * Added to the scores: stretches to [batch, heads, queries, keys]; -Infinity hides a key. A query that sees no key at
   * all has NaN for a result.
   */
  readonly mask?: Tensor | undefined;
  /** What the scores are multiplied by (default: 1 / sqrt(width of a head)). */
  readonly scale?: number | undefined;
  /** What becomes of the weights [batch, heads, queries, keys] before values are summed up: dropout. */
  readonly weights?: ((weights: Tensor) => Tensor) | undefined;
}

/**
 * Queries [batch, queries, heads * width], keys [batch, keys, heads * width] and values [batch, keys, heads * depth] to
 * [batch, queries, heads * depth].
 * @throws RangeError for shapes that do not fit
 */
export function attention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  const problem = problemOf(q, k, v, options);
  const { mask, weights } = options;
  return weights || mask?.wantsGradient
    ? composed(q, k, v, options, problem)
    : apart(q, k, v, options, problem);
}

interface Sizes {
  readonly batch: number;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  readonly width: number;
  readonly valueWidth: number;
}

function problemOf(q: Tensor, k: Tensor, v: Tensor, { heads = 1 }: AttentionOptions): Sizes {
  const [batch, queries, all] = q.shape as [number, number, number];
  const [keys, depth] = [k.shape[1] as number, v.shape[2] as number];
  const fits =
    [q, k, v].every(({ shape }) => shape.length === 3 && shape[0] === batch) &&
    k.shape[2] === all &&
    v.shape[1] === keys;
  if (!fits || all % heads !== 0 || depth % heads !== 0)
    throw new RangeError(
      `expected queries and keys [batch, tokens, ${heads} x width] and as many values; ` +
        `found ${[q, k, v].map(({ shape }) => shapeText(shape)).join(", ")}`,
    );
  return { batch, heads, queries, keys, width: all / heads, valueWidth: depth / heads };
}

/** What one token has of queries, keys and values when a single projection makes them. */
export type SelfAttentionOptions = Omit<AttentionOptions, "weights">;

/**
 * Attention of tokens to one another. `x` [batch, tokens, 3 * heads * width] has each token's queries, keys and values side by
 * side, as one linear layer leaves them: one product in place of three, and one gradient that nobody has to add up. Result:
 * [batch, tokens, heads * width].
 * @throws RangeError for a shape that does not fit, or a mask that wants a gradient
 */
export function selfAttention(x: Tensor, options: SelfAttentionOptions = {}): Tensor {
  const { heads = 1, mask } = options;
  const [batch, tokens, row] = x.shape as [number, number, number];
  if (x.shape.length !== 3 || row % (3 * heads) !== 0)
    throw new RangeError(`expected [batch, tokens, 3 x ${heads} x width]; found ${shapeText(x.shape)}`);
  if (mask?.wantsGradient)
    throw new RangeError("expected a mask without a gradient; split the projection and use attention()");
  const width = row / (3 * heads);
  const sizes = { batch, heads, queries: tokens, keys: tokens, width, valueWidth: width };
  const ofToken = { batch: tokens * row, head: width, token: row };
  const run = fused(x.engine, options, sizes, { q: ofToken, k: ofToken, v: ofToken });
  const parts = (address: number) => {
    const step = heads * width * bytesOf[x.engine.element];
    return [address, address + step, address + 2 * step] as const;
  };
  const [q, k, v] = parts(x.address);
  const { made, backward } = run({ q, k, v });
  return record(made, [x], (gradient) => {
    const toX = x.engine.tensor(x.shape);
    const [gradQ, gradK, gradV] = parts(toX.address);
    backward({ gradO: gradient.address, gradQ, gradK, gradV });
    return [toX];
  });
}

function apart(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions, sizes: Sizes): Tensor {
  const engine = engineOf([q, k, v]);
  const run = fused(engine, options, sizes, { q: "tokens", k: "tokens", v: "tokens" });
  const { made, backward } = run({ q: q.address, k: k.address, v: v.address });
  return record(made, [q, k, v], (gradient) => {
    const [toQ, toK, toV] = [q, k, v].map((each) =>
      each.wantsGradient ? engine.tensor(each.shape) : undefined,
    );
    const gradients = { gradQ: toQ?.address, gradK: toK?.address, gradV: toV?.address };
    backward({ gradO: gradient.address, ...gradients });
    return [toQ, toK, toV];
  });
}

/** The kernels of some sizes on operands by address: the result, and the way back from its gradient. */
function fused(
  engine: Engine,
  { causal = false, scale, mask }: SelfAttentionOptions,
  shape: Sizes,
  layouts: Record<"q" | "k" | "v", AttentionLayout>,
) {
  const { batch, heads, queries, keys } = shape;
  const [byBatch, byHead, byQuery, byKey] = mask
    ? stretchedStrides(mask.shape, [batch, heads, queries, keys])
    : [];
  const strides = mask && { batch: byBatch, head: byHead, query: byQuery, key: byKey };
  const setting = {
    ...{ shape, causal, scale, mask: strides as MaskStrides | undefined },
    layouts: { ...layouts, o: "tokens" as const },
  };
  const kernels = engine.operation(`attention ${JSON.stringify(setting)}`, () =>
    createAttention({ ...factoryOptions(engine), ...setting, emptyQuery: "nan" }),
  );
  return (inputs: Record<"q" | "k" | "v", number>) => {
    const made = engine.tensor([batch, queries, heads * shape.valueWidth]);
    const lse = engine.tensor([batch, heads, queries]);
    const given = { ...inputs, mask: mask?.address, o: made.address, lse: lse.address };
    kernels.forward(given);
    return {
      made,
      backward: (gradients: Pick<AttentionBackward, "gradO" | "gradQ" | "gradK" | "gradV">): void =>
        kernels.backward({ ...given, ...gradients }),
    };
  };
}

/** Attention as products and a softmax, with all scores in memory. */
function composed(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { causal = false, mask, scale, weights = (all) => all }: AttentionOptions,
  { batch, heads, queries, width, valueWidth }: Sizes,
): Tensor {
  const parted = (x: Tensor): Tensor =>
    permute(reshape(x, [batch, x.shape[1] as number, heads, -1]), [0, 2, 1, 3]);
  const products = matmul(parted(q), parted(k), { transposeB: true });
  const masks = [...(causal ? [causalMask(products)] : []), ...(mask ? [mask] : [])];
  const scores = map([products, ...masks], (product, ...added) =>
    added.reduce(scalar.add, scalar.mul(product, scale ?? 1 / Math.sqrt(width))),
  );
  const summed = matmul(weights(softmax(scores)), parted(v));
  return reshape(permute(summed, [0, 2, 1, 3]), [batch, queries, heads * valueWidth]);
}

/** [queries, keys]: -Infinity where a key comes after the query. */
function causalMask({ engine, shape }: Tensor): Tensor {
  const [queries, keys] = shape.slice(-2) as [number, number];
  const made = engine.tensor([queries, keys], 0);
  for (let i = 0; i < queries; i++)
    made.values.fill(Number.NEGATIVE_INFINITY, i * keys + Math.min(i + 1, keys), (i + 1) * keys);
  return made;
}

/** The block of transformers: attention and two linear layers, each beside a shortcut and with a normalisation. */
import { add } from "../tensor/functions/arithmetic.ts";
import { sizeOf } from "../tensor/shapes.ts";
import { type MultiHeadOptions, multiHeadAttention } from "./attention.ts";
import { dropout } from "./dropout.ts";
import { composite, type Layer, type Nursery } from "./layer.ts";
import { linear } from "./linear.ts";
import { layerNorm } from "./norms.ts";
import { gelu, sequential } from "./sequential.ts";

export interface TransformerOptions extends MultiHeadOptions {
  /** Width between the two linear layers (default: four times the width). */
  readonly hidden?: number;
  /** Whether rows are normalised before each part (Xiong et al. 2020; default) or after each sum (Vaswani et al. 2017). */
  readonly norm?: "before" | "after";
}

/** [batch, length, width] to the same; `dropout` is that of the attention's weights and of both parts' results. */
export function transformerBlock(where: Nursery, options: TransformerOptions): Layer {
  const { width, hidden = 4 * width, norm = "before", dropout: rate = 0 } = options;
  const attention = multiHeadAttention(where, options);
  const feed = sequential(linear(where, width, hidden), gelu, linear(where, hidden, width));
  const [norm1, norm2] = [layerNorm(where, width), layerNorm(where, width)];
  const drops = rate > 0 ? { drop1: dropout(where, rate), drop2: dropout(where, rate) } : {};
  const dropped = rate > 0;
  return composite<Readonly<Record<string, Layer>>>({
    kind: `transformer block ${width}`,
    inner: { norm1, attention, norm2, feed, ...drops },
    forward(x, run) {
      const part = (name: string, number: 1 | 2, y: typeof x): typeof x => {
        const normal = `norm${number}`;
        const made = run(name, norm === "before" ? run(normal, y) : y);
        const sum = add(y, dropped ? run(`drop${number}`, made) : made);
        return norm === "before" ? sum : run(normal, sum);
      };
      return part("feed", 2, part("attention", 1, x));
    },
    cost(input, run) {
      for (const name of ["norm1", "attention", "norm2", "feed", ...Object.keys(drops)]) run(name, input);
      return { output: input, flops: 2 * sizeOf(input) };
    },
  });
}

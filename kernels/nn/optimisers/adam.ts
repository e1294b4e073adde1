/**
 * Adam (Kingma & Ba 2015, algorithm 1) and AdamW (Loshchilov & Hutter 2019, algorithm 2): steps scaled by running means
 * of the gradient and of its square.
 */

import { assign } from "../tensor/functions/elementwise.ts";
import { add, div, mul, setting, sqrt, square, sub } from "../tensor/scalar.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { clearGradients, type Optimiser, stateOf } from "./optimiser.ts";

export interface AdamOptions {
  readonly rate: number;
  /** Shares of the means that stay from step to step (default: 0.9 and 0.999, as in the paper). */
  readonly betas?: readonly [number, number];
  /** Added to the root of the mean square (default: 1e-8, as in the paper). */
  readonly epsilon?: number;
  readonly decay?: number;
  /** Whether decay acts on the parameter beside the step (AdamW) or through its gradient (default: through it). */
  readonly decoupled?: boolean;
}

/** w = w - rate m' / (sqrt(v') + epsilon), with the means m and v corrected for their start at 0. */
export function adam(parameters: readonly Tensor[], options: AdamOptions): Optimiser {
  const { betas = [0.9, 0.999], epsilon = 1e-8, decay = 0, decoupled = false } = options;
  const [b1, b2] = betas;
  const means = new Map<Tensor, readonly [Tensor, Tensor]>();
  const meansOf = (weight: Tensor): readonly [Tensor, Tensor] => {
    const both = means.get(weight) ?? ([stateOf(weight), stateOf(weight)] as const);
    means.set(weight, both);
    return both;
  };
  const update = (weight: Tensor, gradient: Tensor, rate: number, steps: number): void => {
    const [mean, meanSquare] = meansOf(weight);
    assign(
      [mean, meanSquare, weight],
      [mean, meanSquare, weight, gradient],
      (m, v, w, g) => {
        const slope = decoupled || decay === 0 ? g : add(g, mul(w, decay));
        const m1 = add(mul(m, b1), mul(slope, 1 - b1));
        const v1 = add(mul(v, b2), mul(square(slope), 1 - b2));
        const stepped = div(mul(m1, setting(0)), add(sqrt(mul(v1, setting(1))), epsilon));
        const from = decoupled && decay !== 0 ? sub(w, mul(w, setting(2))) : w;
        return [m1, v1, sub(from, stepped)];
      },
      [rate / (1 - b1 ** steps), 1 / (1 - b2 ** steps), rate * decay],
    );
  };
  return {
    rate: options.rate,
    steps: 0,
    remembered(parameter) {
      const [mean, square] = meansOf(parameter);
      return { mean, square };
    },
    step() {
      this.steps++;
      for (const parameter of parameters)
        if (parameter.gradient) update(parameter, parameter.gradient, this.rate, this.steps);
    },
    clear: () => clearGradients(parameters),
  };
}

/** Adam with decay beside the step (default: 0.01, as torch.optim.AdamW). */
export const adamW = (parameters: readonly Tensor[], options: Omit<AdamOptions, "decoupled">): Optimiser =>
  adam(parameters, { decay: 0.01, ...options, decoupled: true });

/**
 * Stochastic gradient descent with momentum (Sutskever et al. 2013, in the form of torch.optim.SGD: the rate multiplies
 * the velocity, so that a change of it acts at once).
 */

import { assign } from "../tensor/functions/elementwise.ts";
import { add, mul, setting, sub } from "../tensor/scalar.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { clearGradients, type Optimiser, stateOf } from "./optimiser.ts";

export interface SgdOptions {
  readonly rate: number;
  /** Share of the velocity that stays from step to step (default: 0). */
  readonly momentum?: number;
  /** Whether the gradient is taken where the velocity will lead (default: no). */
  readonly nesterov?: boolean;
  /** Added to the gradient, times the parameter (default: 0). */
  readonly decay?: number;
}

/** v = momentum v + g + decay w; w = w - rate v, or w - rate (g + decay w + momentum v) with Nesterov. */
export function sgd(parameters: readonly Tensor[], options: SgdOptions): Optimiser {
  const { momentum = 0, nesterov = false, decay = 0 } = options;
  const velocities = new Map<Tensor, Tensor>();
  const velocityOf = (weight: Tensor): Tensor => {
    const velocity = velocities.get(weight) ?? stateOf(weight);
    velocities.set(weight, velocity);
    return velocity;
  };
  const update = (weight: Tensor, gradient: Tensor, rate: number): void => {
    if (momentum === 0) {
      assign([weight], [weight, gradient], (w, g) => [sub(w, mul(setting(0), add(g, mul(w, decay))))], [
        rate,
      ]);
      return;
    }
    const velocity = velocityOf(weight);
    assign(
      [velocity, weight],
      [velocity, weight, gradient],
      (v, w, g) => {
        const slope = decay === 0 ? g : add(g, mul(w, decay));
        const next = add(mul(v, momentum), slope);
        return [next, sub(w, mul(setting(0), nesterov ? add(slope, mul(next, momentum)) : next))];
      },
      [rate],
    );
  };
  return {
    rate: options.rate,
    steps: 0,
    remembered: (parameter): Readonly<Record<string, Tensor>> =>
      momentum === 0 ? {} : { velocity: velocityOf(parameter) },
    step() {
      this.steps++;
      for (const parameter of parameters)
        if (parameter.gradient) update(parameter, parameter.gradient, this.rate);
    },
    clear: () => clearGradients(parameters),
  };
}

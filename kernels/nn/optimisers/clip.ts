/** Gradients cut to a largest norm (Pascanu, Mikolov & Bengio 2013). */

import { square } from "../tensor/functions/arithmetic.ts";
import { assign } from "../tensor/functions/elementwise.ts";
import { sum } from "../tensor/functions/reduce.ts";
import { mul, setting } from "../tensor/scalar.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Shrinks all gradients together where their common Euclidean norm is above `most`. Returns the norm as it was. */
export function clipGradients(parameters: readonly Tensor[], most: number): number {
  const gradients = parameters.flatMap(({ gradient }) => (gradient ? [gradient] : []));
  const squares = gradients.map((gradient) =>
    gradient.engine.untracked(() => gradient.engine.scope(() => sum(square(gradient)).item())),
  );
  const norm = Math.sqrt(squares.reduce((a, b) => a + b, 0));
  if (norm > most)
    for (const gradient of gradients)
      assign([gradient], [gradient], (g) => [mul(g, setting(0))], [most / norm]);
  return norm;
}

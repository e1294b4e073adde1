/** Layers that turn numbers of words into rows of a table, and add where in a text they stand. */
import { normal } from "../initialisers.ts";
import { add } from "../tensor/functions/arithmetic.ts";
import { gather } from "../tensor/functions/gather.ts";
import { reshape, slice } from "../tensor/functions/move.ts";
import { sizeOf } from "../tensor/shapes.ts";
import type { Layer, Nursery } from "./layer.ts";

/**
 * Whole numbers [batch, …] from 0 to below `rows`, held as elements of a tensor, to rows [batch, …, width] of a table that
 * begins with standard deviation `deviation` (default: 0.02, as GPT-2's). No operations.
 */
export function embedding({ engine, random }: Nursery, rows: number, width: number, deviation = 0.02): Layer {
  const weight = engine.parameter([rows, width], normal(deviation)([rows, width], random));
  return {
    kind: `embedding ${rows} of ${width}`,
    parameters: { weight },
    forward: (x) => reshape(gather(weight, engine.indices(x.values, rows)), [...x.shape, width]),
    cost: (input) => ({ output: [...input, width], flops: 0 }),
  };
}

/** Adds a learned row to each place of [batch, length, width], for lengths up to `most` (Gehring et al. 2017). */
export function positions({ engine, random }: Nursery, most: number, width: number, deviation = 0.02): Layer {
  const weight = engine.parameter([most, width], normal(deviation)([most, width], random));
  return {
    kind: `positions ${most} of ${width}`,
    parameters: { weight },
    forward(x) {
      const length = x.shape.at(-2) as number;
      if (length > most) throw new RangeError(`expected at most ${most} places; found ${length}`);
      return add(x, length === most ? weight : slice(weight, 0, 0, length));
    },
    cost: (input) => ({ output: input, flops: sizeOf(input) }),
  };
}

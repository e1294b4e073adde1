/** Dropout as a layer: elements that fall by chance in training, none in evaluation. */
import { labelSeed } from "../../random.ts";
import { dropout as drop } from "../tensor/functions/dropout.ts";
import { sizeOf } from "../tensor/shapes.ts";
import type { Layer, Nursery } from "./layer.ts";

/**
 * Elements are 0 with the probability `rate` (Srivastava et al. 2014). What falls depends on the layer's seed and on how
 * many passes it has seen, which is stored with its statistics: a training that is taken up again goes on as it would
 * have. Counts as one operation an element.
 */
export function dropout({ engine, random }: Nursery, rate: number): Layer {
  if (!(rate >= 0 && rate < 1)) throw new RangeError(`expected a rate from 0 to below 1; found ${rate}`);
  const seed = Math.floor(random() * 2 ** 32);
  // Whole numbers up to 2^24 are exact in f32.
  const passes = engine.keep(engine.tensor([1], 0));
  return {
    kind: `dropout ${rate}`,
    parameters: {},
    statistics: { passes },
    forward(x, { training }) {
      if (!training) return x;
      const pass = passes.item();
      passes.values[0] = pass + 1;
      return drop(x, rate, labelSeed(seed, String(pass)));
    },
    cost: (input) => ({ output: input, flops: sizeOf(input) }),
  };
}

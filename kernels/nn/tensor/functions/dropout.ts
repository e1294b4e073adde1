/** Dropout (Srivastava et al. 2014): elements that fall by chance, the same ones for the same seed on every target. */
import { dropoutProgram, hashBits } from "../programs/dropout.ts";
import { record } from "../record.ts";
import type { Tensor } from "../tensor.ts";

/**
 * Each element is 0 with the probability `rate`, and otherwise divided by 1 - rate, so that the mean stays. `seed` is a
 * whole number of 32 bits; another one for every call.
 * @throws RangeError for a rate outside of [0, 1)
 */
export function dropout(x: Tensor, rate: number, seed: number): Tensor {
  if (!(rate >= 0 && rate < 1)) throw new RangeError(`expected a rate from 0 to below 1; found ${rate}`);
  if (rate === 0) return x;
  const made = dropped(x, rate, seed);
  return record(made, [x], (gradient) => [dropped(gradient, rate, seed)]);
}

function dropped(x: Tensor, rate: number, seed: number): Tensor {
  const { engine } = x;
  const made = engine.tensor(x.shape);
  // There are no vectors of f64 beside as many i32: one by one.
  const lanes = engine.element === "f64" ? 1 : engine.lanes;
  const numbers = engine.operation("dropout's numbers", () => {
    const { view, address } = engine.memory.allocate("i32", lanes);
    view.set(Array.from({ length: lanes }, (_, lane) => lane));
    return address;
  });
  const kernel = engine.kernel("dropout", () => dropoutProgram(engine.element, lanes));
  const limit = Math.round(rate * 2 ** hashBits);
  kernel(x.size, seed | 0, numbers, x.address, made.address, limit, 1 / (1 - rate));
  return made;
}

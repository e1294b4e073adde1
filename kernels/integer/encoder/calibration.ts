/** The scales of the integer encoder: what the float encoder shows at each place, over some sequences. */
import { MinMaxObserver, type Range } from "../observers.ts";
import type { FloatEncoder } from "./float-encoder.ts";

/** The range of each place by its name. */
export type Calibration = ReadonlyMap<string, Range>;

/** Runs the float encoder on sequences and observes. @throws RangeError without sequences */
export function calibrate(encoder: FloatEncoder, sequences: Iterable<ArrayLike<number>>): Calibration {
  const observers = new Map<string, MinMaxObserver>();
  for (const tokens of sequences)
    encoder.run(tokens, (place, values) => {
      const observer = observers.get(place) ?? new MinMaxObserver();
      observers.set(place, observer);
      observer.observe(values);
    });
  if (observers.size === 0)
    throw new RangeError(
      "calibration: expected at least one sequence; found none; give some of the training data",
    );
  return new Map([...observers].map(([place, observer]) => [place, observer.range()]));
}

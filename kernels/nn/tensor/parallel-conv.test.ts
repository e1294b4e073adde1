/** Convolutions on two threads: forward and to the input the numbers of one thread, to the weights its sums. */
import { afterAll, describe, expect, it } from "vitest";
import { nativeAvailability } from "../../native/availability.ts";
import { randomStream } from "../../random.ts";
import { endTeams } from "../../threads/team.ts";
import { backward } from "./backward.ts";
import { Engine } from "./engine.ts";
import { mul } from "./functions/arithmetic.ts";
import { conv2d } from "./functions/conv.ts";
import { sum } from "./functions/reduce.ts";

afterAll(endTeams);

const targets = nativeAvailability().available ? (["wasm", "native"] as const) : (["wasm"] as const);

/** Channels, filters, kernel, stride, batch: each way of either gradient, and a batch that does not divide. */
const layers = [
  [9, 16, 3, 1, 5],
  [3, 17, 3, 2, 4],
  [8, 4, 1, 1, 7],
] as const;

describe.each(targets)("on %s", (target) => {
  it.each(layers)(
    "%d channels to %d, kernel %d, stride %d, batch %d",
    (channels, filters, kernel, stride, batch) => {
      const results = [1, 2].map((threads) => {
        const engine = new Engine({ target, threads, bytes: 2 ** 24 });
        const random = randomStream(5);
        // Small whole numbers, so that sums are exact in any order.
        const made = (shape: readonly number[]) =>
          engine.parameter(
            shape,
            Array.from({ length: shape.reduce((a, b) => a * b) }, () => Math.floor(random() * 9) - 4),
          );
        const parameters = [
          made([batch, channels, 9, 8]),
          made([filters, channels, kernel, kernel]),
          made([filters]),
        ] as const;
        const y = conv2d(...parameters, { stride, padding: kernel >> 1 });
        const slopes = Array.from({ length: y.size }, () => Math.floor(random() * 5) - 2);
        backward(sum(mul(y, engine.tensor(y.shape, slopes))));
        return [y, ...parameters.map(({ gradient }) => gradient)].map((each) => [...(each?.values ?? [])]);
      });
      expect(results[1]).toEqual(results[0]);
    },
  );
});

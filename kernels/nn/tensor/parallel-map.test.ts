/** Elementwise loops on two threads: the bits of one thread, whatever the shapes. */
import { afterAll, describe, expect, it } from "vitest";
import { nativeAvailability } from "../../native/availability.ts";
import { randomStream } from "../../random.ts";
import { endTeams } from "../../threads/team.ts";
import { Engine } from "./engine.ts";
import { assign, map } from "./functions/elementwise.ts";
import { partsOf } from "./parallel-map.ts";
import { add, mul, setting, tanh } from "./scalar.ts";
import type { Shape } from "./shapes.ts";

afterAll(endTeams);

const targets = nativeAvailability().available ? (["wasm", "native"] as const) : (["wasm"] as const);

/** Evenly stretched, along rows, along columns, and of an odd length. */
const shapes: readonly (readonly [Shape, Shape])[] = [
  [
    [40, 1024],
    [40, 1024],
  ],
  [[40, 1025], [1025]],
  [
    [33, 2000],
    [33, 1],
  ],
  [[70_001], [70_001]],
  [
    [3, 5, 4000],
    [5, 1],
  ],
];

describe.each(targets)("on %s", (target) => {
  it.each(shapes)("%j with %j has the same bits on two threads", (shape, other) => {
    const results = [1, 2].map((threads) => {
      const engine = new Engine({ target, threads, bytes: 2 ** 23 });
      const random = randomStream(5);
      const filled = (sides: Shape) => {
        const made = engine.tensor(sides);
        made.values.forEach((_, i) => {
          made.values[i] = 4 * random() - 2;
        });
        return made;
      };
      const [x, y] = [filled(shape), filled(other)];
      const made = map([x, y], (a, b) => add(tanh(a), mul(a, b)));
      assign([x], [x, made], (a, b) => [add(a, mul(b, setting(0)))], [0.25]);
      return [Float32Array.from(made.values), Float32Array.from(x.values)];
    });
    expect(results[1]).toEqual(results[0]);
  });
});

describe("parts of a loop", () => {
  it("cover it, in whole units but for the last", () => {
    expect(partsOf(1000, 2, 64)).toEqual([
      { from: 0, length: 512 },
      { from: 512, length: 488 },
    ]);
    expect(partsOf(3, 2, 1)).toEqual([
      { from: 0, length: 2 },
      { from: 2, length: 1 },
    ]);
    expect(partsOf(50, 2, 64)).toEqual([{ from: 0, length: 50 }]);
  });
});

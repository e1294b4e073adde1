import { describe, expect, it } from "vitest";
import { randomStream } from "../random.ts";
import { network } from "./specialised-graph.ts";

describe.each(["js", "wasm"] as const)("a network on %s", (target) => {
  it.each([[[4, 16]], [[3, 16, 32]], [[32, 64, 64, 16]]])(
    "of widths %j has the same bits either way",
    (widths) => {
      const made = network(widths, target, randomStream(5));
      made.interpreted();
      const expected = [...made.output];
      made.output.fill(Number.NaN);
      made.specialised();
      expect([...made.output]).toEqual(expected);
      // Something was computed: random weights do not cancel.
      expect(expected.every((value) => Number.isFinite(value))).toBe(true);
      expect(expected.some((value) => Math.abs(value) > 1e-3)).toBe(true);
    },
  );
});

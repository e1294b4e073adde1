import { expect, it } from "vitest";
import { differenceInWords } from "./difference-words.ts";
import { exact, timed } from "./stored-run.fixture.ts";

const place = { experiment: "e", workload: "w", variant: "v", target: "wasm" } as const;

it.each([
  [1.5, 1.4, 1.6, "faster"],
  [0.5, 0.4, 0.6, "slower"],
  [1.001, 0.99, 1.012, "same within 2 %"],
  [1.02, 0.97, 1.08, "cannot tell (about 82 more rounds)"],
  [1.0200001, 0.2, 5, "cannot tell (over 10,000 more rounds)"],
])("a speed-up of %d [%d, %d] reads: %s", (value, low, high, words) => {
  const measured = { ...timed(place, "speed-up", "x", value), low, high };
  expect(differenceInWords(measured)).toBe(words);
});

it("says nothing of what is no ratio with an interval", () => {
  expect(differenceInWords(timed(place, "time", "s", 1))).toBe("");
  expect(differenceInWords(exact(place, "speed-up", 2))).toBe("");
  expect(differenceInWords({ ...timed(place, "speed-up", "x", 1), low: 0 })).toBe("");
});

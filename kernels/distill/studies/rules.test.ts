/** Preconditions: what a claim's test needs before it can say anything. */
import { expect, it } from "vitest";
import { provided } from "./rules.ts";

const finding = (holds: boolean | null) => ({ holds, text: `holds: ${holds}` });

it.each([
  [true, true, "confirmed"],
  [true, false, "refuted"],
  [true, null, "inconclusive"],
  [null, false, "inconclusive"],
  [false, false, "inconclusive"],
  [false, true, "inconclusive"],
] as const)("a precondition that is %s and a condition that is %s make it %s", (first, second, verdict) => {
  expect(provided([finding(first)], [finding(second)]).verdict).toBe(verdict);
});

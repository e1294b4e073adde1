/** Learning curves in one line of text. */
import { expect, it } from "vitest";
import { sparkline } from "./sparkline.ts";

it("spans the blocks from the least to the greatest value", () => {
  expect(sparkline([8, 4, 2, 1])).toBe("█▄▂▁");
  expect(sparkline([3, 3, 3])).toBe("▁▁▁");
});

it("is as long as it may be and ends with the last value", () => {
  const falling = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect(sparkline(falling, 10)).toHaveLength(10);
  expect(sparkline(falling, 10).at(-1)).toBe("▁");
  expect(sparkline([...falling, 100], 10).at(-1)).toBe("█");
});

it("is nothing before there is a line", () => {
  expect(sparkline([1])).toBe("");
});

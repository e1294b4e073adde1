import { expect, it } from "vitest";
import { highlightedLine } from "./highlighted-text.ts";

const mark = (text: string): string => `<${text}>`;

it("marks what matched", () => {
  const text = "知识蒸馏与蒸馏";
  expect(
    highlightedLine(
      {
        text,
        ranges: [
          [2, 4],
          [5, 7],
        ],
      },
      80,
      mark,
    ),
  ).toBe("知识<蒸馏>与<蒸馏>");
});

it("cuts at the width, inside a match as well", () => {
  const text = "知识蒸馏与剪枝";
  expect(highlightedLine({ text, ranges: [[2, 4]] }, 9, mark)).toBe("知识<蒸馏>…");
  expect(highlightedLine({ text, ranges: [[2, 4]] }, 7, mark)).toBe("知识<蒸…>");
});

it("cleans the text without losing the place of a match", () => {
  const text = "\u001b[31mred\u202e gemm";
  expect(highlightedLine({ text, ranges: [[10, 14]] }, 80, mark)).toBe("red <gemm>");
});

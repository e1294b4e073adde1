import fc from "fast-check";
import { expect, test } from "vitest";
import { columnsOf } from "../terminal-text.ts";
import { fitted, lineColumns, plain, shortened, span, spread } from "./line.ts";

const text = fc.string({ unit: fc.constantFrom("a", " ", "蒸", "é", "…", "👩‍🔬", "=") });
const line = fc.array(text.map((it) => span(it)));

test("a fitted line takes exactly the columns of its pane, whatever it holds", () => {
  fc.assert(
    fc.property(line, fc.integer({ min: 0, max: 40 }), (it, columns) => {
      expect(lineColumns(fitted(it, columns))).toBe(columns);
    }),
  );
});

test("a line that fits is not changed, and one that is cut says so", () => {
  expect(plain(shortened([span("abc"), span("def")], 6))).toBe("abcdef");
  expect(plain(shortened([span("abc"), span("def")], 5))).toBe("abcd…");
  expect(plain(shortened([span("abc"), span("def")], 3))).toBe("ab…");
  expect(plain(shortened([span("知识蒸馏")], 6))).toBe("知识…");
});

test("the right part stays whole and the left part gives way", () => {
  expect(plain(spread([span("a long title")], [span(" 12")], 10))).toBe("a long… 12");
  expect(columnsOf(plain(spread([span("标题")], [span("1")], 9)))).toBe(9);
});

test("what a terminal would obey is removed from foreign text, and spaces that align stay", () => {
  expect(span("\u001b[31mred\u202e evil\u0007\n  x").text).toBe("red evil   x".replace("   ", "   "));
  expect(span("a   b").text).toBe("a   b");
});

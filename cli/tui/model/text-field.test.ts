import fc from "fast-check";
import { expect, test } from "vitest";
import { columnsOf } from "../../terminal-text.ts";
import { type Edit, edited, fieldOf, typed, visiblePart } from "./text-field.ts";

test("one key takes back one character that a person sees", () => {
  for (const character of ["馏", "👩‍🔬", "e\u0301"]) {
    expect(edited(fieldOf(`蒸${character}`), "backspace")).toEqual(fieldOf("蒸"));
  }
});

test("text is typed where the cursor stands", () => {
  const between = edited(fieldOf("蒸馏"), "left");
  expect(typed(between, "a")).toEqual({ text: "蒸a馏", cursor: 2 });
  expect(edited(between, "delete")).toEqual(fieldOf("蒸"));
});

test("pasted lines become one line without control characters", () => {
  expect(typed(fieldOf(""), "soft\u001b[2J\ntargets\u0000").text).toBe("soft targets");
});

test("a word and the whole left part can be taken back at once", () => {
  expect(edited(fieldOf("soft targets  "), "delete-word")).toEqual(fieldOf("soft "));
  expect(edited({ text: "soft targets", cursor: 5 }, "clear")).toEqual({ text: "targets", cursor: 0 });
});

test("the cursor stays in the text and in view, whatever is typed", () => {
  const edit = fc.constantFrom<Edit>("left", "right", "start", "end", "backspace", "delete", "delete-word");
  const step = fc.oneof(edit, fc.constantFrom("x:a", "x:蒸馏", "x: ", "x:👩‍🔬"));
  fc.assert(
    fc.property(fc.array(step), fc.integer({ min: 4, max: 30 }), (steps, columns) => {
      const end = steps.reduce(
        (field, it) => (it.startsWith("x:") ? typed(field, it.slice(2)) : edited(field, it as Edit)),
        fieldOf(""),
      );
      expect(end.cursor).toBeGreaterThanOrEqual(0);
      expect(end.cursor).toBeLessThanOrEqual(end.text.length);
      const { text, column } = visiblePart(end, columns);
      expect(columnsOf(text)).toBeLessThanOrEqual(columns);
      expect(column).toBeLessThanOrEqual(columnsOf(text));
      expect(column).toBeLessThan(columns);
    }),
  );
});

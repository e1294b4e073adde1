import fc from "fast-check";
import { expect, test } from "vitest";
import { atTop, type Move, moved, scrolled } from "./cursor.ts";

const moves = fc.array(fc.constantFrom<Move>("up", "down", "page-up", "page-down", "first", "last"));

test("the chosen row exists and is visible after any movement", () => {
  fc.assert(
    fc.property(
      moves,
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 50 }),
      (all, count, height) => {
        const end = all.reduce((cursor, move) => moved(cursor, move, count, height), atTop);
        expect(end.selected).toBeGreaterThanOrEqual(0);
        expect(end.selected).toBeLessThan(count);
        expect(end.selected).toBeGreaterThanOrEqual(end.top);
        expect(end.selected).toBeLessThan(end.top + height);
        expect(end.top).toBeLessThanOrEqual(Math.max(0, count - height));
      },
    ),
  );
});

test("a page keeps one row as a landmark", () => {
  expect(moved(atTop, "page-down", 100, 20).selected).toBe(19);
});

test("rows around the chosen one stay in view until the list ends", () => {
  const near = moved({ selected: 7, top: 0 }, "down", 100, 10);
  expect(near).toEqual({ selected: 8, top: 1 });
  expect(moved(near, "last", 100, 10)).toEqual({ selected: 99, top: 90 });
});

test("an empty list has a cursor at its top", () => {
  expect(moved({ selected: 5, top: 3 }, "down", 0, 10)).toEqual(atTop);
});

test("a text scrolls to its last page and no further", () => {
  expect(scrolled(0, "last", 30, 10)).toBe(20);
  expect(scrolled(20, "down", 30, 10)).toBe(20);
  expect(scrolled(3, "page-up", 30, 10)).toBe(0);
  expect(scrolled(0, "down", 5, 10)).toBe(0);
});

import type { Key } from "ink";
import { expect, test } from "vitest";
import { pressesOf } from "./press.ts";

const none = {} as Key;

test("keys that came together are pressed one after the other", () => {
  expect(pressesOf("a 馏\r", none)).toEqual([
    { key: "a", text: "a" },
    { key: "space", text: " " },
    { key: "馏", text: "馏" },
    { key: "enter", text: "" },
  ]);
});

test("a special key types nothing, and Ctrl and Shift are part of its name", () => {
  expect(pressesOf("", { ...none, upArrow: true })).toEqual([{ key: "up", text: "" }]);
  expect(pressesOf("c", { ...none, ctrl: true })).toEqual([{ key: "ctrl-c", text: "" }]);
  expect(pressesOf("", { ...none, tab: true, shift: true })).toEqual([{ key: "shift-tab", text: "" }]);
});

test("Alt with a letter is no letter", () => {
  expect(pressesOf("q", { ...none, meta: true })).toEqual([]);
});

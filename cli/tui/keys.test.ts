import { expect, test } from "vitest";
import { bindings, bindingsOf, type Context, commandFor, takesText } from "./keys.ts";

const contexts = [...new Set(bindings.flatMap((binding) => binding.in))];
const always = (): boolean => true;

test("no key means two things in one view", () => {
  for (const context of contexts) {
    const keys = bindingsOf(context, always).flatMap((binding) =>
      binding.keys.map((key) => `${key} ${binding.when ?? ""}`),
    );
    expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([]);
  }
});

test("Ctrl-C quits everywhere, Esc nowhere, and no letter does anything in a text field", () => {
  for (const context of contexts) {
    expect(commandFor(context, "ctrl-c", always)).toBe("interrupt");
    expect(commandFor(context, "escape", always)).not.toBe("quit");
    if (!takesText(context)) continue;
    for (const letter of "abcdefghijklmnopqrstuvwxyzGR?/123") {
      expect(commandFor(context, letter, always)).toBeUndefined();
    }
  }
});

test("every view has its keys: arrows and letters move alike, help and quit are there", () => {
  const views: readonly Context[] = ["topics", "articles", "detail", "run", "runs", "run-detail"];
  for (const view of views) {
    expect(commandFor(view, "j", always)).toBe("down");
    expect(commandFor(view, "down", always)).toBe("down");
    expect(commandFor(view, "G", always)).toBe("last");
    expect(commandFor(view, "?", always)).toBe("help");
    expect(commandFor(view, "q", always)).toBe("quit");
  }
});

test("a command that makes no sense at the moment is neither obeyed nor listed", () => {
  const never = (): boolean => false;
  expect(commandFor("run", "x", always)).toBe("stop");
  expect(commandFor("run", "x", never)).toBeUndefined();
  expect(bindingsOf("run", never).some(({ command }) => command === "stop")).toBe(false);
});

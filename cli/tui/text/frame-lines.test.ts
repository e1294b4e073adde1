/** The lines around the panes and in dialogs: nothing that a reader needs next may be cut off at eighty columns. */
import { expect, test } from "vitest";
import { columnsOf } from "../../terminal-text.ts";
import { plain } from "../line.ts";
import { emptyState, type State } from "../model/state.ts";
import { leaveLines } from "./dialog-lines.ts";
import { messageLines } from "./frame-lines.ts";

const state = emptyState({ columns: 80, rows: 24 });
const saying = (text: string): State => ({ ...state, message: { text, tone: "failure" } });

test("a long message takes the lines that it needs, each within the screen", () => {
  const text =
    "/tmp/reports is not empty and not a report of kdaccel: it holds notes.txt. Name another folder.";
  const lines = messageLines(saying(text)).map(plain);
  expect(lines.length).toBe(2);
  expect(lines.map((line) => line.trim()).join(" ")).toBe(text);
  for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(80);
});

test("a message without end does not cover the screen, and none takes one empty line", () => {
  expect(messageLines(saying("word ".repeat(500)))).toHaveLength(4);
  expect(messageLines(state).map(plain)).toEqual([""]);
});

test("the question whether to quit names the command that completes the run, whole", () => {
  const lines = leaveLines("r123", 66).map(plain);
  expect(lines.join(" ")).toContain("kdaccel bench --resume r123 completes it.");
  for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(66);
});

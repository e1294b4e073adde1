/**
 * A line of text being typed. Moves by graphemes, so that one key takes back one Chinese character or one emoji;
 * control characters never get in.
 */
import { columnsOf, sanitise } from "../../terminal-text.ts";

export interface TextField {
  readonly text: string;
  /** Position of the cursor, as an index into the text. */
  readonly cursor: number;
}

const edits = ["left", "right", "start", "end", "backspace", "delete", "clear", "delete-word"] as const;

/** An edit by its key. */
export type Edit = (typeof edits)[number];

/** Whether a command edits a field. */
export function isEdit(command: string): command is Edit {
  return (edits as readonly string[]).includes(command);
}

// Longer input is a mistake (a pasted page); the index and file systems take less than this.
const longest = 500;

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** A field with the cursor at the end of a text. */
export function fieldOf(text: string): TextField {
  return { text, cursor: text.length };
}

/** The field after text was typed or pasted at the cursor. */
export function typed(field: TextField, input: string): TextField {
  const added = sanitise(input).slice(0, Math.max(0, longest - field.text.length));
  const text = field.text.slice(0, field.cursor) + added + field.text.slice(field.cursor);
  return { text, cursor: field.cursor + added.length };
}

/** The field after an editing key. */
export function edited(field: TextField, edit: Edit): TextField {
  const { text, cursor } = field;
  const before = previous(field);
  const after = next(field);
  switch (edit) {
    case "left":
      return { text, cursor: before };
    case "right":
      return { text, cursor: after };
    case "start":
      return { text, cursor: 0 };
    case "end":
      return { text, cursor: text.length };
    case "backspace":
      return { text: text.slice(0, before) + text.slice(cursor), cursor: before };
    case "delete":
      return { text: text.slice(0, cursor) + text.slice(after), cursor };
    case "clear":
      return { text: text.slice(cursor), cursor: 0 };
    case "delete-word": {
      const kept = text.slice(0, cursor).replace(/\S*\s*$/u, "");
      return { text: kept + text.slice(cursor), cursor: kept.length };
    }
  }
}

/** The part of the field that fits into so many columns with the cursor in view, and the cursor's column in it. */
export function visiblePart(field: TextField, columns: number): { text: string; column: number } {
  const pieces = [...graphemes.segment(field.text)];
  let start = 0;
  const ahead = (): number => columnsOf(field.text.slice(pieces[start]?.index ?? 0, field.cursor));
  while (start < pieces.length && ahead() >= columns) start++;
  const from = pieces[start]?.index ?? field.text.length;
  let text = "";
  for (const { segment } of pieces.slice(start)) {
    if (columnsOf(text + segment) > columns) break;
    text += segment;
  }
  return { text, column: columnsOf(field.text.slice(from, field.cursor)) };
}

function previous({ text, cursor }: TextField): number {
  let at = 0;
  for (const { index } of graphemes.segment(text)) {
    if (index >= cursor) break;
    at = index;
  }
  return at;
}

function next({ text, cursor }: TextField): number {
  for (const { index, segment } of graphemes.segment(text)) {
    if (index + segment.length > cursor) return index + segment.length;
  }
  return text.length;
}

/**
 * Paragraphs that hang on a label, and sections with a title: the layout of everything that `show` prints.
 */
import type { View } from "./print.ts";
import { columnsOf, sanitise, wrap } from "./terminal-text.ts";

// Narrower text than this is harder to read than text that runs over the edge.
const narrowest = 20;

/** A text wrapped to the width, its first line behind the label, the others set in as far. */
export function under(
  label: string,
  text: string,
  { width }: View,
  style: (line: string) => string = (line) => line,
): string[] {
  const indent = columnsOf(label);
  const lines = wrap(sanitise(text), Math.max(narrowest, width - indent));
  return lines.map((line, at) => (at === 0 ? label : " ".repeat(indent)) + style(line));
}

/** A title and lines under it, set in, with an empty line before; nothing where there are no lines. */
export function section(title: string, lines: readonly string[], { theme }: View): string[] {
  return lines.length === 0 ? [] : ["", theme.heading(title), ...lines.map((line) => `  ${line}`)];
}

/** The view inside a section, which is narrower. */
export function inside(view: View): View {
  return { ...view, width: view.width - 2 };
}

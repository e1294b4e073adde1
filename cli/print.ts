/**
 * How commands print: lines for people, or one JSON document for programs. Results go to stdout, advice to stderr.
 */
import { outputColumns, sanitise } from "./terminal-text.ts";
import { type Theme, themeFor } from "./theme.ts";

/** What every rendering of lines needs to know of its output. */
export interface View {
  /** Columns; `Infinity` into a pipe or file. */
  readonly width: number;
  readonly theme: Theme;
}

/** The view of stdout. */
export function stdoutView(): View {
  return { width: outputColumns(process.stdout), theme: themeFor(process.stdout) };
}

export function printLines(lines: readonly string[]): void {
  if (lines.length > 0) process.stdout.write(`${lines.join("\n")}\n`);
}

/** Prints one document of the schema `kdaccel/<name>/1`, a contract that only grows. */
export function printDocument(name: string, body: object): void {
  process.stdout.write(`${JSON.stringify({ schema: `kdaccel/${name}/1`, ...body }, null, 2)}\n`);
}

/** Says something that is no result. */
export function advise(text: string): void {
  process.stderr.write(`${sanitise(text)}\n`);
}

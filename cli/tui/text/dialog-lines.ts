/** What the dialogs say. */

import { formatDuration } from "../../../reports/numbers.ts";
import { blank, fitted, inRole, type Line, span, spread } from "../line.ts";
import { choiceRows, profiles } from "../model/dialogs.ts";
import type { Overlay, State } from "../model/state.ts";
import { wrapped } from "./article-lines.ts";

const profileNotes = {
  quick: "small sizes, to see that it works",
  standard: "what the claims' rules ask for",
  full: "large sizes and narrow intervals",
} as const;

/** The choice of experiments with the expected time of each, and the profiles. */
export function choiceLines(
  state: State,
  { choices, cursor, profile }: Extract<Overlay, { kind: "choose" }>,
  columns: number,
): Line[] {
  const rows = choices.slice(cursor.top, cursor.top + Math.max(1, choiceRows(state)));
  const list = rows.map((choice, at): Line => {
    const chosen = cursor.top + at === cursor.selected;
    const name = [
      span(`${chosen ? "› " : "  "}${choice.title}`),
      span(choice.note && `  ${choice.note}`, "muted"),
    ];
    const line = spread(name, [span(` ${formatDuration(choice.seconds[profile])}`)], columns);
    return chosen ? inRole(fitted(line, columns), "selected") : line;
  });
  const options = profiles.map((name) =>
    name === profile ? span(` [${name}] `, "focus") : span(`  ${name}  `, "muted"),
  );
  return [
    ...list,
    blank,
    [span("Profile "), ...options],
    [span(`        ${profileNotes[profile]}`, "muted")],
  ];
}

/** Where the report goes; the field itself is drawn over the second line. */
export function exportLines(busy: boolean): Line[] {
  return [
    [span("Directory; it is made if it does not exist:")],
    blank,
    blank,
    [span(busy ? "Writing …" : "Markdown, charts, and the data as CSV and JSON.", "muted")],
  ];
}

/** Row of the field in the export dialog. */
export const exportFieldRow = 1;

/** Whether to leave a run that goes on. */
export function leaveLines(run: string | undefined, columns: number): Line[] {
  const resume = `kdaccel bench --resume ${run ?? "last"}`;
  return [
    ...wrapped(`${run ? `Run ${run}` : "A run"} is going on. Quitting stops it.`, columns),
    ...wrapped(`What is finished stays stored; ${resume} completes it.`, columns, "muted"),
  ];
}

/** Rows of the three lists: topics, articles, runs. A row is fitted to its pane, with a mark at the chosen one. */
import type { RunSummary } from "../../../catalog/ledger.ts";
import type { Highlighted } from "../../../catalog/search.ts";
import { momentText } from "../../moment.ts";
import { fitted, inRole, type Line, type Span, span, spread } from "../line.ts";
import type { Cursor } from "../model/cursor.ts";
import type { ArticleRow, TopicRow } from "../source.ts";
import { verdictMarks } from "./article-lines.ts";

export interface ListView<Row> {
  readonly rows: readonly Row[];
  readonly cursor: Cursor;
  readonly height: number;
  readonly columns: number;
  readonly focused: boolean;
  readonly line: (row: Row, columns: number) => Line;
}

const mark = "› ";

/** The visible rows of a list. */
export function listLines<Row>({ rows, cursor, height, columns, focused, line }: ListView<Row>): Line[] {
  return rows.slice(cursor.top, cursor.top + height).map((row, at) => {
    const chosen = cursor.top + at === cursor.selected;
    const text = fitted(line(row, columns - mark.length), columns - mark.length);
    if (!chosen) return [{ text: " ".repeat(mark.length) }, ...text];
    return inRole([{ text: mark }, ...text], focused ? "selected" : "chosen");
  });
}

/** A topic, set in by its depth, with its number of articles. */
export function topicLine(row: TopicRow, columns: number, titles: "en" | "zh"): Line {
  const title = span(row.title[titles], row.depth === 0 ? "heading" : undefined);
  return spread([{ text: "  ".repeat(row.depth) }, title], [span(` ${row.articles}`, "muted")], columns);
}

/** An article: number, title with what matched, and how many experiments match it. */
export function articleLine(
  row: ArticleRow,
  columns: number,
  titles: "en" | "zh",
  experiments: number,
): Line {
  const number = span(`${String(row.number).padStart(3)} `, "muted");
  const [first, second] = titles === "en" ? [row.titleEn, row.titleZh] : [row.titleZh, row.titleEn];
  // The title that shows the match, where only one of them does.
  const title = first.ranges.length === 0 && second.ranges.length > 0 ? second : first;
  const because: Span[] = row.because
    ? [span(`  ${row.because.field}: `, "muted"), ...highlighted(row.because)]
    : [];
  const note = experiments > 0 ? [span(` ${experiments} exp`, "muted")] : [];
  return spread([number, ...highlighted(title), ...because], note, columns);
}

/** A run: id, when, how it ended, its verdicts and what it ran. */
export function runLine(run: RunSummary, columns: number): Line {
  const { verdicts } = run;
  const counts = (["confirmed", "refuted", "inconclusive"] as const)
    .filter((verdict) => verdicts[verdict] > 0)
    .map((verdict) => span(`${verdicts[verdict]}${verdictMarks[verdict]} `, verdict));
  const [first, ...others] = run.experiments;
  const what = `${first ?? "nothing"}${others.length > 0 ? ` +${others.length}` : ""}`;
  const status =
    run.status === "finished"
      ? []
      : [span(`${run.status} `, run.status === "running" ? "running" : "warning")];
  const failed = run.failures > 0 ? [span(`${run.failures} failed `, "failure")] : [];
  return spread(
    [span(run.id.padEnd(5), "id"), span(`${momentText(run.startedAt)}  `, "muted"), span(what)],
    [{ text: " " }, ...status, ...failed, ...counts],
    columns,
  );
}

/** A text with what matched marked. */
export function highlighted({ text, ranges }: Highlighted): Span[] {
  const spans: Span[] = [];
  let at = 0;
  for (const [start, end] of ranges) {
    if (start > at) spans.push(span(text.slice(at, start)));
    spans.push(span(text.slice(start, end), "match"));
    at = end;
  }
  if (at < text.length) spans.push(span(text.slice(at)));
  return spans;
}

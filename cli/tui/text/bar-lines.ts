/**
 * A bar chart as lines of text: one row a variant, with the bar, its 95 % interval, and the same in figures.
 */
import { columnsOf, pad, truncate } from "../../terminal-text.ts";
import { blank, type Line, type Span, span } from "../line.ts";
import type { Bar, BarChart } from "../model/bars.ts";

// Block elements of eighths of a cell (U+2589 to U+258F), which every terminal font has; not braille, which braille
// displays would spell out.
const eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** Rows of a chart in so many columns. */
export function barLines(chart: BarChart, columns: number): Line[] {
  const mixed = new Set(chart.bars.map(({ target }) => target)).size > 1;
  const targets = chart.bars.map((bar) => (mixed ? ` ${bar.target}` : ""));
  const full = chart.bars.map((bar, at) => columnsOf(bar.variant + targets[at]));
  const nameColumns = Math.min(Math.floor(columns / 3), Math.max(...full));
  // A long name gives way before its target does: the same variant may stand there for each.
  const names = chart.bars.map(({ variant }, at) => {
    const target = targets[at] ?? "";
    return truncate(variant, nameColumns - columnsOf(target)) + target;
  });
  const facts = factColumns(chart, columns, nameColumns);
  const room = columns - nameColumns - facts.reduce((sum, each) => sum + each + 2, 0) - 1;
  const width = Math.min(longestBar, room);
  return chart.bars.map((bar, at) => [
    span(pad(names[at] ?? "", nameColumns), bar.wrong ? "failure" : undefined),
    { text: " " },
    ...barSpans(bar, Math.max(4, width)),
    ...factSpans(bar, facts),
  ]);
}

// On a wide screen the figures stay near the names; a longer bar shows nothing more.
const longestBar = 60;

/** A shorter bar than this says less than one more figure would. */
const leastBar = (columns: number): number => Math.max(14, Math.floor(columns / 4));

/** Widths of the figures that fit beside a bar; the first always does. */
function factColumns(chart: BarChart, columns: number, nameColumns: number): number[] {
  const most = Math.max(...chart.bars.map((bar) => bar.notes.length)) + 1;
  const widths: number[] = [];
  let left = columns - nameColumns - 1 - leastBar(columns);
  for (let at = 0; at < most; at++) {
    const width = Math.max(...chart.bars.map((bar) => columnsOf(factsOf(bar)[at] ?? "")));
    if (at > 0 && width + 2 > left) break;
    widths.push(width);
    left -= width + 2;
  }
  return widths;
}

function factsOf(bar: Bar): readonly string[] {
  return [bar.figure, ...bar.notes];
}

function factSpans(bar: Bar, widths: readonly number[]): Span[] {
  const facts = factsOf(bar);
  return widths.map((width, at) => {
    const text = `  ${pad(truncate(facts[at] ?? "", width), width, at === 0 ? "left" : "right")}`;
    return at === 0 ? { text } : { text, role: "muted" };
  });
}

/** The bar solid up to the interval's lower end, the interval shaded, the rest of the axis faint. */
function barSpans(bar: Bar, width: number): Span[] {
  // An interval that is narrower than a cell cannot be shown: then the bar ends at the estimate.
  const wide = (bar.high - bar.low) * width >= 1;
  const solid = wide ? "█".repeat(Math.round(bar.low * width)) : partial(bar.value * width);
  const shade = wide ? "▒".repeat(Math.max(1, Math.round(bar.high * width) - solid.length)) : "";
  const rest = Math.max(0, width - solid.length - shade.length);
  return [
    { text: solid, role: "bar" },
    { text: shade, role: "interval" },
    { text: "·".repeat(rest), role: "axis" },
  ];
}

/** So many cells, to an eighth. */
function partial(cells: number): string {
  const rounded = Math.round(cells * 8) / 8;
  return "█".repeat(Math.floor(rounded)) + (eighths[(rounded % 1) * 8] ?? "");
}

/** The line above a chart that says what full width stands for. */
export function axisLine(chart: BarChart): Line {
  return chart.axis ? [span(chart.axis, "muted")] : blank;
}

/**
 * The columns of a run's table, and what becomes of them where the terminal is narrower: a table that cuts the names of
 * its variants compares nothing, so figures give way first, those that a comparison needs least before the others.
 * `--json` and reports have them all.
 */
import type { Measurement, VariantRef } from "../kernels/experiment.ts";
import { metrics } from "../kernels/metrics.ts";
import { sameVariant } from "../kernels/variant.ts";
import { formatInterval, formatMeasurement, scaleOf, withScale } from "../reports/numbers.ts";
import { type Column, tableWidth } from "./table.ts";
import type { Theme } from "./theme.ts";

/** One contestant with what was measured of it. */
export interface RunRow extends VariantRef {
  readonly measured: readonly Measurement[];
}

export interface RunColumns {
  readonly columns: readonly Column<RunRow>[];
  /** Titles of what is not shown, as a wide terminal has them. */
  readonly folded: readonly string[];
}

interface RunColumn extends Column<RunRow> {
  /** A shorter form of the column. */
  readonly short?: Pick<Column<RunRow>, "title" | "text">;
  /** The lower, the earlier the column is shortened or left out; absent: it stays as it is. */
  readonly spare?: number;
}

/**
 * The columns that fit `width` with every variant's name whole, where leaving out all that can be spared is enough.
 *
 * @param against what the column of ratios is taken against
 */
export function runColumns(
  rows: readonly RunRow[],
  against: VariantRef | undefined,
  { width, theme }: { readonly width: number; readonly theme: Theme },
): RunColumns {
  let columns = allColumns(rows, against, theme);
  const folded: string[] = [];
  while (tableWidth(columns, rows) > width) {
    const next = columns
      .filter(({ spare }) => spare !== undefined)
      .reduce<RunColumn | undefined>((least, each) => (rank(each) < rank(least) ? each : least), undefined);
    if (!next) break;
    const { short, spare: _, ...rest } = next;
    if (!short) folded.push(next.title);
    columns = columns.flatMap((each) => (each !== next ? [each] : short ? [{ ...rest, ...short }] : []));
  }
  return { columns, folded };
}

const rank = (column: RunColumn | undefined): number => column?.spare ?? Number.POSITIVE_INFINITY;

function allColumns(
  rows: readonly RunRow[],
  against: VariantRef | undefined,
  theme: Theme,
): readonly RunColumn[] {
  const measured = rows.flatMap((row) => row.measured);
  const present = metrics.filter(({ id }) => measured.some((m) => m.metric === id));
  const isWrong = measured.some((m) => m.correct === false);
  return [
    { title: "variant", text: (row) => row.variant, flex: 1 },
    { title: "target", text: (row) => row.target },
    ...present.flatMap(({ id, title }) => {
      const others = id === "speed-up" ? [] : differencesOf(measured, id);
      if (others.length === 0) return [metricColumn(id, title, against)];
      return others.map((other) => differenceColumn(id, title, other));
    }),
    {
      title: "correct",
      text: ({ measured }) => correctness(measured),
      style: (text) => (text.startsWith("WRONG") ? theme.failure(text) : text),
      // What is wrong stands among the failures besides, but must not be missed here.
      ...(!isWrong && { spare: 0 }),
    },
  ];
}

/** What a metric was taken against, each once. */
function differencesOf(measured: readonly Measurement[], id: string): VariantRef[] {
  const all = measured.flatMap((m) => (m.metric === id && m.against ? [m.against] : []));
  return all.filter((ref, at) => all.findIndex((other) => sameVariant(ref, other)) === at);
}

/** A paired difference from one other variant: a study has one from the plain student and one from Hinton's method. */
function differenceColumn(id: string, title: string, other: VariantRef): RunColumn {
  const find = (row: RunRow): Measurement | undefined =>
    row.measured.find((m) => m.metric === id && m.against && sameVariant(m.against, other));
  return {
    title: id === "test-error-change" ? `less ${other.variant}` : `${title} from ${other.variant}`,
    align: "right",
    text: (row) => {
      const found = find(row);
      return found ? formatMeasurement(found) : "";
    },
    ...(id !== "test-error-change" && { spare: 2 }),
  };
}

function metricColumn(id: string, title: string, against: VariantRef | undefined): RunColumn {
  const find = (row: RunRow): Measurement | undefined =>
    row.measured.find(
      (m) => m.metric === id && (id !== "speed-up" || (m.against && sameVariant(against ?? row, m.against))),
    );
  const { short, ...shown } = presentations[id] ?? { title: () => title, text: formatMeasurement, spare: 5 };
  const cell =
    (text: (measurement: Measurement) => string) =>
    (row: RunRow): string => {
      if (id === "speed-up" && against && sameVariant(row, against)) return "1";
      const found = find(row);
      return found ? text(found) : "";
    };
  return {
    title: shown.title(against),
    align: "right",
    text: cell(shown.text),
    ...(shown.spare !== undefined && { spare: shown.spare }),
    ...(short && { short: { title: short.title, text: cell(short.text ?? shown.text) } }),
  };
}

interface Presentation {
  title(against: VariantRef | undefined): string;
  text(measurement: Measurement): string;
  readonly spare?: number;
  readonly short?: { readonly title: string; readonly text?: (measurement: Measurement) => string };
}

/** A value without its unit, which the title of its column says. */
const bare = ({ metric, value }: Measurement): string =>
  withScale(value, { ...scaleOf(metric, value), suffix: "" });

const median = (m: Measurement): string => withScale(m.value, scaleOf(m.metric, m.value));

const bareInterval = (m: Measurement): string =>
  formatInterval(m.metric, m, { ...scaleOf(m.metric, m.value), suffix: "" });

/** How the metrics of a timed comparison are shown, and in which order they give way. */
const presentations: Readonly<Record<string, Presentation>> = {
  // Time and rate are one figure twice: the interval of the time goes before any column does.
  time: {
    title: () => "time [95 %]",
    text: (m) => formatMeasurement(m),
    spare: 1,
    short: { title: "time", text: median },
  },
  throughput: { title: () => "GFLOP/s", text: bare },
  bandwidth: { title: () => "GB/s", text: bare, spare: 3 },
  "peak-fraction": { title: () => "% of peak", text: bare, spare: 4, short: { title: "% peak" } },
  "simulated-intensity": { title: () => "FLOP/B at L1", text: bare, spare: 2 },
  "predicted-peak-fraction": { title: () => "predicted", text: bare },
  "registers-needed": { title: () => "registers", text: bare, spare: 5 },
  "loads-per-fma": { title: () => "loads/FMA", text: bare, spare: 4 },
  "misses-per-mac": { title: () => "misses/MAC", text: bare, spare: 2 },
  // What rules and charts are worked out from, beside the rates that follow from it.
  "bytes-moved": { title: () => "bytes moved", text: formatMeasurement, spare: 1 },
  "working-set": { title: () => "working set", text: formatMeasurement, spare: 1 },
  "level-capacity": { title: () => "capacity", text: formatMeasurement, spare: 1 },
  "test-error": { title: () => "test error", text: formatMeasurement },
  "inference-flops": { title: () => "operations", text: formatMeasurement, spare: 2 },
  "training-time": {
    title: () => "training",
    text: formatMeasurement,
    spare: 4,
    short: { title: "training", text: median },
  },
  "test-loss": { title: () => "test loss", text: formatMeasurement, spare: 3 },
  "speed-up": {
    title: (against) => (against ? `x over ${against.variant}` : "x"),
    text: bareInterval,
    spare: 3,
    short: { title: "x" },
  },
};

function correctness(measured: readonly Measurement[]): string {
  if (measured.some((m) => m.correct === false)) return "WRONG";
  return measured.some((m) => m.correct === true) ? "yes" : "-";
}

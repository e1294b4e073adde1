/**
 * A workload's measurements as a table: contestants in the order of the plan, one column a metric, ceilings last and in
 * italics. A column whose values are all missing does not exist.
 */
import type { StoredCell, StoredSample } from "../../catalog/ledger.ts";
import type { Measurement, VariantRef } from "../../kernels/experiment.ts";
import { metrics } from "../../kernels/metrics.ts";
import { isCeiling, isOverCeiling, sameVariant, variantRef } from "../../kernels/variant.ts";
import { differenceInWords } from "../difference-words.ts";
import { forecastsInWords } from "../forecast-words.ts";
import { type Column, code, table, text } from "../markdown.ts";
import { formatCount, formatMeasurement, metricTitle } from "../numbers.ts";
import { cellRemarks } from "../remarks.ts";

interface Row {
  readonly ref: VariantRef;
  readonly measured: readonly Measurement[];
}

/** Blocks of Markdown for one workload, with remarks on its samples; none where nothing was measured in it. */
export function resultTables(
  cell: StoredCell,
  all: readonly Measurement[],
  samples: readonly StoredSample[],
): string[] {
  const measured = all.filter((m) => !isOverCeiling(m));
  const rows = rowsOf(cell, measured);
  if (rows.length === 0) return [];
  const against = measured.find((m) => m.metric === "speed-up")?.against;
  const columns = columnsFor(rows, measured, against);
  const cells = rows.map((row) => columns.map((column) => styled(row, column.cell(row))));
  const remarks = cellRemarks(samples).map((remark) => `- ${text(remark)}`);
  return [
    table(columns, cells),
    ...otherRatios(measured, against),
    ...forecastsInWords(measured).map(text),
    ...(remarks.length === 0 ? [] : [remarks.join("\n")]),
  ];
}

/** Contestants as planned, then whatever else was measured; ceilings last. */
function rowsOf(cell: StoredCell, measured: readonly Measurement[]): Row[] {
  const refs: VariantRef[] = [...cell.variants];
  for (const m of measured) {
    if (!refs.some((ref) => sameVariant(ref, m))) refs.push(variantRef(m));
  }
  return refs
    .map((ref) => ({ ref, measured: measured.filter((m) => sameVariant(m, ref)) }))
    .filter((row) => row.measured.length > 0)
    .sort((a, b) => Number(isCeiling(a.ref)) - Number(isCeiling(b.ref)));
}

type ResultColumn = Column & { readonly cell: (row: Row) => string };

function columnsFor(
  rows: readonly Row[],
  measured: readonly Measurement[],
  against: VariantRef | undefined,
): ResultColumn[] {
  const known = metrics.map(({ id }) => id as string);
  const present = [...new Set(measured.map((m) => m.metric))].sort(
    (a, b) => place(known, a) - place(known, b),
  );
  const timed = measured.some((m) => m.kind === "timed");
  const checked = measured.some((m) => m.correct !== null);
  return [
    { title: "Variant", cell: ({ ref }) => code(ref.variant) },
    ...(new Set(rows.map(({ ref }) => ref.target)).size > 1
      ? [{ title: "Target", cell: ({ ref }: Row) => ref.target }]
      : []),
    ...(measured.some((m) => m.threads !== 1)
      ? [{ title: "Threads", align: "right" as const, cell: threadsOf }]
      : []),
    ...present.flatMap((metric) =>
      metric === "speed-up" && against
        ? [metricColumn(metric, against), differenceColumn(against)]
        : differencesFrom(measured, metric),
    ),
    ...(timed ? [{ title: "Rounds", align: "right" as const, cell: roundsOf }] : []),
    ...(checked ? [{ title: "Correct", cell: correctness }] : []),
  ];
}

/** Metrics that this version does not know come last. */
function place(known: readonly string[], metric: string): number {
  const at = known.indexOf(metric);
  return at < 0 ? known.length : at;
}

function metricColumn(metric: string, against: VariantRef | undefined): ResultColumn {
  if (metric === "speed-up" && against) {
    return {
      title: `Speed-up over ${code(against.variant)}`,
      align: "right",
      cell: ({ ref, measured }) => {
        if (sameVariant(ref, against)) return "1";
        const found = ratioOver(measured, against);
        return found ? formatMeasurement(found) : "";
      },
    };
  }
  const title = metricTitle(metric);
  return {
    title: title.charAt(0).toUpperCase() + title.slice(1),
    align: "right",
    cell: ({ measured }) => {
      const found = measured.find((m) => m.metric === metric);
      return found ? formatMeasurement(found) : "";
    },
  };
}

/** A column of the metric; of one that is a difference, a column for each variant that it was taken against. */
function differencesFrom(measured: readonly Measurement[], metric: string): ResultColumn[] {
  const others =
    metric === "speed-up"
      ? []
      : measured.flatMap((m) => (m.metric === metric && m.against ? [m.against] : []));
  const each = others.filter((ref, at) => others.findIndex((other) => sameVariant(ref, other)) === at);
  if (each.length === 0) return [metricColumn(metric, undefined)];
  const title = metricTitle(metric);
  return each.map((other) => ({
    title: `${title.charAt(0).toUpperCase() + title.slice(1)} from ${code(other.variant)}`,
    align: "right",
    cell: ({ measured: own }) => {
      const found = own.find((m) => m.metric === metric && m.against && sameVariant(m.against, other));
      return found ? formatMeasurement(found) : "";
    },
  }));
}

/** What the ratio beside it amounts to, in a word. */
function differenceColumn(against: VariantRef): ResultColumn {
  return {
    title: "Difference",
    cell: ({ measured }) => {
      const found = ratioOver(measured, against);
      return found ? differenceInWords(found) : "";
    },
  };
}

function ratioOver(measured: readonly Measurement[], against: VariantRef): Measurement | undefined {
  return measured.find((m) => m.metric === "speed-up" && m.against && sameVariant(m.against, against));
}

function threadsOf({ measured }: Row): string {
  return formatCount(measured[0]?.threads ?? 1);
}

function roundsOf({ measured }: Row): string {
  const timed = measured.find((m) => m.kind === "timed");
  return timed ? formatCount(timed.n) : "";
}

function correctness({ measured }: Row): string {
  if (measured.some((m) => m.correct === false)) return "**wrong**";
  return measured.some((m) => m.correct === true) ? "yes" : "";
}

function styled({ ref }: Row, cell: string): string {
  return isCeiling(ref) && cell !== "" ? `*${cell}*` : cell;
}

/** Paired ratios against other variants than that of the table. */
function otherRatios(measured: readonly Measurement[], against: VariantRef | undefined): string[] {
  const others = measured.flatMap((m) =>
    m.metric === "speed-up" && m.against && against && !sameVariant(m.against, against)
      ? [[code(m.variant), code(m.against.variant), m.target, formatMeasurement(m), differenceInWords(m)]]
      : [],
  );
  if (others.length === 0) return [];
  const columns: Column[] = [
    { title: "Variant" },
    { title: "Over" },
    { title: "Target" },
    { title: "Paired speed-up", align: "right" },
    { title: "Difference" },
  ];
  return ["Further paired ratios:", table(columns, others)];
}

/**
 * What others found, beside what this run measured. Figures of another data set are no measurements of this one: a study's
 * table keeps what authors claim, what others found when they ran it anew, and what was measured here in columns of their own.
 */
import type { Measurement, Published } from "../../kernels/experiment.ts";
import { type Column, code, table, text } from "../markdown.ts";
import { betterOf, formatMeasurement, formatMetric, formatRatio, metricTitle } from "../numbers.ts";

/** Blocks of Markdown for the published figures of an experiment; none where there are none. */
export function publishedSection(
  published: readonly Published[],
  measured: readonly Measurement[],
): string[] {
  const compared = published.filter(({ by }) => by !== undefined);
  const rest = published.filter(({ by }) => by === undefined);
  return [...(compared.length > 0 ? comparedBlocks(compared, measured) : []), ...rest.flatMap(aloneBlocks)];
}

const columns: readonly Column[] = [
  { title: "Method" },
  { title: "Claimed", align: "right" },
  { title: "Reproduced by others", align: "right" },
  { title: "Measured here", align: "right" },
];

function comparedBlocks(published: readonly Published[], measured: readonly Measurement[]): string[] {
  const [{ metric } = { metric: "" }] = published;
  const own = measured.filter((m) => m.metric === metric);
  const steps = [
    ...new Set([
      ...published.flatMap(({ rows }) => rows.map(({ step }) => step)),
      ...own.map((m) => m.variant),
    ]),
  ];
  const cell = (by: Published["by"], step: string): string => {
    const found = published.flatMap((each, at) =>
      each.by === by
        ? each.rows
            .filter((row) => row.step === step)
            .map(({ value }) => `${formatMetric(metric, value)} [${at + 1}]`)
        : [],
    );
    return found.join(", ") || "—";
  };
  const rows = steps.map((step) => {
    const here = own.find((m) => m.variant === step);
    return [code(step), cell("authors", step), cell("others", step), here ? formatMeasurement(here) : "—"];
  });
  const sources = published.map(
    ({ title, source, conditions }, at) =>
      `${at + 1}. ${text(title)}. ${text(conditions)}. Source: ${text(source)}.`,
  );
  return [
    `${capital(metricTitle(metric))}, on other data in each column of others: which method is ahead can be compared, figures cannot.`,
    table(columns, rows),
    sources.join("\n"),
  ];
}

/** Figures of others as a table of their own: nobody is to take them for measurements of this run. */
function aloneBlocks({ title, source, conditions, metric, rows }: Published): string[] {
  const first = rows[0]?.value ?? Number.NaN;
  const ratio =
    betterOf(metric) === "lower" ? (value: number) => first / value : (value: number) => value / first;
  return [
    `Published elsewhere, not measured here: ${text(title)}. ${text(conditions)}. Source: ${text(source)}.`,
    table(
      [
        { title: "Step" },
        { title: capital(metricTitle(metric)), align: "right" },
        { title: "Over the first", align: "right" },
      ],
      rows.map(({ step, value }) => [text(step), formatMetric(metric, value), formatRatio(ratio(value))]),
    ),
  ];
}

function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

/** One experiment of a run: its question, charts, tables, verdicts with rule and evidence, and what failed. */
import type { StoredCell, StoredFailure, StoredSample, StoredVerdict } from "../../catalog/ledger.ts";
import type { FailureReason, Measurement } from "../../kernels/experiment.ts";
import { findingsIn } from "../../kernels/judge.ts";
import type { DrawnChart } from "../drawn-charts.ts";
import { code, image, link, text } from "../markdown.ts";
import { formatDuration } from "../numbers.ts";
import type { ReportInput } from "../report-input.ts";
import type { Sources } from "../sources.ts";
import { publishedSection } from "./published.ts";
import { resultTables } from "./results.ts";
import { verdictMarks } from "./summary.ts";

/** Blocks of Markdown for the experiment with this id. */
export function experimentSection(input: ReportInput, id: string, charts: readonly DrawnChart[]): string[] {
  const { stored, sources } = input;
  const experiment = input.experiments.find((each) => each.id === id);
  const here = <Of extends { readonly experiment: string }>(all: readonly Of[]): Of[] =>
    all.filter((each) => each.experiment === id);
  const own = here(charts);
  const undrawn = (experiment?.charts ?? []).filter((hint) => !own.some((chart) => chart.hint === hint));
  return [
    experiment
      ? `### ${text(experiment.title.en)} ${text(experiment.title.zh)}\n\n${code(id)}: ${text(experiment.question)}`
      : `### ${code(id)}`,
    ...here(stored.verdicts).map((verdict) => verdictBlock(verdict, sources)),
    ...failures(here(stored.failures)),
    ...own.flatMap((chart) => [image(chart.alt, chart.path), text(chart.sentence)]),
    ...publishedSection(experiment?.published ?? [], here(stored.measurements)),
    ...undrawn.map((hint) => `No chart "${text(hint.title)}": ${whyNot(hint.kind)}`),
    ...here(stored.cells).flatMap((cell) => {
      const inCell = ({ workload }: { readonly workload: string }): boolean => workload === cell.workload;
      return cellBlocks(cell, here(stored.measurements).filter(inCell), here(stored.samples).filter(inCell));
    }),
  ];
}

function whyNot(kind: string): string {
  return kind === "roofline"
    ? "it needs rates, bytes and both measured ceilings, and this run has not all of them."
    : "this run has not the measurements that it shows.";
}

function verdictBlock({ claim: id, verdict, rule, evidence }: StoredVerdict, sources: Sources): string {
  const claim = sources.claims.get(id);
  const article = sources.cited.find(({ number }) => number === claim?.article);
  const from = article ? `, from article ${link(`#${article.number} ${article.titleEn}`, article.url)}` : "";
  const lines = [
    `> **${verdictMarks[verdict]} ${verdict}** ${code(id)}${from}`,
    ...(claim ? [`${text(claim.statementEn)} ${text(claim.statementZh)}`] : []),
    `**Rule.** ${text(rule)}`,
    "**Evidence.**",
  ];
  const findings = findingsIn(evidence).map((finding) => `> - ${text(finding)}`);
  return `${lines.join("\n>\n> ")}\n>\n${findings.join("\n")}`;
}

const reasons: Readonly<Record<FailureReason, string>> = {
  wrong: "disagrees with its reference",
  crashed: "crashed",
  hung: "hung",
  error: "failed",
};

function failures(all: readonly StoredFailure[]): string[] {
  if (all.length === 0) return [];
  const lines = all.map(({ workload, variant, target, reason, message }) => {
    const who = variant === null ? "The experiment" : `${code(variant)}${target ? ` (${target})` : ""}`;
    return `- ${who}${workload === null ? "" : ` at ${text(workload)}`} ${reasons[reason]}: ${text(message)}`;
  });
  return ["**Failures**", lines.join("\n")];
}

function cellBlocks(
  cell: StoredCell,
  measured: readonly Measurement[],
  samples: readonly StoredSample[],
): string[] {
  const state = cell.finished
    ? `measured in ${formatDuration(cell.seconds ?? 0)}${onlyTarget(measured)}`
    : "**not finished**: figures below, if any, are partial";
  const tables = resultTables(cell, measured, samples);
  const nothing = tables.length === 0 ? "; no measurement" : "";
  return [`#### ${text(cell.workload)}`, `${capital(state)}${nothing}.`, ...tables];
}

/** The target, where the table needs no column for it. */
function onlyTarget(measured: readonly Measurement[]): string {
  const targets = [...new Set(measured.map(({ target }) => target))];
  return targets.length === 1 ? ` on ${targets[0]}` : "";
}

function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

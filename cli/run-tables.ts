/**
 * A stored run as a person reads it: a table for each workload, then failures, then verdicts with rule and evidence.
 * `bench` prints it at its end and `runs show` at any time, from the same rows of the ledger.
 */
import type { StoredCell, StoredFailure, StoredRun, StoredSample, StoredVerdict } from "../catalog/ledger.ts";
import type { Measurement, VariantRef } from "../kernels/experiment.ts";
import { findingsIn } from "../kernels/judge.ts";
import { isOverCeiling } from "../kernels/variant.ts";
import { commandLine } from "../reports/command-line.ts";
import { differenceIn, differenceInWords } from "../reports/difference-words.ts";
import { forecastsInWords } from "../reports/forecast-words.ts";
import { formatDuration, formatMeasurement } from "../reports/numbers.ts";
import { cellRemarks } from "../reports/remarks.ts";
import { momentText } from "./moment.ts";
import { type RunRow, runColumns } from "./run-columns.ts";
import { table } from "./table.ts";
import { sanitise, wrap } from "./terminal-text.ts";
import type { Theme } from "./theme.ts";

export interface RunView {
  /** Columns of the terminal; `Infinity` for a file. */
  readonly width: number;
  readonly theme: Theme;
  /** What an experiment is called, where it is still known. */
  title(experiment: string): string | undefined;
}

/** The whole run as lines. */
export function runLines(stored: StoredRun, view: RunView): string[] {
  const experiments = [...new Set(stored.cells.map((cell) => cell.experiment))];
  return [
    ...experiments.flatMap((id) => experimentLines(stored, id, view)),
    ...failureLines(stored.failures, view),
    ...verdictLines(stored.verdicts, view),
  ];
}

/** What the run was, and on which machine. */
export function runHeading({ run, environment, settings }: StoredRun, { theme, width }: RunView): string[] {
  const { cpu, cores, node, v8, os, isa, virtualised, peers = [] } = environment;
  const machine = [cpu, `${cores} cores`, isa.join(" "), os, `Node ${node}`, `V8 ${v8}`];
  const facts = [...machine, virtualised ? `virtualised (${virtualised})` : ""].filter(Boolean).join(", ");
  return [
    `${theme.heading(`Run ${run.id}`)} ${run.status}, ${momentText(run.startedAt)}`,
    sanitise(commandLine(run.command)),
    `profile ${settings.profile}, seed ${settings.seed}, threads ${settings.threads ?? 1}, targets ${settings.targets.join(" ")}${environment.nativeIsa ? ` (${environment.nativeIsa})` : ""}`,
    ...(settings.workloads ? [sanitise(`workloads ${settings.workloads.join(", ")}`)] : []),
    ...wrap(sanitise(facts), width).map(theme.muted),
    ...peers.flatMap(({ peer, version, detail }) =>
      wrap(sanitise(`peer ${peer} ${version}: ${detail}`), width).map(theme.muted),
    ),
  ];
}

function experimentLines(stored: StoredRun, id: string, view: RunView): string[] {
  const title = view.title(id);
  const heading = title ? `${title} (${id})` : id;
  const cells = stored.cells.filter((cell) => cell.experiment === id);
  return [
    view.theme.heading(heading),
    ...cells.flatMap((cell) => [
      "",
      ...cellLines(cell, inCell(stored.measurements, cell), view),
      ...remarkLines(inCell(stored.samples, cell), view),
    ]),
    "",
  ];
}

/** Of all measurements or samples of a run, those of one cell. */
function inCell<Of extends Measurement | StoredSample>(
  all: readonly Of[],
  { experiment, workload }: StoredCell,
): Of[] {
  return all.filter((each) => each.experiment === experiment && each.workload === workload);
}

function remarkLines(samples: readonly StoredSample[], { width, theme }: RunView): string[] {
  return cellRemarks(samples).flatMap((remark) => wrap(sanitise(remark), width).map(theme.muted));
}

function cellLines(cell: StoredCell, all: readonly Measurement[], view: RunView): string[] {
  const measured = all.filter((m) => !isOverCeiling(m));
  const state = cell.finished ? formatDuration(cell.seconds ?? 0) : "not finished";
  const heading = `${view.theme.id(sanitise(cell.workload))}  ${view.theme.muted(state)}`;
  const rows = rowsOf(cell, measured);
  if (rows.length === 0) return [heading];
  const against = measured.find((m) => m.metric === "speed-up")?.against;
  const { columns, folded } = runColumns(rows, against, view);
  return [
    heading,
    ...table(columns, rows, { width: view.width, heading: view.theme.muted }),
    ...foldedLines(folded, columns, against, view),
    ...[
      ...doubtfulRatios(measured, against),
      ...otherRatios(measured, against),
      ...forecastsInWords(measured),
    ].flatMap((line) => wrap(line, view.width)),
  ];
}

/** What a narrow table leaves out, and what its ratios are over where their title no longer says it. */
function foldedLines(
  folded: readonly string[],
  columns: readonly { readonly title: string }[],
  against: VariantRef | undefined,
  { width, theme }: RunView,
): string[] {
  const over = against && columns.some(({ title }) => title === "x");
  const parts = [
    ...(over ? [`x: over ${against.variant} (${against.target}).`] : []),
    ...(folded.length > 0 ? [`Not shown in ${width} columns: ${folded.join(", ")} (--json has all).`] : []),
  ];
  return parts.length === 0 ? [] : wrap(sanitise(parts.join(" ")), width).map(theme.muted);
}

/** Which ratios of the table are no difference, or none that this run can tell; the others speak for themselves. */
function doubtfulRatios(measured: readonly Measurement[], against: VariantRef | undefined): string[] {
  return measured
    .filter((m) => m.against && same(m.against, against))
    .filter((m) => ["same", "unclear"].includes(differenceIn(m)?.kind ?? ""))
    .map((m) => sanitise(`${pair(m, m.against)}: ${differenceInWords(m)}`));
}

const same = (a: VariantRef, b: VariantRef | undefined): boolean =>
  a.variant === b?.variant && a.target === b.target;

/** Contestants in the order of the plan, then those that the bench added (the ceilings). */
function rowsOf(cell: StoredCell, measured: readonly Measurement[]): RunRow[] {
  const refs = [...cell.variants];
  for (const { variant, target } of measured) {
    if (!refs.some((ref) => same(ref, { variant, target }))) refs.push({ variant, target });
  }
  return refs
    .map((ref) => ({ ...ref, measured: measured.filter((m) => same(m, ref)) }))
    .filter((row) => row.measured.length > 0);
}

/** Paired ratios of other pairs than those of the table. */
function otherRatios(measured: readonly Measurement[], against: VariantRef | undefined): string[] {
  return measured
    .filter((m) => m.against && m.metric === "speed-up" && !same(m.against, against))
    .map((m) => sanitise(`${pair(m, m.against)}: ${formatMeasurement(m)} ${differenceInWords(m)}`.trimEnd()));
}

/** `blocked over naive-ijk (wasm)`, or with both targets where they differ. */
function pair(a: VariantRef, b: VariantRef | undefined): string {
  if (a.target === b?.target) return `${a.variant} over ${b.variant} (${a.target})`;
  return `${a.variant} (${a.target}) over ${b?.variant} (${b?.target})`;
}

const reasons = {
  wrong: "disagrees with its reference",
  crashed: "crashed",
  hung: "hung",
  error: "failed",
} as const;

/** One failure as a sentence; also said at the moment it happens. */
export function failureSentence(
  failure: Omit<StoredFailure, "workload" | "variant" | "target"> & FailurePlace,
) {
  const { experiment, workload, variant, target, reason, message } = failure;
  const who = variant ? ` ${variant}${target ? ` (${target})` : ""}` : "";
  return sanitise(`${experiment} ${workload ?? ""}${who} ${reasons[reason]}: ${message}`);
}

interface FailurePlace {
  readonly workload?: string | null;
  readonly variant?: string | null;
  readonly target?: string | null;
}

function failureLines(failures: readonly StoredFailure[], { theme, width }: RunView): string[] {
  if (failures.length === 0) return [];
  const lines = failures.flatMap((failure) => wrap(failureSentence(failure), width));
  return [theme.heading("Failures"), ...lines.map(theme.failure), ""];
}

// Rule and evidence stand under the claim's id, set in as far as the longest verdict is wide.
const indent = " ".repeat("inconclusive".length + 2);

function verdictLines(verdicts: readonly StoredVerdict[], view: RunView): string[] {
  if (verdicts.length === 0) return [];
  return [view.theme.heading("Verdicts"), ...verdicts.flatMap((verdict) => oneVerdict(verdict, view))];
}

function oneVerdict({ claim, verdict, rule, evidence }: StoredVerdict, { theme, width }: RunView): string[] {
  const under = (text: string): string[] =>
    wrap(sanitise(text), Math.max(20, width - indent.length)).map((line) => indent + line);
  return [
    `${theme[verdict](verdict.padEnd(indent.length))}${theme.id(sanitise(claim))}`,
    ...findingsIn(evidence).flatMap(under),
    ...under(`Rule: ${rule}`).map(theme.muted),
  ];
}

/** The head of a report: what was run, how far it came, and every verdict at one glance. */
import type { RunSummary, StoredRun } from "../../catalog/ledger.ts";
import type { Verdict } from "../../kernels/experiment.ts";
import { type Column, code, table, text } from "../markdown.ts";
import { formatCount, formatDuration } from "../numbers.ts";
import type { ReportInput } from "../report-input.ts";

/** Marks beside the words, so that a verdict is found by the eye. */
export const verdictMarks: Readonly<Record<Verdict, string>> = {
  confirmed: "✅",
  refuted: "❌",
  inconclusive: "❔",
};

/** Blocks of Markdown: title, status, questions, verdicts. */
export function summarySection(input: ReportInput): string[] {
  const { stored } = input;
  return [
    `# Run ${text(stored.run.id)} on ${text(stored.environment.cpu)}`,
    statusWarning(stored.run),
    overview(stored),
    "## What was asked",
    questions(input),
    "## Verdicts",
    ...verdicts(input),
  ];
}

/** An unfinished run says so before anything else. */
function statusWarning({ status, cells, id }: RunSummary): string {
  if (status === "finished") return "";
  const done = `${formatCount(cells.finished)} of ${formatCount(cells.planned)} workloads are complete`;
  const what = {
    running: "**This run is still going on.**",
    interrupted: "**This run was interrupted.**",
    killed: "**This run's process died.**",
  }[status];
  const remedy = status === "running" ? "" : ` ${code(`kdaccel bench --resume ${id}`)} completes it.`;
  return `> [!WARNING]\n> ${what} ${done}; the rest is missing below, and verdicts rest on what there is.${remedy}`;
}

function overview({ run, environment, settings, cells, measurements, samples, failures }: StoredRun): string {
  const seconds = cells.reduce((sum, cell) => sum + (cell.seconds ?? 0), 0);
  const facts = [
    `Started ${moment(run.startedAt)}, profile ${code(settings.profile)}, seed ${code(String(settings.seed))}, kdaccel ${text(environment.kdaccel)}.`,
    `${formatCount(run.cells.finished)} of ${formatCount(run.cells.planned)} workloads in ${formatDuration(seconds)}: ` +
      `${counted(measurements.length, "measurement")} from ${counted(samples.length, "timed sample")}, ` +
      `${counted(failures.length, "failure")}.`,
  ];
  return facts.join(" ");
}

function counted(count: number, noun: string): string {
  return `${count === 0 ? "no" : formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** `2026-11-24 04:14 UTC`; what is no moment is shown as it is stored. */
function moment(iso: string): string {
  const found = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)/.exec(iso);
  return found ? `${found[1]} ${found[2]} UTC` : text(iso);
}

function questions({ stored, experiments }: ReportInput): string {
  const lines = stored.run.experiments.map((id) => {
    const experiment = experiments.find((each) => each.id === id);
    if (!experiment) return `- ${code(id)}: this version of kdaccel does not know this experiment any more.`;
    return `- **${text(experiment.title.en)}** ${text(experiment.title.zh)} (${code(id)}): ${text(experiment.question)}`;
  });
  return lines.length > 0 ? lines.join("\n") : "Nothing was planned.";
}

const columns: readonly Column[] = [
  { title: "Verdict" },
  { title: "Claim" },
  { title: "Source" },
  { title: "Experiment" },
];

function verdicts({ stored, sources }: ReportInput): string[] {
  if (stored.verdicts.length === 0) return ["No claim was judged in this run."];
  const counts = (["confirmed", "refuted", "inconclusive"] as const)
    .filter((verdict) => stored.run.verdicts[verdict] > 0)
    .map((verdict) => `${formatCount(stored.run.verdicts[verdict])} ${verdict}`);
  const rows = stored.verdicts.map(({ claim: id, verdict, experiment }) => {
    const claim = sources.claims.get(id);
    const article = sources.cited.find(({ number }) => number === claim?.article);
    return [
      `${verdictMarks[verdict]} ${verdict}`,
      claim ? text(claim.statementEn) : code(id),
      article ? `article ${article.number}` : claim ? "the list" : "",
      code(experiment),
    ];
  });
  return [`${counts.join(", ")}. Rule and evidence of each stand with its experiment.`, table(columns, rows)];
}

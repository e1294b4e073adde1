/** A search in words and tables: what `tune` prints while it goes on, at its end, and from the database. */
import type { BestPlan, StoredTuning } from "../catalog/tunings.ts";
import type { Interval, TunedTrial } from "../kernels/experiment.ts";
import { rankCorrelation } from "../kernels/measure/statistics/rank-correlation.ts";
import { formatDuration, formatRatio, formatSeconds } from "../reports/numbers.ts";
import { momentText } from "./moment.ts";
import type { View } from "./print.ts";
import { type Column, table, tableWidth } from "./table.ts";

/** What a search amounts to, for tables and for `--json`. */
export interface TuningSummary {
  readonly tried: number;
  readonly failed: number;
  /** How far the model's order was that of the measurements: Spearman's coefficient; null where too few were measured. */
  readonly modelRank: number | null;
}

type Measured = TunedTrial & { readonly outcome: Extract<TunedTrial["outcome"], { state: "measured" }> };

function measuredOnly(trials: readonly TunedTrial[]): Measured[] {
  return trials.filter((trial): trial is Measured => trial.outcome.state === "measured");
}

export function summaryOf(trials: readonly TunedTrial[]): TuningSummary {
  const tried = trials.filter(({ stage }) => stage === "trials");
  const measured = measuredOnly(tried);
  const rank = rankCorrelation(
    measured.map(({ predicted }) => predicted),
    measured.map(({ outcome }) => outcome.speedUp.value),
  );
  return { tried: tried.length, failed: tried.length - measured.length, modelRank: rank ?? null };
}

/** `12 plans tried, best so far 1.08x (tuned-…, expected 1.05x)`. */
export function progressLine(trials: readonly TunedTrial[], best: TunedTrial | undefined): string {
  const { tried, failed } = summaryOf(trials);
  const count = `${tried} plans tried${failed > 0 ? `, ${failed} failed` : ""}`;
  if (best?.outcome.state !== "measured") return count;
  const { speedUp } = best.outcome;
  return `${count}; best so far ${formatRatio(speedUp.value)} (${best.id}; the model expected ${formatRatio(best.predicted)})`;
}

/** Plans that the table of a search shows of each stage. */
const shownTrials = 8;
const stageTitles = {
  final: "last comparison",
  semifinal: "best ones side by side",
  trials: "search",
} as const;

/** The end of a search: its best plans, stage by stage, and what came of it. */
export function tuningLines(tuning: StoredTuning, { width, theme }: View): string[] {
  const rows = (["final", "semifinal", "trials"] as const).flatMap((stage) =>
    measuredOnly(tuning.trials)
      .filter((trial) => trial.stage === stage)
      .sort((a, b) => b.outcome.speedUp.value - a.outcome.speedUp.value)
      .slice(0, shownTrials),
  );
  const { m, n, k, threads, element, target, strategy, seed } = tuning;
  const on = threads > 1 ? `${target}, ${threads} threads` : target;
  return [
    theme.heading(`${tuning.id}: ${m}x${n}x${k} ${element} on ${on}, ${strategy}, seed ${seed}`),
    ...(rows.length === 0 ? [] : trialTable(rows, tuning.defaultPlan, { width, theme })),
    "",
    ...closingLines(tuning),
  ];
}

/** `1.08x [1.02, 1.11]`. */
function ratioText({ value, low, high }: Interval): string {
  return `${formatRatio(value)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
}

/**
 * Plans by stage. A plan's name says all its numbers: where the terminal is narrow, the figures that are least asked for
 * give way to it.
 */
function trialTable(rows: readonly Measured[], defaultPlan: string, { width, theme }: View): string[] {
  const interval = ({ outcome: { speedUp } }: Measured): string => ratioText(speedUp);
  const whole: readonly Column<Measured>[] = [
    { title: "plan", text: ({ id }) => id, style: theme.id, flex: 1 },
    { title: "stage", text: ({ stage }) => stageTitles[stage] },
    { title: "time", text: ({ outcome }) => formatSeconds(outcome.seconds.value), align: "right" },
    { title: `over ${defaultPlan} [95 %]`, text: interval, align: "right" },
    { title: "expected", text: ({ predicted }) => formatRatio(predicted), align: "right" },
    { title: "rounds", text: ({ outcome }) => String(outcome.rounds), align: "right" },
  ];
  const heading = theme.muted;
  if (tableWidth(whole, rows) <= width) return table(whole, rows, { width, heading });
  const few = (figures: (row: Measured) => string, title: string): readonly Column<Measured>[] => [
    { title: "plan", text: ({ id }) => id, style: theme.id, flex: 1 },
    { title: "", text: ({ stage }) => shortStages[stage] },
    { title, text: figures, align: "right" },
  ];
  const intervals = few(interval, "ratio [95 %]");
  const fits = tableWidth(intervals, rows) <= width;
  const columns = fits ? intervals : few(({ outcome }) => formatRatio(outcome.speedUp.value), "ratio");
  const over = `ratio: over ${defaultPlan}; 1 search, 2 best ones side by side, 3 last comparison`;
  return [...table(columns, rows, { width, heading }), theme.muted(over)];
}

const shortStages = { trials: "1", semifinal: "2", final: "3" } as const;

function closingLines({ trials, decision, spent, defaultPlan, id, status }: StoredTuning): string[] {
  const { tried, failed, modelRank } = summaryOf(trials);
  const opinion =
    modelRank === null
      ? "Too few plans were measured to judge the model."
      : `The model's order of the plans and the measured one correlate by ${modelRank.toFixed(2)} (Spearman).`;
  const gained = decision?.speedUp ? ` (${ratioText(decision.speedUp)})` : "";
  const outcome = !decision
    ? `No decision yet (${status}): kdaccel tune --resume ${id}`
    : decision.adopted
      ? `Adopted ${decision.adopted}: ${decision.reason}${gained}. GEMM of this class of shapes uses it from now on.`
      : `${defaultPlan} stays: ${decision.reason}${gained}.`;
  const failures = failed > 0 ? `, ${failed} of them failed` : "";
  return [outcome, `${tried} plans tried in ${formatDuration(spent)}${failures}. ${opinion}`];
}

/** Plans in use, one a line; where the terminal is too narrow for it, the plan stands below its line. */
export function bestPlanLines(plans: readonly BestPlan[], { width, theme }: View): string[] {
  const plan: Column<BestPlan> = { title: "plan", text: (each) => each.plan, style: theme.id, flex: 1 };
  const columns = (...middle: readonly Column<BestPlan>[]): readonly Column<BestPlan>[] => [
    { title: "target", text: ({ target }) => target },
    { title: "element", text: ({ element }) => element },
    { title: "shapes", text: ({ shapeClass }) => shapeClass },
    { title: "threads", text: ({ threads = 1 }) => String(threads), align: "right" },
    ...middle,
    { title: "gain", text: ({ speedUp }) => formatRatio(speedUp.value), align: "right" },
    { title: "search", text: ({ tuning }) => tuning },
    { title: "adopted", text: ({ adoptedAt }) => momentText(adoptedAt) },
  ];
  const heading = theme.muted;
  if (tableWidth(columns(plan), plans) <= width) return table(columns(plan), plans, { width, heading });
  const [titles, ...lines] = table(columns(), plans, { width, heading });
  return [titles ?? "", ...plans.flatMap((each, at) => [lines[at] ?? "", `  ${theme.id(each.plan)}`])];
}

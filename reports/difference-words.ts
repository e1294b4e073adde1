/**
 * A paired speed-up in one word, as every table, bar and report says it: faster, slower, the same within so many
 * percent, or that the run cannot tell and how many more rounds would.
 */
import type { Measurement } from "../kernels/experiment.ts";
import { type Difference, differenceOf } from "../kernels/measure/statistics/difference.ts";
import { formatCount, formatPercent } from "./numbers.ts";

/** The judgement of a speed-up; undefined for another metric and for what is no interval. */
export function differenceIn(m: Measurement): Difference | undefined {
  if (m.metric !== "speed-up" || m.kind !== "timed") return undefined;
  const sound = m.low > 0 && m.low <= m.value && m.value <= m.high && Number.isFinite(m.high);
  return sound ? differenceOf(m, m.n) : undefined;
}

/** `faster`, `slower`, `same within 2 %`, `cannot tell (about 40 more rounds)`; empty where there is nothing to judge. */
export function differenceInWords(m: Measurement): string {
  const difference = differenceIn(m);
  if (!difference) return "";
  if (difference.kind === "same") return `same within ${percent(difference.within)}`;
  if (difference.kind === "unclear") return `cannot tell (${roundsInWords(difference.moreRounds)})`;
  return difference.kind;
}

/** More than this is no advice: the two are as good as equal, and no run that anyone waits for separates them. */
const mostRounds = 10_000;

function roundsInWords(rounds: number): string {
  if (rounds > mostRounds) return `over ${formatCount(mostRounds)} more rounds`;
  return rounds === 1 ? "1 more round" : `about ${formatCount(coarse(rounds))} more rounds`;
}

/** Two significant digits: an estimate of an estimate. */
function coarse(rounds: number): number {
  return Number(rounds.toPrecision(2));
}

/** Whole percents as a person writes them. */
function percent(share: number): string {
  return formatPercent(share).replace(/\.0+ /, " ");
}

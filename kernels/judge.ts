/**
 * Small parts that rules are built from. A rule is a list of conditions; each is tried on the measurements and
 * either holds, fails, or cannot be decided. All hold: confirmed. One fails: refuted. Otherwise inconclusive, with
 * what it would take. Kept apart so that every rule treats intervals, missing sizes and missing targets alike.
 */
import type { Evidence, Judgement, Measurement, MeasurementQuery, Target } from "./experiment.ts";

/** One condition after it was tried: null where the measurements cannot decide it. */
export interface Finding {
  readonly holds: boolean | null;
  readonly text: string;
}

/** The verdict over conditions that must all hold; the undecided are named last, with what they would take. */
export function allHold(findings: readonly Finding[]): Judgement {
  const failed = findings.some((finding) => finding.holds === false);
  const open = findings.some((finding) => finding.holds === null);
  const ordered = [...findings].sort((a, b) => Number(a.holds === null) - Number(b.holds === null));
  return {
    verdict: failed ? "refuted" : open || findings.length === 0 ? "inconclusive" : "confirmed",
    evidence: ordered.map((finding) => finding.text).join("; "),
  };
}

// What advice begins with; it follows its finding after a semicolon and belongs to it.
const advice = /; (?!run |see |more rounds )/;

/** The findings that stand in a verdict's evidence, in order, each with its advice. */
export function findingsIn(evidence: string): string[] {
  return evidence.split(advice);
}

/** Tries a condition on the measurement that matches; undecided, with advice, where there is none. */
export function tried(
  evidence: Evidence,
  query: MeasurementQuery,
  decide: (measurement: Measurement) => Finding,
): Finding {
  const found = evidence.find(query);
  return found ? (withoutInterval(found) ?? decide(found)) : missing(evidence, query);
}

/** Which ratio a rule asks for: both sides on one target. */
export interface RatioQuery {
  readonly workload: string;
  readonly target: Target;
  readonly variant: string;
  readonly against: string;
}

/** The paired speed-up of a variant over another on the same target, or undefined. */
export function ratioIn(evidence: Evidence, query: RatioQuery): Measurement | undefined {
  return evidence
    .all({ ...query, metric: "speed-up" })
    .find((measurement) => measurement.against?.target === query.target);
}

/** Tries a condition on a paired speed-up; undecided, with advice, where there is none. */
export function triedRatio(
  evidence: Evidence,
  query: RatioQuery,
  decide: (measurement: Measurement) => Finding,
): Finding {
  const found = ratioIn(evidence, query);
  return found
    ? (withoutInterval(found) ?? decide(found))
    : missing(evidence, { ...query, metric: "speed-up" }, query.against);
}

/** The undecided finding for a measurement that was not made: why, and what to run; `over` for a ratio. */
export function missing(evidence: Evidence, query: MeasurementQuery, over?: string): Finding {
  const target = query.target && `(${query.target})`;
  const place = query.workload && `at ${query.workload}`;
  const what = [query.variant ?? "any variant", target, over && `over ${over}`, place]
    .filter(Boolean)
    .join(" ");
  const subject = `${query.metric ?? "result"} of ${what}`;
  return { holds: null, text: `no ${subject} was measured: ${reasonAndRemedy(evidence, query)}` };
}

function reasonAndRemedy(evidence: Evidence, query: MeasurementQuery): string {
  const { workload, target } = query;
  if (target && evidence.all({ target }).length === 0) {
    return `nothing ran on target ${target}; run with --target ${target}`;
  }
  if (evidence.workloads && (workload === undefined || evidence.all({ workload }).length === 0)) {
    return `this run was made on ${evidence.workloads.join(", ")} alone; run without --workload`;
  }
  const sizeRan = workload === undefined || evidence.all({ workload }).length > 0;
  if (!sizeRan && evidence.profile === "quick") return "this profile leaves it out; run --profile standard";
  if (!sizeRan && evidence.profile === "standard") {
    return "this profile leaves it out or it failed; see the failures of this run, else run --profile full";
  }
  if (target === "js") {
    return "the variant failed or does not exist on js; see the failures of this run, or run with --target wasm";
  }
  return "the variant failed or was left out; see the failures of this run, then run it again";
}

/**
 * The least rounds from which a 95 % interval of a median can be given at all: the extremes of five hold it in 1 - 2/2^5
 * = 93.75 % of cases, those of six in 96.9 % (Conover 1999, 3.2). No rule decides by less.
 */
export const fewestRounds = 6;

/** The undecided finding on a timed measurement of too few rounds, undefined where it has enough. */
function withoutInterval(m: Measurement): Finding | undefined {
  if (m.kind === "exact" || m.n >= fewestRounds) return undefined;
  const more = `${m.n} rounds where an interval takes ${fewestRounds}; run --profile standard`;
  return { holds: null, text: `${describe(m)}: ${more}` };
}

/** Extra demands of a rule on an interval. */
export interface IntervalDemands {
  /** Samples that the rule asks for at the least. */
  readonly rounds?: number;
}

/** Holds if the 95 % interval lies wholly above the bound, fails if wholly at or below it. */
export function above(m: Measurement, bound: number, demands: IntervalDemands = {}): Finding {
  return decided(m, `above ${figure(bound)}`, m.low > bound, m.high <= bound, demands);
}

/** Holds if the 95 % interval lies wholly below the bound, fails if wholly at or above it. */
export function below(m: Measurement, bound: number, demands: IntervalDemands = {}): Finding {
  return decided(m, `below ${figure(bound)}`, m.high < bound, m.low >= bound, demands);
}

function decided(
  m: Measurement,
  condition: string,
  holds: boolean,
  fails: boolean,
  demands: IntervalDemands,
): Finding {
  const few = withoutInterval(m);
  if (few) return few;
  const stated = `${describe(m)}, asked to be ${condition}`;
  if (m.n < (demands.rounds ?? 1)) {
    const more = `${m.n} rounds where the rule asks for ${demands.rounds}; run --profile standard`;
    return { holds: null, text: `${stated}: ${more}` };
  }
  if (holds || fails) return { holds, text: stated };
  return {
    holds: null,
    text: `${stated}: the interval leaves it open; more rounds (--profile full) narrow it`,
  };
}

/** Holds if an exact value equals the expected one. */
export function equals(m: Measurement, expected: number): Finding {
  const text = `${subjectOf(m)} ${figure(m.value)}, expected ${figure(expected)}`;
  return { holds: m.value === expected, text };
}

/** The measurement in words: what, of which variant, where, the estimate and its interval. */
export function describe(m: Measurement): string {
  return `${subjectOf(m)} ${estimate(m)}`;
}

function subjectOf(m: Measurement): string {
  const over = m.against ? ` over ${m.against.variant} (${m.against.target})` : "";
  return `${m.metric} of ${m.variant} (${m.target})${over} at ${m.workload}`;
}

/** The estimate with its unit and, where it has one, its interval: `1.93 x [1.9, 1.97]`. */
export function estimate(m: Measurement): string {
  const [scale, unit] = scaleOf(m);
  const value = `${figure(m.value * scale)}${unit === "1" ? "" : ` ${unit}`}`;
  return m.kind === "exact" && m.low === m.high
    ? value
    : `${value} [${figure(m.low * scale)}, ${figure(m.high * scale)}]`;
}

function scaleOf(m: Measurement): [number, string] {
  if (m.unit !== "s") return [1, m.unit];
  if (m.value >= 1) return [1, "s"];
  return m.value >= 1e-3 ? [1e3, "ms"] : [1e6, "µs"];
}

/** A number as evidence shows it: whole if it is, else three significant digits. */
export function figure(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
}

/** From the fastest to the slowest: what `bestTarget` chooses from. */
const bySpeed = ["native", "wasm", "js"] as const;

/**
 * The fastest target that a run had, for claims about what a program can reach: native if any variant ran there, else
 * wasm, else js. Which target is the fastest is fixed beforehand; no measurement chooses it.
 */
export function bestTarget(evidence: Evidence): Target {
  return bySpeed.find((target) => ranOn(evidence, target)) ?? "wasm";
}

function ranOn(evidence: Evidence, target: Target): boolean {
  return evidence.all({ target }).some((measurement) => !measurement.variant.startsWith("peak-"));
}

/**
 * The target that a claim is judged on where it names none: wasm if any variant ran there (ceilings such as
 * `peak-fma` do not count), else js.
 */
export function judgedTarget(evidence: Evidence): Target {
  return !ranOn(evidence, "wasm") && ranOn(evidence, "js") ? "js" : "wasm";
}

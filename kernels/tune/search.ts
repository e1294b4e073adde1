/**
 * A search: asks its strategy for plans, has them measured beside the default plan, fits the model, and at the end lets
 * the best ones meet once more. Plans of a search that found something by chance shrink when they are measured again:
 * only what is faster in fresh samples, by an interval that lies above 1, is adopted.
 */
import type { TrialOutcome, TunedTrial, TuningDecision } from "../experiment.ts";
import { median } from "../measure/statistics/order.ts";
import { labelSeed, randomStream } from "../random.ts";
import { type CacheSizes, CostModel } from "./cost-model.ts";
import type { Measure } from "./measure.ts";
import { type Point, pointName } from "./point.ts";
import type { Space } from "./space.ts";
import type { StrategyRow } from "./strategies/strategy.ts";
import type { Stage } from "./trials.experiment.ts";

/** One plan in one stage of a search. */
export interface Trial extends TunedTrial {
  readonly plan: Point;
}

export interface Budget {
  /** All in all, the last comparisons included. */
  readonly seconds: number;
  /** Plans that are tried at the most. */
  readonly trials: number;
  /** Plans measured side by side. */
  readonly batch: number;
  /** Seconds that the last two stages are expected to take, by the time of a call as far as one was measured. */
  reserve(callSeconds: number | undefined): number;
}

export type SearchEvent =
  | { readonly type: "asked"; readonly stage: Stage; readonly plans: readonly string[] }
  | { readonly type: "tried"; readonly trials: readonly Trial[]; readonly best: Trial | undefined }
  | { readonly type: "stopped" }
  | { readonly type: "decided"; readonly decision: TuningDecision };

export interface SearchOptions {
  readonly space: Space;
  readonly strategy: StrategyRow;
  readonly seed: number;
  readonly caches: CacheSizes;
  readonly budget: Budget;
  readonly measure: Measure;
  /** What an earlier part of the same search tried, batch by batch. */
  readonly history?: readonly Trial[];
  /** Seconds that the earlier part took. */
  readonly spent?: number;
  /** Seconds since some moment; tests pass a clock of their own. */
  readonly now?: () => number;
}

/** Plans that meet once more before the last comparison. */
const semifinalists = 4;

/** Rounds that the last word needs: the floor of the claims' rules. */
const leastFinalRounds = 15;

/** Runs a search. To be iterated to its end, or until it says that it was stopped. */
export async function* search(options: SearchOptions): AsyncGenerator<SearchEvent> {
  const { space, budget, measure, history = [], spent = 0 } = options;
  const now = options.now ?? (() => performance.now() / 1000);
  const began = now();
  const state = new SearchState(options);
  for (const batch of batchesOf(history)) state.take(batch);
  const left = (): number => budget.seconds - spent - (now() - began);
  let longest = 0;
  while (
    state.tried < budget.trials &&
    (state.tried === 0 || left() > budget.reserve(state.callSeconds()) + longest)
  ) {
    const plans = state.ask(Math.min(budget.batch, budget.trials - state.tried));
    if (plans.length === 0) break;
    yield { type: "asked", stage: "trials", plans: plans.map(pointName) };
    const asked = now();
    const trials = await tryAll(plans, "trials", state, measure);
    if (!trials) return yield { type: "stopped" };
    longest = Math.max(longest, now() - asked);
    state.take(trials);
    yield { type: "tried", trials, best: state.best() };
  }
  yield* decide(space, state, measure);
}

/** The best plans side by side, then the best of these against the default plan, each in a fresh process. */
async function* decide(space: Space, state: SearchState, measure: Measure): AsyncGenerator<SearchEvent> {
  let [finalist] = state.ranking();
  const promising = state.ranking().slice(0, semifinalists);
  if (promising.length > 1) {
    yield { type: "asked", stage: "semifinal", plans: promising.map(({ id }) => id) };
    const trials = await tryAll(
      promising.map(({ plan }) => plan),
      "semifinal",
      state,
      measure,
    );
    if (!trials) return yield { type: "stopped" };
    state.take(trials);
    yield { type: "tried", trials, best: state.best() };
    [finalist] = fastestFirst(trials);
  }
  if (!finalist || speedUpOf(finalist) <= 1) {
    return yield { type: "decided", decision: { adopted: null, reason: nothingFaster(finalist) } };
  }
  yield { type: "asked", stage: "final", plans: [finalist.id] };
  const trials = await tryAll([finalist.plan], "final", state, measure);
  if (!trials) return yield { type: "stopped" };
  state.take(trials);
  yield { type: "tried", trials, best: trials[0] };
  yield { type: "decided", decision: verdictOn(trials[0] as Trial, space) };
}

function nothingFaster(finalist: Trial | undefined): string {
  return finalist
    ? "no plan was faster than the default where the best ones were compared"
    : "no plan could be measured";
}

/** Whether the finalist takes the default's place. */
function verdictOn({ id, outcome }: Trial, { defaultVariant }: Space): TuningDecision {
  if (outcome.state !== "measured") {
    return {
      adopted: null,
      finalist: id,
      reason: `the finalist failed (${outcome.state}): ${outcome.message}`,
    };
  }
  const { speedUp, rounds } = outcome;
  const sure = speedUp.low > 1 && rounds >= leastFinalRounds;
  const reason = sure
    ? `faster than ${defaultVariant} in ${rounds} fresh rounds`
    : `not surely faster than ${defaultVariant} in ${rounds} fresh rounds`;
  return { adopted: sure ? id : null, finalist: id, speedUp, rounds, reason };
}

async function tryAll(
  plans: readonly Point[],
  stage: Stage,
  state: SearchState,
  measure: Measure,
): Promise<Trial[] | undefined> {
  const predicted = plans.map((plan) => state.predictedSpeedUp(plan));
  const outcomes = await measure({ stage, plans: plans.map(pointName) });
  return (
    outcomes &&
    plans.map((plan, at) => {
      const id = pointName(plan);
      const outcome = outcomes.get(id) ?? { state: "error", message: "it was not measured" };
      return { stage, batch: state.batches, id, plan, predicted: predicted[at] as number, outcome };
    })
  );
}

/** What a search knows: everything follows from the trials, so that a resumed search stands where it stood. */
class SearchState {
  readonly #options: SearchOptions;
  readonly #strategy: ReturnType<StrategyRow["create"]>;
  readonly #model: CostModel;
  readonly #trials: Trial[] = [];
  batches = 0;

  constructor(options: SearchOptions) {
    this.#options = options;
    this.#strategy = options.strategy.create(options.space);
    this.#model = new CostModel(options.space, options.caches);
    const { start } = options.space;
    this.#strategy.tell([{ id: pointName(start), plan: start, logTime: 0 }]);
  }

  get tried(): number {
    return this.#trials.filter(({ stage }) => stage === "trials").length;
  }

  /** The stream of each batch depends on the seed and the batch's number alone. */
  ask(count: number): readonly Point[] {
    const random = randomStream(labelSeed(this.#options.seed, `batch ${this.batches}`));
    return this.#strategy.ask({ count, random, predict: (plan) => this.#model.predict(plan) });
  }

  predictedSpeedUp(plan: Point): number {
    return Math.exp(-this.#model.predict(plan));
  }

  take(trials: readonly Trial[]): void {
    this.batches++;
    this.#trials.push(...trials);
    if (trials.every(({ stage }) => stage !== "trials")) return;
    this.#strategy.tell(trials.map(({ id, plan, outcome }) => ({ id, plan, logTime: logTimeOf(outcome) })));
    this.#model.fit(
      this.#trials.flatMap(({ plan, outcome }) => {
        const logTime = logTimeOf(outcome);
        return logTime === undefined ? [] : [{ plan, logTime }];
      }),
    );
  }

  /** The measured plans of the search itself, the most promising first. */
  ranking(): Trial[] {
    return this.#trials
      .filter(({ stage, outcome }) => stage === "trials" && outcome.state === "measured")
      .sort((a, b) => believed(b) - believed(a));
  }

  /** Time of a call of a middling plan so far. */
  callSeconds(): number | undefined {
    const times = this.#trials.flatMap(({ outcome }) =>
      outcome.state === "measured" ? [outcome.seconds.value] : [],
    );
    return times.length === 0 ? undefined : median(times);
  }

  best(): Trial | undefined {
    return this.ranking()[0];
  }
}

/** Batches in the order in which they were tried; the last comparisons of an unfinished search are made again. */
function batchesOf(history: readonly Trial[]): readonly (readonly Trial[])[] {
  return [
    ...Map.groupBy(
      history.filter(({ stage }) => stage === "trials"),
      ({ batch }) => batch,
    ).values(),
  ];
}

/** The measured ones of these trials, the fastest first; of equal ones the earlier. */
export function fastestFirst(trials: readonly Trial[]): Trial[] {
  return trials
    .filter(({ outcome }) => outcome.state === "measured")
    .sort((a, b) => speedUpOf(b) - speedUpOf(a));
}

/** What the model says counts as much as so many rounds: three rounds of luck do not outrank twenty that are sure. */
const roundsOfModel = 3;

/** Logarithm of the speed-up that is believed of a plan: measured and expected, weighed by the rounds behind them. */
function believed({ predicted, outcome }: Trial): number {
  if (outcome.state !== "measured") return Math.log(predicted);
  const { rounds, speedUp } = outcome;
  return (rounds * Math.log(speedUp.value) + roundsOfModel * Math.log(predicted)) / (rounds + roundsOfModel);
}

function speedUpOf({ outcome }: Trial): number {
  return outcome.state === "measured" ? outcome.speedUp.value : 0;
}

function logTimeOf(outcome: TrialOutcome): number | undefined {
  return outcome.state === "measured" ? -Math.log(outcome.speedUp.value) : undefined;
}

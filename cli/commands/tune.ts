/**
 * `kdaccel tune`: searches a fast plan of GEMM for one shape on this machine, shows the search as it happens, keeps what
 * it tried, and remembers a plan that is surely faster than the default.
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Connection } from "../../catalog/database/open.ts";
import { withCatalog } from "../../catalog/open-catalog.ts";
import { bestPlans, findTuning, forgetPlans, loadTuning, tuningName } from "../../catalog/tunings.ts";
import type { Profile, TunedTrial } from "../../kernels/experiment.ts";
import type { GemmShape } from "../../kernels/gemm/arguments.ts";
import { describeMachine } from "../../kernels/measure/machine.ts";
import { shapeClass } from "../../kernels/tune/shape-class.ts";
import { strategies } from "../../kernels/tune/strategies/index.ts";
import { tuneTargetCalled, tuneTargets } from "../../kernels/tune/targets.ts";
import about from "../../package.json" with { type: "json" };
import { CommandError, exitCodes, UsageError } from "../exit.ts";
import type { Laboratory } from "../laboratory.ts";
import { advise, printDocument, printLines, stdoutView } from "../print.ts";
import { newTuning, resumedTuning, runTuning } from "../recorded-tuning.ts";
import { statusLine } from "../status-line.ts";
import { requireNative } from "../targets.ts";
import { chosenThreads, threadsTyped } from "../threads.ts";
import { bestPlanLines, progressLine, summaryOf, tuningLines } from "../tuning-tables.ts";

interface TuneOptions {
  readonly shape?: GemmShape;
  readonly workload?: GemmShape;
  readonly threads?: number;
  readonly target: string;
  readonly element: "f32" | "f64";
  readonly strategy: string;
  readonly profile: Profile;
  readonly seed: number;
  readonly seconds?: number;
  readonly resume?: string;
  readonly list?: boolean;
  readonly forget?: boolean;
  readonly json?: boolean;
}

const targetIds = tuneTargets.map(({ id }) => id);
const strategyIds = strategies.map(({ id }) => id);

export function define(command: Command, laboratory: Laboratory): void {
  command
    .argument("[MxNxK]", "the product to tune, in place of --shape", shape)
    .option("--shape <MxNxK>", "the product to tune: C is M x N, the sum has K terms", shape)
    .option("--workload <MxNxK>", "the same as --shape", shape)
    .addOption(new Option("--target <name>", "what runs it").choices(targetIds).default("wasm"))
    .addOption(new Option("--element <type>", "of the matrices").choices(["f32", "f64"]).default("f32"))
    .option(
      "--threads <number>",
      "that compute together (default: 1); how C is cut is searched too",
      threadsTyped,
    )
    .addOption(new Option("--strategy <name>", "how to search").choices(strategyIds).default("evolution"))
    .addOption(
      new Option("--profile <name>", "how long: under 20 seconds, a minute, five minutes")
        .choices(["quick", "standard", "full"])
        .default("quick"),
    )
    .option("--seed <number>", "of all pseudo-random numbers", seed, 1)
    .option("--seconds <number>", "instead of the profile's time", seconds)
    .option("--resume <search>", "go on with an interrupted search (an id, or `last`)")
    .option("--list", "show the plans in use on this machine")
    .option("--forget", "go back to the default plans (of --shape's class, if given)")
    .option("--json", "print one JSON document")
    .action((typed: GemmShape | undefined, options: TuneOptions) =>
      withCatalog((db) => tune(db, laboratory, typed, options)),
    );
}

function shape(value: string): GemmShape {
  const match = /^(\d{1,5})x(\d{1,5})x(\d{1,5})$/.exec(value);
  const [m, n, k] = (match?.slice(1) ?? []).map(Number);
  if (m && n && k) return { m, n, k };
  throw new InvalidArgumentError("A shape is three sides of 1 to 99999, such as 640x640x640.");
}

function seed(value: string): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number <= 0xffff_ffff) return number;
  throw new InvalidArgumentError("A seed is a whole number from 0 to 4294967295.");
}

function seconds(value: string): number {
  const number = Number(value);
  if (/^\d+(\.\d+)?$/.test(value) && number > 0) return number;
  throw new InvalidArgumentError("Give a positive number of seconds.");
}

async function tune(
  db: Connection,
  laboratory: Laboratory,
  typed: GemmShape | undefined,
  options: TuneOptions,
): Promise<void> {
  const asked = typed ?? options.shape ?? options.workload;
  if (options.list) return list(db, options);
  if (options.forget) return forget(db, options, asked);
  if (!options.resume && !asked) {
    throw new UsageError("a shape to tune is missing", "Give one: kdaccel tune --shape 640x640x640");
  }
  const { target, element, strategy, profile } = options;
  if (tuneTargetCalled(target)?.target === "native")
    requireNative(target === "avx2" ? "native-avx2" : "native");
  const threads = chosenThreads({ profile, threads: options.threads ?? 1 });
  if (threads > 1 && target === "js")
    throw new UsageError(
      "JavaScript computes on one thread",
      "Leave --threads out, or choose --target wasm.",
    );
  const wish = { target, element, strategy, profile, threads, seed: options.seed, seconds: options.seconds };
  const id = options.resume
    ? resumedTuning(db, options.resume)
    : newTuning(db, { ...wish, ...(asked as GemmShape), command: process.argv.slice(2) });
  const decided = await runToItsEnd(db, id, laboratory);
  show(db, id, options);
  if (decided) return;
  advise(`Interrupted. What was tried is kept: kdaccel tune --resume ${tuningName(id)}`);
  process.exitCode = exitCodes.interrupted;
}

/** Runs the search with progress on stderr; false where the user ended it. The second Ctrl-C does not wait. */
async function runToItsEnd(db: Connection, id: number, { child }: Laboratory): Promise<boolean> {
  const stopping = new AbortController();
  const status = statusLine(process.stderr);
  const onSignal = (): void => {
    if (stopping.signal.aborted) process.exit(exitCodes.interrupted);
    status.say("Stopping after this sample; once more ends it at once.");
    stopping.abort();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, onSignal);
  status.say(`Search ${tuningName(id)}`);
  const trials: TunedTrial[] = [...(loadTuning(db, id)?.trials ?? [])];
  const onProgress = (doing: string): void => status.show(doing);
  let decided = false;
  try {
    for await (const event of runTuning(db, id, { signal: stopping.signal, child, onProgress })) {
      if (event.type === "asked" && event.stage !== "trials") status.say(stageSentences[event.stage]);
      if (event.type === "tried") {
        trials.push(...event.trials);
        if (event.trials[0]?.stage === "trials") status.say(progressLine(trials, event.best));
      }
      decided ||= event.type === "decided";
    }
  } finally {
    status.end();
    for (const signal of signals) process.off(signal, onSignal);
  }
  return decided;
}

const stageSentences = {
  semifinal: "The best ones meet side by side.",
  final: "The best of these meets the default plan in fresh samples.",
} as const;

function show(db: Connection, id: number, { json }: TuneOptions): void {
  const stored = loadTuning(db, id);
  if (!stored) throw new CommandError(`search ${tuningName(id)} was deleted while it ran`);
  const { trials, ...tuning } = stored;
  if (json) printDocument("tune", { tuning: { ...tuning, ...summaryOf(trials) }, trials });
  else printLines(tuningLines(stored, stdoutView()));
}

function list(db: Connection, { json }: TuneOptions): void {
  const plans = bestPlans(db, describeMachine(about.version));
  if (json) printDocument("plans", { plans });
  else if (plans.length > 0) printLines(bestPlanLines(plans, stdoutView()));
  else adviseToTune(db);
}

function adviseToTune(db: Connection): void {
  const last = findTuning(db, "last");
  const made = last === undefined ? "" : ` The newest search is ${tuningName(last)}.`;
  advise(
    `No plan is stored for this machine: the defaults are used.${made} kdaccel tune --shape 640x640x640`,
  );
}

function forget(db: Connection, { json }: TuneOptions, asked: GemmShape | undefined): void {
  const only = asked ? { shapeClass: shapeClass(asked) } : {};
  const forgotten = forgetPlans(db, describeMachine(about.version), only);
  if (json) printDocument("plans-forgotten", { forgotten });
  else printLines([`${forgotten} ${forgotten === 1 ? "plan" : "plans"} forgotten; the defaults are used.`]);
}

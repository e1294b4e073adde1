/**
 * `kdaccel bench`: runs experiments, stores what they measure, prints tables and verdicts. Results go to stdout,
 * progress to stderr.
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Connection } from "../../catalog/database/open.ts";
import { loadRun, type StoredRun } from "../../catalog/ledger.ts";
import { articleOfClaim } from "../../catalog/matching.ts";
import { withCatalog } from "../../catalog/open-catalog.ts";
import type { Experiment, Profile, Settings } from "../../kernels/experiment.ts";
import type { TargetWish } from "../../kernels/native/availability.ts";
import type { PeerDescription } from "../../kernels/run-events.ts";
import { runDocument } from "../../reports/run-document.ts";
import { CommandError, type ExitCode, exitCodes, UsageError } from "../exit.ts";
import { foretold } from "../foretold.ts";
import type { Laboratory } from "../laboratory.ts";
import { checkWorkloads, layerMeaning, workloadsTyped } from "../own-workloads.ts";
import { planDocument, planLines } from "../plan-listing.ts";
import { advise } from "../print.ts";
import { newRun, type RecordedRun, resumedRun, withPlans } from "../recorded-run.ts";
import { type ProgressView, progressView } from "../run-progress.ts";
import { runLines } from "../run-tables.ts";
import { chosenExperiments, type Wish } from "../selection.ts";
import { type ChosenTargets, chosenTargets, fallbackLine, targetCalled } from "../targets.ts";
import { outputColumns, sanitise } from "../terminal-text.ts";
import { themeFor } from "../theme.ts";
import { chosenThreads, threadsTyped } from "../threads.ts";

interface BenchOptions extends Wish {
  readonly profile: Profile;
  readonly target?: readonly TargetWish[];
  readonly seed: number;
  readonly workload?: readonly string[];
  readonly threads?: number;
  readonly oversubscribe?: boolean;
  readonly resume?: string;
  readonly peers?: boolean;
  readonly list?: boolean;
  readonly json?: boolean;
  readonly strict?: boolean;
  readonly failOnRefuted?: boolean;
}

const profiles = ["quick", "standard", "full"] as const;

/** What a run that is taken up has settled already. */
const settledByRun = ["topic", "experiment", "article", "claim", "all", "profile", "target", "seed", "list"];

export function define(command: Command, laboratory: Laboratory): void {
  command
    .argument("[experiments...]", "experiments by id, as with --experiment")
    .option("--topic <id>", "experiments of a topic and all below it (repeatable)", collected)
    .option("--experiment <id>", "one experiment (repeatable)", collected)
    .option("--article <number>", "what tests the claims of an article (repeatable)", collected)
    .option("--claim <id>", "what tests a claim (repeatable)", collected)
    .addOption(new Option("--all", "every experiment").conflicts(["topic", "experiment", "article", "claim"]))
    .addOption(new Option("--profile <name>", "how thorough").choices(profiles).default("standard"))
    .option(
      "--target <name>",
      "only kernels for js, wasm, native or native-avx2 (repeatable; default: every one that runs here)",
      targets,
    )
    .option(
      "--workload <sizes>",
      `your own products MxNxK or layers CxHxW:FxKxL:s2p1 (${layerMeaning}) in place of the planned ones, for experiments that take them (repeatable, or with commas)`,
      workloadsTyped,
    )
    .option(
      "--threads <number>",
      "the most threads of a variant (default: all cores with profile standard or full, else 1)",
      threadsTyped,
    )
    .option("--oversubscribe", "allow more --threads than there are cores")
    .option(
      "--peers",
      "also time other libraries on the same products: OpenBLAS, ONNX Runtime, TensorFlow.js",
    )
    .option("--seed <number>", "of all pseudo-random numbers", seed, 1)
    .addOption(
      new Option(
        "--resume <run>",
        "complete an interrupted run (an id, or `last`) under its own settings",
      ).conflicts(settledByRun),
    )
    .option("--list", "show what would run and how long it takes, and run nothing")
    .option("--strict", "exit with 4 if a verdict is inconclusive")
    .option("--fail-on-refuted", "exit with 3 if a claim is refuted")
    .option("--json", "print one JSON document")
    .action((ids: readonly string[], options: BenchOptions) =>
      withCatalog((db) => bench(db, laboratory, withNamed(options, ids))),
    );
}

/** Experiments may be named without --experiment. @throws UsageError where the other options settle what is run */
function withNamed(options: BenchOptions, ids: readonly string[]): BenchOptions {
  if (ids.length === 0) return options;
  const settled = options.all ? "--all" : options.resume ? "--resume" : undefined;
  if (!settled) return { ...options, experiment: [...(options.experiment ?? []), ...ids] };
  throw new UsageError(
    `${settled} settles what runs, and ${ids.join(", ")} was named besides`,
    `Leave out ${settled}, or the experiments.`,
  );
}

function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function targets(value: string, before: readonly TargetWish[] = []): readonly TargetWish[] {
  const wish = targetCalled(value);
  if (!wish) throw new InvalidArgumentError("Allowed are js, wasm, native and native-avx2.");
  return [...before, wish];
}

function seed(value: string): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number <= 0xffff_ffff) return number;
  throw new InvalidArgumentError("A seed is a whole number from 0 to 4294967295.");
}

async function bench(db: Connection, laboratory: Laboratory, options: BenchOptions): Promise<void> {
  const experiments = await laboratory.experiments();
  const view = progressView(process.stderr);
  const peers = options.peers && !options.resume ? await lookForPeers(view, laboratory) : undefined;
  const chosen = (): Chosen => ({
    all: experiments,
    chosen: chosenExperiments(db, experiments, options),
    peers,
  });
  if (options.list) return list(db, chosen(), options);
  const run = options.resume
    ? resumedRun(db, options.resume, experiments)
    : startedRun(db, chosen(), options);
  for (const line of await foretold(run.parts)) view.say(line);
  const finished = await runToItsEnd(run, laboratory, view);
  const stored = loadRun(db, run.id);
  if (!stored) throw new CommandError(`run ${run.name} was deleted while it ran`);
  print(db, stored, experiments, options);
  if (!finished) view.say(`Interrupted. What was finished is kept: kdaccel bench --resume ${run.name}`);
  process.exitCode = finished ? exitCodeOf(stored, options) : exitCodes.interrupted;
}

function settingsOf(options: BenchOptions, { targets }: ChosenTargets, peers: Chosen["peers"]): Settings {
  const { profile, seed, workload } = options;
  const threads = chosenThreads(options);
  const named = peers && { peers: peers.map(({ peer }) => peer) };
  return { profile, seed, targets, threads, ...(workload && { workloads: workload }), ...named };
}

/** The libraries that are here; says of each what it is, and of each that is absent how to install it. */
async function lookForPeers(view: ProgressView, laboratory: Laboratory): Promise<readonly PeerDescription[]> {
  view.say("Looking for other libraries; the first time, the best settings for this machine are measured.");
  const { found, missing } = await laboratory.peers();
  for (const { peer, version, detail } of found) view.say(sanitise(`${peer} ${version}: ${detail}`));
  for (const line of missing) view.say(sanitise(line));
  return found;
}

/** What was asked for: the experiments, of all there are, and the libraries that take part. */
interface Chosen {
  readonly all: readonly Experiment[];
  readonly chosen: readonly Experiment[];
  readonly peers: readonly PeerDescription[] | undefined;
}

function startedRun(
  db: Connection,
  { all, chosen: experiments, peers }: Chosen,
  options: BenchOptions,
): RecordedRun {
  const chosen = chosenTargets(options.target);
  const settings = settingsOf(options, chosen, peers);
  checkWorkloads(experiments, all, settings);
  refuseEmptyPlan(experiments, settings);
  const line = fallbackLine(experiments, settings, chosen.fallback);
  if (line) advise(line);
  return newRun(db, { experiments, settings, command: process.argv.slice(2), ...(peers && { peers }) });
}

function refuseEmptyPlan(experiments: readonly Experiment[], settings: Settings): void {
  if (experiments.some((experiment) => experiment.plan(settings).length > 0)) return;
  throw new CommandError(
    `nothing of this runs on ${settings.targets.join(" or ")} with profile ${settings.profile}`,
    "Leave out --target, or choose another --profile.",
    exitCodes.nothingMeasured,
  );
}

/** Runs it with progress on stderr; false where the user ended it. The second Ctrl-C does not wait. */
async function runToItsEnd(run: RecordedRun, laboratory: Laboratory, view: ProgressView): Promise<boolean> {
  const stopping = new AbortController();
  const onSignal = (): void => {
    if (stopping.signal.aborted) process.exit(exitCodes.interrupted);
    view.say("Stopping after this sample; once more ends it at once.");
    stopping.abort();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, onSignal);
  view.say(`Run ${run.name}`);
  let finished = false;
  try {
    for await (const event of run.events({ signal: stopping.signal, child: laboratory.child })) {
      view.show(event);
      finished = event.type === "finished" && event.experiment === undefined;
    }
  } catch (error) {
    view.say(`What was finished is kept: kdaccel bench --resume ${run.name}`);
    throw error;
  } finally {
    view.end();
    for (const signal of signals) process.off(signal, onSignal);
  }
  return finished;
}

function print(
  db: Connection,
  stored: StoredRun,
  experiments: readonly Experiment[],
  options: BenchOptions,
): void {
  if (options.json) {
    const document = runDocument("kdaccel/bench/1", stored, (claim) => articleOfClaim(db, claim));
    process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    return;
  }
  const view = { width: outputColumns(process.stdout), theme: themeFor(process.stdout) };
  const title = (id: string): string | undefined => experiments.find((each) => each.id === id)?.title.en;
  process.stdout.write(`${runLines(stored, { ...view, title }).join("\n")}\n`);
}

function list(db: Connection, { all, chosen: experiments, peers }: Chosen, options: BenchOptions): void {
  const settings = withPlans(db, settingsOf(options, chosenTargets(options.target), peers));
  checkWorkloads(experiments, all, settings);
  refuseEmptyPlan(experiments, settings);
  const text = options.json
    ? JSON.stringify(planDocument(experiments, settings), null, 2)
    : planLines(experiments, settings, process.stdout).join("\n");
  process.stdout.write(`${text}\n`);
}

/** What scripts learn from a finished run; the gravest comes first. */
function exitCodeOf({ failures, measurements, verdicts }: StoredRun, options: BenchOptions): ExitCode {
  const has = (verdict: string): boolean => verdicts.some((each) => each.verdict === verdict);
  if (failures.some((failure) => failure.reason === "wrong")) return exitCodes.wrongResult;
  if (measurements.length === 0) return exitCodes.nothingMeasured;
  if (failures.length > 0) return exitCodes.failed;
  if (options.failOnRefuted && has("refuted")) return exitCodes.refuted;
  if (options.strict && has("inconclusive")) return exitCodes.inconclusive;
  return exitCodes.done;
}

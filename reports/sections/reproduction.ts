/** How to repeat a run, and what lies beside the report. */
import type { StoredRun } from "../../catalog/ledger.ts";
import type { Target } from "../../kernels/experiment.ts";
import type { Environment } from "../../kernels/run-events.ts";
import { commandLine } from "../command-line.ts";
import { type Column, code, codeBlock, table, text } from "../markdown.ts";

/** Blocks of Markdown: commands, what will be equal, the files. */
export function reproductionSection(stored: StoredRun): string[] {
  const { run, settings, environment } = stored;
  const explicit = [
    "bench",
    ...run.experiments.flatMap((id) => ["--experiment", id]),
    ...["--profile", settings.profile, "--seed", String(settings.seed)],
    ...(settings.threads === undefined ? [] : ["--threads", String(settings.threads)]),
    ...settings.targets.flatMap((target) => ["--target", targetName(target, environment)]),
    ...(settings.workloads ?? []).flatMap((workload) => ["--workload", workload]),
  ];
  const typed = commandLine(run.command);
  const whole = commandLine(explicit);
  return [
    "## How to reproduce it",
    `As it was typed, with kdaccel ${text(environment.kdaccel)} on Node ${text(environment.node)}:`,
    codeBlock([typed], "sh"),
    ...(run.experiments.length > 0 && whole !== typed
      ? ["The same with every default written out:", codeBlock([whole], "sh")]
      : []),
    "Exact figures (counts, misses, errors) come out the same with the same seed on every machine. Timed ones depend " +
      "on the processor and on what else it does; compare their shares of peak and their paired ratios.",
    "## Files",
    table(fileColumns, files),
  ];
}

/** Native kernels for less than the processor has were asked for by name. */
function targetName(target: Target, { nativeIsa, isa }: Environment): string {
  return target === "native" && nativeIsa === "avx2" && isa.includes("avx512f") ? "native-avx2" : target;
}

const fileColumns: readonly Column[] = [{ title: "File" }, { title: "Holds" }];

const files: readonly (readonly string[])[] = [
  [code("run.json"), `the run as \`kdaccel bench --json\` prints it, schema ${code("kdaccel/bench/1")}`],
  [code("measurements.csv"), "every estimate with its interval, unit and number of samples"],
  [code("samples.csv"), "every raw sample; none is left out"],
  [code("curves.csv"), "the learning curve of every training, where something was trained"],
  [code("charts/"), "the charts of this page as SVG"],
];

/**
 * `kdaccel compile MODEL.onnx`: reads a model, shows what each pass makes of it and which kernel runs each node, checks it
 * against a float64 reference and times it beside the same graph node by node.
 */
import { basename } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { KernelTarget } from "../../kernels/codegen/compile.ts";
import type { CompiledGraph } from "../../kernels/compile/compile-graph.ts";
import type { Contest } from "../../kernels/compile/contest.ts";
import { type Graph, typeText } from "../../kernels/compile/graph.ts";
import { GraphError } from "../../kernels/compile/graph-error.ts";
import { isFused, type Stage, stagesOf } from "../../kernels/compile/stages.ts";
import type { Measurement } from "../../kernels/experiment.ts";
import type { TargetWish } from "../../kernels/native/availability.ts";
import { differenceInWords } from "../../reports/difference-words.ts";
import { formatBytes, formatMeasurement } from "../../reports/numbers.ts";
import { exitCodes, UsageError } from "../exit.ts";
import { advise, printDocument, printLines, stdoutView, type View } from "../print.ts";
import { statusLine } from "../status-line.ts";
import { table } from "../table.ts";
import { chosenTargets, targetCalled } from "../targets.ts";
import { sanitise } from "../terminal-text.ts";
import { chosenThreads, threadsTyped } from "../threads.ts";

interface CompileOptions {
  readonly target?: TargetWish;
  readonly threads?: number;
  readonly dim: Readonly<Record<string, number>>;
  readonly seed: number;
  readonly json?: boolean;
}

export function define(command: Command): void {
  command
    .argument("<model>", "an ONNX file (operator sets 7 to 21)")
    .option(
      "--target <name>",
      "what runs it: js, wasm, native or native-avx2 (default: the best here)",
      target,
    )
    .option("--threads <number>", "threads of convolutions (default: 1)", threadsTyped)
    .addOption(
      new Option(
        "--dim <name=size>",
        "size of a side that the file only names, such as batch=1; may be repeated",
      )
        .argParser(dimension)
        .default({}, "none"),
    )
    .option("--seed <number>", "of the inputs' pseudo-random values", seed, 1)
    .option("--json", "print one JSON document")
    .action((path: string, options: CompileOptions) => asUsage(() => run(path, options)));
}

function target(value: string): TargetWish {
  const found = targetCalled(value);
  if (found) return found;
  throw new InvalidArgumentError("Targets are js, wasm, native and native-avx2.");
}

function dimension(
  value: string,
  before: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const match = /^(.+)=(\d{1,9})$/.exec(value);
  const size = Number(match?.[2]);
  if (match?.[1] && size > 0) return { ...before, [match[1]]: size };
  throw new InvalidArgumentError("Give a name and a size of 1 or more, such as batch=1.");
}

function seed(value: string): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number <= 0xffff_ffff) return number;
  throw new InvalidArgumentError("A seed is a whole number from 0 to 4294967295.");
}

/** What is wrong with a model is wrong usage. */
async function asUsage(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    const { expected, found, remedy } = error.complaint;
    throw new UsageError(`${error.where}: expected ${expected}; found ${found}`, remedy);
  }
}

async function run(path: string, options: CompileOptions): Promise<void> {
  const chosen = chosenTargets(options.target ? [options.target] : undefined);
  if (chosen.fallback !== undefined)
    advise(`Without native kernels (${chosen.fallback}): wasm is the target.`);
  const on = chosen.targets.at(-1) as KernelTarget;
  const threads = chosenThreads({ profile: "quick", threads: options.threads });
  const status = statusLine(process.stderr);
  try {
    status.show("reading");
    // protobufjs is loaded for this command alone.
    const { readOnnxFile } = await import("../../kernels/compile/onnx/file.ts");
    const graph = readOnnxFile(path, { dimensions: options.dim });
    status.say(`${basename(path)}: ${graph.nodes.length} nodes, compiled for ${on}.`);
    const { contestOf } = await import("../../kernels/compile/contest.ts");
    const contest = await contestOf(graph, {
      ...{ target: on, threads, seed: options.seed },
      onProgress: (doing) => status.show(doing),
    });
    status.end();
    if (options.json) printDocument("compile", documentOf(path, graph, on, threads, contest));
    else printLines(linesOf(graph, contest, stdoutView()));
    if (contest.wrong !== null) process.exitCode = exitCodes.wrongResult;
  } finally {
    status.end();
  }
}

function documentOf(
  path: string,
  graph: Graph,
  on: KernelTarget,
  threads: number,
  { compiled, ...rest }: Contest,
) {
  const { memoryPlan, memoryBytes } = compiled;
  const { arenaBytes, sumBytes, leastBytes } = memoryPlan;
  return {
    ...{ model: basename(path), target: on, threads },
    inputs: graph.inputs,
    outputs: graph.outputs.map((name) => ({ name, type: compiled.types.get(name) })),
    stages: stagesOf(graph, compiled.passed),
    nodes: compiled.nodes.map(({ node, type, kernel }) => ({
      ...{ name: node.name, operation: node.operation.op, fused: isFused(node), type, kernel },
    })),
    memory: { arenaBytes, sumBytes, leastBytes, memoryBytes },
    ...{ wrong: rest.wrong, measurements: rest.measurements },
  };
}

function linesOf(graph: Graph, { compiled, wrong, measurements }: Contest, view: View): string[] {
  const { width, theme } = view;
  const options = { width, heading: theme.muted };
  return [
    theme.heading("What each pass makes of it"),
    ...table<Stage>(stageColumns, stagesOf(graph, compiled.passed), options),
    "",
    theme.heading("What runs"),
    ...table(nodeColumns, compiled.nodes, options),
    "",
    ...memoryLines(compiled),
    wrong === null
      ? theme.confirmed("The outputs agree with the float64 reference, with passes and without.")
      : theme.failure(sanitise(`An output differs from the float64 reference: ${wrong}`)),
    ...timeLines(measurements),
  ];
}

const stageColumns = [
  { title: "after", text: ({ stage }: Stage) => stage, flex: 1 },
  { title: "nodes", text: ({ nodes }: Stage) => String(nodes), align: "right" },
  { title: "fused", text: ({ fused }: Stage) => String(fused), align: "right" },
  { title: "weights", text: ({ weightBytes }: Stage) => formatBytes(weightBytes), align: "right" },
  { title: "read and written", text: ({ trafficBytes }: Stage) => formatBytes(trafficBytes), align: "right" },
  { title: "arena", text: ({ arenaBytes }: Stage) => formatBytes(arenaBytes), align: "right" },
  { title: "of", text: ({ sumBytes }: Stage) => formatBytes(sumBytes), align: "right" },
] as const;

type Compiled = CompiledGraph["nodes"][number];

const nodeColumns = [
  { title: "node", text: ({ node }: Compiled) => node.name, flex: 2 },
  { title: "operation", text: ({ node }: Compiled) => node.operation.op },
  { title: "result", text: ({ type }: Compiled) => typeText(type) },
  { title: "kernel", text: ({ kernel }: Compiled) => kernel, flex: 3 },
] as const;

function memoryLines({ memoryPlan, memoryBytes }: CompiledGraph): string[] {
  const { arenaBytes, sumBytes, leastBytes } = memoryPlan;
  const share = sumBytes === 0 ? "" : `, ${Math.round((100 * arenaBytes) / sumBytes)} % of their sum`;
  return [
    `Intermediate tensors: ${formatBytes(arenaBytes)} of arena for ${formatBytes(sumBytes)}${share}; at least ${formatBytes(leastBytes)} are needed at one time.`,
    `Memory with weights, inputs and outputs: ${formatBytes(memoryBytes)}.`,
  ];
}

function timeLines(measurements: readonly Measurement[]): string[] {
  return measurements
    .filter(({ metric }) => metric === "time" || metric === "speed-up")
    .map((m) => {
      const over = m.against ? ` over ${m.against.variant}: ${differenceInWords(m)}` : "";
      return `${m.variant} ${m.metric} ${formatMeasurement(m)}${over}`;
    });
}

/**
 * A graph compiled with all passes beside the same graph node by node: both by the same generator, for the same sizes, in
 * memories of the same plan, so that what differs is what the passes did. Both are checked before they are timed.
 */
import type { KernelTarget } from "../codegen/compile.ts";
import type { Measurement } from "../experiment.ts";
import { createBench } from "../measure/bench.ts";
import { randomStream } from "../random.ts";
import { differsFromReference, randomFeeds } from "./checked.ts";
import { type CompiledGraph, compileGraph } from "./compile-graph.ts";
import type { Graph } from "./graph.ts";
import { evaluateGraph, type Feeds } from "./reference.ts";

/** The variants: names as they stand in tables. */
export const unfused = "node-by-node";
export const compiledVariant = "compiled";

export interface ContestOptions {
  readonly target: KernelTarget;
  readonly threads?: number;
  readonly seed?: number;
  readonly onProgress?: (doing: string) => void;
}

export interface Contest {
  readonly compiled: CompiledGraph;
  /** What is wrong with either; null where both agree with the reference. */
  readonly wrong: string | null;
  /** Times of both and the paired speed-up; empty where one is wrong. */
  readonly measurements: readonly Measurement[];
}

/** Compiles, checks and times. @throws GraphError for a graph that cannot be compiled */
export async function contestOf(graph: Graph, options: ContestOptions): Promise<Contest> {
  const { target, threads = 1, seed = 1, onProgress = () => {} } = options;
  onProgress("compiling");
  const compiled = compileGraph(graph, { target, threads });
  const plain = compileGraph(graph, { target, threads, passes: [] });
  const feeds = randomFeeds(graph, randomStream(seed), leastRows(graph));
  try {
    const wrong = checked(graph, feeds, { [compiledVariant]: compiled, [unfused]: plain }, onProgress);
    onProgress("timing");
    return {
      compiled,
      wrong,
      measurements: wrong === null ? await timed(graph, compiled, plain, options) : [],
    };
  } finally {
    compiled.release();
    plain.release();
  }
}

/** Rows of the smallest table that a gather reads: indices below that point somewhere. */
function leastRows({ nodes, constants }: Graph): number {
  const sides = nodes.flatMap(({ operation, inputs }) => {
    const table = operation.op === "gather" ? constants.get(inputs[0] as string) : undefined;
    return table && operation.op === "gather" ? [table.shape[operation.axis] as number] : [];
  });
  return Math.min(2, ...sides);
}

function checked(
  graph: Graph,
  feeds: Feeds,
  both: Readonly<Record<string, CompiledGraph>>,
  onProgress: (doing: string) => void,
): string | null {
  const total = graph.nodes.length;
  const expected = evaluateGraph(graph, feeds, {
    onNode: ({ name }, at) => onProgress(`reference in float64: node ${at + 1} of ${total}, ${name}`),
  });
  for (const [variant, each] of Object.entries(both)) {
    const difference = differsFromReference(each, graph, feeds, expected);
    if (difference) return `${variant}: ${difference}`;
  }
  return null;
}

async function timed(
  graph: Graph,
  compiled: CompiledGraph,
  plain: CompiledGraph,
  { target, threads = 1, seed = 1 }: ContestOptions,
): Promise<readonly Measurement[]> {
  const variants = [unfused, compiledVariant].map((variant) => ({ variant, target }));
  const bench = createBench({
    ...{ experiment: "compile", excluded: [], emit: () => {} },
    cell: { workload: graph.name, variants, seconds: 1 },
    settings: { profile: "quick", seed, targets: [target], threads },
  });
  const candidates = variants.map((ref) => ({
    ...{ ...ref, threads },
    run: ref.variant === unfused ? plain.run : compiled.run,
  }));
  return bench.compare(candidates, { ceiling: false, seconds: 2 });
}

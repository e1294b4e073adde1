/** Procedure of `graph-fusion`: one network compiled with and without fusion, checked, counted and timed side by side. */
import type { KernelTarget } from "../codegen/compile.ts";
import type { Bench, Candidate, Cell, Procedure, VariantRef } from "../experiment.ts";
import { kernelTarget } from "../kernel-target.ts";
import { randomStream } from "../random.ts";
import { differsFromReference, randomFeeds } from "./checked.ts";
import { type CompiledGraph, compileGraph } from "./compile-graph.ts";
import type { Graph } from "./graph.ts";
import { claimedRounds, fused, fusionWorkloads, oneByOne } from "./graph-fusion.experiment.ts";
import { networks } from "./networks.ts";
import { eliminate } from "./passes/eliminate.ts";
import { foldBatchNorm } from "./passes/fold-batch-norm.ts";
import { foldConstants } from "./passes/fold-constants.ts";
import { allPasses } from "./passes/index.ts";
import { evaluateGraph } from "./reference.ts";

export const procedure: Procedure = {
  run,
  code: async (ref) => {
    const graph = networkOf(fusionWorkloads[2], randomStream(1));
    const { kernels } = compiledAs(ref.variant, graph, kernelTarget(ref));
    return kernels.map(({ text }) => text).join("\n");
  },
};

function networkOf(workload: string, random: () => number): Graph {
  const make = networks[workload];
  if (make) return make(random);
  throw new RangeError(`expected one of ${Object.keys(networks).join(", ")}; found workload ${workload}`);
}

/** Everything but fusion happens on both sides. */
function compiledAs(variant: string, graph: Graph, target: KernelTarget): CompiledGraph {
  if (variant !== oneByOne && variant !== fused)
    throw new RangeError(`expected ${oneByOne} or ${fused}; found variant ${variant}`);
  const passes = variant === fused ? allPasses : [foldConstants, foldBatchNorm, eliminate];
  return compileGraph(graph, { target, passes });
}

async function run(cell: Cell, bench: Bench): Promise<void> {
  const graph = networkOf(cell.workload, bench.random("weights"));
  const feeds = randomFeeds(graph, bench.random("inputs"));
  bench.progress("reference in float64");
  const expected = evaluateGraph(graph, feeds);
  const candidates = bench.variants.map((ref): Candidate => {
    bench.progress(`compiling ${ref.variant}`, undefined, undefined, ref);
    const compiled = compiledAs(ref.variant, graph, kernelTarget(ref));
    bench.exact(ref, "bytes-moved", compiled.bytesMoved());
    bench.exact(ref, "workspace", compiled.memoryPlan.arenaBytes);
    const check = (): string | null => differsFromReference(compiled, graph, feeds, expected);
    return { ...ref, run: compiled.run, check };
  });
  const of = (variant: string, { target }: VariantRef): VariantRef => ({ variant, target });
  const pairs = bench.variants
    .filter(({ variant }) => variant === fused)
    .map((ref) => [of(fused, ref), of(oneByOne, ref)] as const);
  await bench.compare(candidates, { against: null, pairs, leastRounds: claimedRounds });
}

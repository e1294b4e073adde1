/** All passes, in the order in which they run. */
import type { Graph } from "../graph.ts";
import { eliminate } from "./eliminate.ts";
import { foldBatchNorm } from "./fold-batch-norm.ts";
import { foldConstants } from "./fold-constants.ts";
import { fuse } from "./fuse.ts";
import { inlineScalars } from "./inline-scalars.ts";
import type { Pass } from "./pass.ts";
import { recognise } from "./recognise.ts";
import { recogniseAttention } from "./recognise-attention.ts";

/**
 * Folding first, so that batch normalisation finds constants; what is written out is found before anything changes its
 * nodes; what is left over is taken out before fusion, so that nothing idle stands between a layer and its arithmetic.
 */
export const allPasses: readonly Pass[] = [
  foldConstants,
  recognise,
  recogniseAttention,
  foldBatchNorm,
  eliminate,
  inlineScalars,
  fuse,
];

/** The graph after each pass, in order. */
export interface Passed {
  readonly pass: Pass;
  readonly graph: Graph;
}

/** Runs passes one after the other. */
export function runPasses(graph: Graph, passes: readonly Pass[] = allPasses): readonly Passed[] {
  const results: Passed[] = [];
  let current = graph;
  for (const pass of passes) {
    current = pass.run(current);
    results.push({ pass, graph: current });
  }
  return results;
}

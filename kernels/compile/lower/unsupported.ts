/** The refusal of an operation that the graph may state and the reference may compute, but no kernel does. */
import type { GraphNode } from "../graph.ts";
import { GraphError } from "../graph-error.ts";
import { nodeText } from "../infer.ts";

/** @throws GraphError */
export function unsupported(node: GraphNode, expected: string, found: string): never {
  throw new GraphError(nodeText(node), {
    expected,
    found,
    remedy: "It can be computed by the reference alone; change the model, or make that input a constant.",
  });
}

/**
 * What each pass makes of a graph, in numbers: nodes, what was joined, weights, bytes that nodes hand to each other, and
 * the arena. For whoever shows a compilation; nothing is decided here.
 */
import type { Graph, GraphNode } from "./graph.ts";
import { type TensorType, tensorBytes } from "./graph.ts";
import { inferTypes, type Types } from "./infer.ts";
import type { Passed } from "./passes/index.ts";
import { planMemory } from "./plan-memory.ts";

export interface Stage {
  /** The pass, or `given` for the graph before the first. */
  readonly stage: string;
  readonly title: string;
  readonly nodes: number;
  /** Nodes that do the work of several. */
  readonly fused: number;
  readonly weightBytes: number;
  /** Bytes that nodes read and write if each reads its inputs and writes its result once. */
  readonly trafficBytes: number;
  readonly arenaBytes: number;
  /** What all intermediate tensors would take side by side. */
  readonly sumBytes: number;
}

/** The graph as it was given, and after each pass. */
export function stagesOf(given: Graph, passed: readonly Passed[]): readonly Stage[] {
  return [
    stageOf("given", "the graph as it was read", given),
    ...passed.map(({ pass, graph }) => stageOf(pass.id, pass.title, graph)),
  ];
}

function stageOf(stage: string, title: string, graph: Graph): Stage {
  const types = inferTypes(graph);
  const { arenaBytes, sumBytes } = planMemory(graph, types);
  return {
    ...{ stage, title, nodes: graph.nodes.length, fused: graph.nodes.filter(isFused).length },
    weightBytes: [...graph.constants.values()].reduce((sum, tensor) => sum + tensorBytes(tensor), 0),
    trafficBytes: trafficOf(graph, types),
    ...{ arenaBytes, sumBytes },
  };
}

/** Whether a node does the work of several. */
export function isFused({ operation }: GraphNode): boolean {
  if (operation.op === "pointwise") return operation.expression.steps.length > 1;
  return "epilogue" in operation && operation.epilogue !== undefined;
}

/** Bytes that nodes read and write if each reads its inputs and writes its result once; a reshape moves nothing. */
export function trafficOf(graph: Graph, types: Types): number {
  const bytes = (name: string): number => tensorBytes(types.get(name) as TensorType);
  return graph.nodes
    .filter(({ operation }) => operation.op !== "reshape")
    .reduce(
      (sum, { inputs, output }) => sum + bytes(output) + inputs.reduce((all, name) => all + bytes(name), 0),
      0,
    );
}

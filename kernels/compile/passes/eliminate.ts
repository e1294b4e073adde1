/**
 * Takes out what does nothing: nodes and constants that nobody reads, reshapes to the shape that is there, transpositions
 * that cancel. Exporters leave them, and other passes do.
 */
import { type Graph, type GraphNode, sameShape, type TensorType } from "../graph.ts";
import { inferTypes, type Types } from "../infer.ts";
import { type Pass, Rewriting } from "./pass.ts";

export const eliminate: Pass = {
  id: "eliminate",
  title: "takes out what does nothing or is not read",
  run: (graph) => withoutUnread(withoutIdle(graph)),
};

/** Without nodes that give back what they get; two moves of one kind become one. */
function withoutIdle(graph: Graph): Graph {
  const types = inferTypes(graph);
  const rewriting = new Rewriting(graph);
  for (const { name } of graph.nodes) {
    const merged = rewriting.nodes.find((each) => each.name === name);
    if (!merged) continue;
    const node = mergedWithMaker(rewriting, merged);
    if (node !== merged) rewriting.replace(merged, node);
    if (rewriting.isOutput(node.output) || !isIdle(node, types)) continue;
    rewriting.redirect(node.output, node.inputs[0] as string);
  }
  return rewriting.finish();
}

function isIdle({ operation, inputs, output }: GraphNode, types: Types): boolean {
  const [from, to] = [types.get(inputs[0] as string), types.get(output)] as [TensorType, TensorType];
  switch (operation.op) {
    case "reshape":
    case "expand":
    case "pad":
      return sameShape(from.shape, to.shape);
    case "concat":
      return inputs.length === 1;
    case "cast":
      return from.element === to.element;
    case "transpose":
      return operation.permutation.every((side, at) => side === at);
    case "slice":
      return (
        sameShape(from.shape, to.shape) && operation.step.every((step, at) => step > 0 || to.shape[at] === 1)
      );
    default:
      return false;
  }
}

/** A reshape of a reshape reads what that one read, and so does a transposition of a transposition. */
function mergedWithMaker(rewriting: Rewriting, node: GraphNode): GraphNode {
  const { operation } = node;
  const maker = rewriting.maker(node.inputs[0] as string);
  if (operation.op === "reshape" && maker?.operation.op === "reshape")
    return { ...node, inputs: maker.inputs };
  if (operation.op === "transpose" && maker?.operation.op === "transpose") {
    const inner = maker.operation.permutation;
    const permutation = operation.permutation.map((side) => inner[side] as number);
    return { ...node, operation: { op: "transpose", permutation }, inputs: maker.inputs };
  }
  return node;
}

/** Without what no output depends on. Inputs stay: the caller gives them. */
function withoutUnread(graph: Graph): Graph {
  const read = new Set(graph.outputs);
  const nodes: GraphNode[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!read.has(node.output)) continue;
    nodes.unshift(node);
    for (const name of node.inputs) read.add(name);
  }
  const constants = new Map([...graph.constants].filter(([name]) => read.has(name)));
  return { ...graph, nodes, constants };
}

/**
 * What kernels expect: softmax along the last side, reductions over the last sides, right operands of products by rows.
 * Other axes are brought there by transpositions, which are nodes like any other: visible, planned and checked.
 */
import type { Graph, GraphNode } from "../graph.ts";
import { inferTypes, type Types } from "../infer.ts";
import { type Pass, Rewriting } from "./pass.ts";

export const legalise: Pass = {
  id: "legalise",
  title: "brings axes where the kernels expect them",
  run: (graph: Graph): Graph => {
    const types = inferTypes(graph);
    const rewriting = new Rewriting(graph);
    for (const node of graph.nodes) {
      const moved = legal(rewriting, node, types);
      if (moved) rewriting.replace(node, ...moved);
    }
    return rewriting.finish();
  },
};

function legal(rewriting: Rewriting, node: GraphNode, types: Types): readonly GraphNode[] | undefined {
  const { operation, inputs } = node;
  const rankOf = (name: string): number => types.get(name)?.shape.length ?? 0;
  const [x] = inputs as [string];
  if (operation.op === "softmax" && operation.axis < rankOf(x) - 1)
    return aroundSoftmax(rewriting, node, rankOf(x), operation.axis);
  if (operation.op === "reduce" && !isTrailing(operation.axes, rankOf(x))) {
    const kept = sides(rankOf(x)).filter((side) => !operation.axes.includes(side));
    const first = transposition(rewriting, node, x, [...kept, ...operation.axes], "moved");
    const axes = operation.axes.map((_, at) => kept.length + at);
    // Kept sides of 1 would stand at the end now: the shape is restored by a reshape.
    const reduced = rewriting.fresh(`${node.output}.reduced`);
    const shape = types.get(node.output)?.shape ?? [];
    return [
      first,
      {
        name: rewriting.fresh(`${node.name}.reduced`),
        operation: { ...operation, axes, keep: false },
        inputs: [first.output],
        output: reduced,
      },
      { ...node, operation: { op: "reshape", shape }, inputs: [reduced] },
    ];
  }
  if (operation.op === "product" && operation.transposeB && !rewriting.constants.has(inputs[1] as string)) {
    const rank = rankOf(inputs[1] as string);
    const swapped = [...sides(rank).slice(0, -2), rank - 1, rank - 2];
    const turned = transposition(rewriting, node, inputs[1] as string, swapped, "rows");
    const others = inputs.slice(2);
    return [
      turned,
      { ...node, operation: { ...operation, transposeB: false }, inputs: [x, turned.output, ...others] },
    ];
  }
  return undefined;
}

function aroundSoftmax(
  rewriting: Rewriting,
  node: GraphNode,
  rank: number,
  axis: number,
): readonly GraphNode[] {
  const permutation = sides(rank).map((side) => (side === axis ? rank - 1 : side === rank - 1 ? axis : side));
  const first = transposition(rewriting, node, node.inputs[0] as string, permutation, "moved");
  const inner = rewriting.fresh(`${node.output}.moved.softmax`);
  return [
    first,
    {
      name: rewriting.fresh(`${node.name}.inner`),
      operation: { op: "softmax", axis: rank - 1 },
      inputs: [first.output],
      output: inner,
    },
    { ...node, operation: { op: "transpose", permutation }, inputs: [inner] },
  ];
}

function transposition(
  rewriting: Rewriting,
  { name }: GraphNode,
  from: string,
  permutation: readonly number[],
  what: string,
): GraphNode {
  const output = rewriting.fresh(`${name}.${what}`);
  return { name: output, operation: { op: "transpose", permutation }, inputs: [from], output };
}

const sides = (rank: number): number[] => Array.from({ length: rank }, (_, side) => side);

function isTrailing(axes: readonly number[], rank: number): boolean {
  return axes.every((axis, at) => axis === rank - axes.length + at);
}

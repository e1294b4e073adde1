/**
 * Operator fusion: arithmetic element by element joins the layer that makes its operand (as that layer's epilogue), or
 * the arithmetic before it (as one expression). The value in between then never leaves a register, and one pass over
 * memory does what several did (Chen et al., TVM, arXiv:1802.04799, section 3).
 */
import { type Applied, reordered, substituted } from "../expression.ts";
import { type GraphNode, type Pointwise, sameShape } from "../graph.ts";
import { inferTypes, type Types } from "../infer.ts";
import { type Pass, Rewriting } from "./pass.ts";

export const fuse: Pass = {
  id: "fuse",
  title: "joins arithmetic with the layer or the arithmetic before it",
  run: (graph) => {
    const types = inferTypes(graph);
    const rewriting = new Rewriting(graph);
    // A node that was joined with one may next be joined with another: its name stays, so it is asked for again.
    for (const { name } of graph.nodes) while (joined(rewriting, name, types));
    return rewriting.finish();
  },
};

/** Tensors that one kernel may read: each is a pointer in a general register, and x86-64 has few. */
const mostInputs = 6;
/** Steps of one expression: beyond, more values live than there are vector registers on AVX2. */
const mostSteps = 24;

/** Joins a node with one of those that make its inputs; whether it did. */
function joined(rewriting: Rewriting, name: string, types: Types): boolean {
  const node = rewriting.nodes.find((each) => each.name === name);
  if (node?.operation.op !== "pointwise") return false;
  const outer: Applied = { expression: node.operation.expression, inputs: node.inputs };
  // Layers first: they gain most, and a node can join but one.
  const makers = [...new Set(node.inputs)]
    .map((input) => rewriting.maker(input))
    .filter((maker) => maker !== undefined)
    .sort((a, b) => Number(a.operation.op === "pointwise") - Number(b.operation.op === "pointwise"));
  for (const maker of makers) {
    if (!rewriting.isReadByAlone(maker.output, node) || !sameType(types, maker.output, node.output)) continue;
    const whole = union(maker, outer);
    if (!whole || whole.inputs.length > mostInputs) continue;
    rewriting.replace(maker);
    // A layer keeps its name: it is what a reader looks for.
    const called = maker.operation.op === "pointwise" ? node.name : maker.name;
    rewriting.replace(node, { ...whole, name: called, output: node.output });
    return true;
  }
  return false;
}

/** A broadcast value would be computed once for each place where it is read: those stay apart. */
function sameType(types: Types, from: string, to: string): boolean {
  const [left, right] = [types.get(from), types.get(to)];
  return left !== undefined && right !== undefined && sameShape(left.shape, right.shape);
}

/** The node that does what a maker and the arithmetic on its result do, or undefined where they must stay apart. */
function union(maker: GraphNode, outer: Applied): Pick<GraphNode, "operation" | "inputs"> | undefined {
  const { operation } = maker;
  if (operation.op === "pointwise") {
    const { expression, inputs } = substituted(outer, maker.output, { ...maker, ...operation });
    if (expression.steps.length > mostSteps) return undefined;
    return { operation: { op: "pointwise", expression } satisfies Pointwise, inputs };
  }
  if (operation.op !== "conv" && operation.op !== "product") return undefined;
  const own = maker.inputs.slice(0, 2);
  const { expression, inputs } = operation.epilogue
    ? // The layer's sum is operand 0 of the epilogue; it has no name, and gets that of the result for the moment.
      substituted(outer, maker.output, {
        expression: operation.epilogue,
        inputs: [sumOf(maker), ...maker.inputs.slice(2)],
      })
    : renamed(outer, maker.output, sumOf(maker));
  if (expression.steps.length > mostSteps) return undefined;
  const sumPlace = inputs.indexOf(sumOf(maker));
  const order = [sumPlace, ...inputs.keys()].filter((place, at) => at === 0 || place !== sumPlace);
  const extra = order.slice(1).map((place) => inputs[place] as string);
  return {
    operation: { ...operation, epilogue: reordered(expression, order) },
    inputs: [...own, ...extra],
  };
}

/** A name that no tensor has: names in a graph are never empty. */
const sumOf = (_: GraphNode): string => "";

function renamed({ expression, inputs }: Applied, from: string, to: string): Applied {
  return deduplicated({ expression, inputs: inputs.map((name) => (name === from ? to : name)) });
}

/** Each tensor once: operands that are the same tensor become one. */
function deduplicated({ expression, inputs }: Applied): Applied {
  const unique = [...new Set(inputs)];
  const number = (operand: number): number =>
    operand < expression.operands
      ? unique.indexOf(inputs[operand] as string)
      : operand - expression.operands + unique.length;
  const steps = expression.steps.map((step) => ({ ...step, of: step.of.map(number) }));
  return { expression: { operands: unique.length, steps }, inputs: unique };
}

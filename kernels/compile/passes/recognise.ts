/**
 * Finds layer normalisation where an exporter has written it out: before operator set 17 it is nine nodes,
 * (x - mean(x)) / sqrt(mean((x - mean(x))^2) + epsilon) * scale + shift. As one operation each row is read from memory
 * once instead of seven times.
 */
import type { PointwiseFunction, Step } from "../expression.ts";
import {
  type GraphNode,
  type LayerNorm,
  lengthOf,
  type Reduce,
  sameShape,
  type TensorType,
} from "../graph.ts";
import { inferTypes, type Types } from "../infer.ts";
import { type Pass, Rewriting } from "./pass.ts";

export const recognise: Pass = {
  id: "recognise",
  title: "finds layer normalisation that is written out",
  run: (graph) => {
    const types = inferTypes(graph);
    const rewriting = new Rewriting(graph);
    for (const node of graph.nodes) {
      const found = layerNormAt(rewriting, node, types);
      if (found) rewriting.replace(node, found);
    }
    return rewriting.finish();
  },
};

/** A node of one step of this function. */
function single(node: GraphNode | undefined, apply: PointwiseFunction): Step | undefined {
  if (node?.operation.op !== "pointwise") return undefined;
  const { steps } = node.operation.expression;
  return steps.length === 1 && steps[0]?.apply === apply ? steps[0] : undefined;
}

/** The two inputs of such a node: one that a function accepts first, then the other. */
function split<T>(
  node: GraphNode | undefined,
  apply: PointwiseFunction,
  accept: (name: string) => T | undefined,
): { readonly accepted: T; readonly other: string } | undefined {
  if (!node || !single(node, apply) || node.inputs.length !== 2) return undefined;
  for (const [first, other] of [node.inputs, [...node.inputs].reverse()] as [string, string][]) {
    const accepted = accept(first);
    if (accepted !== undefined) return { accepted, other };
  }
  return undefined;
}

/** The layer normalisation whose last node, the sum with the shift, this is. */
function layerNormAt(rewriting: Rewriting, node: GraphNode, types: Types): GraphNode | undefined {
  const scaled = split(node, "add", (name) => rewriting.maker(name));
  if (!scaled) return undefined;
  for (const sum of node.inputs) {
    const shift = node.inputs.find((name) => name !== sum) ?? "";
    const factor = split(rewriting.maker(sum), "mul", (name) => normalised(rewriting, name, types));
    if (!factor) continue;
    const { x, axis, epsilon } = factor.accepted;
    const sides = (types.get(x) as TensorType).shape.slice(axis);
    if (![factor.other, shift].every((name) => isParameter(types.get(name), sides))) continue;
    const operation: LayerNorm = { op: "layer-norm", axis, epsilon };
    return { ...node, operation, inputs: [x, factor.other, shift] };
  }
  return undefined;
}

/** What is normalised where `name` is (x - mean) / deviation. */
function normalised(rewriting: Rewriting, name: string, types: Types) {
  const quotient = rewriting.maker(name);
  if (!quotient || !single(quotient, "div")) return undefined;
  const [apart, deviation] = quotient.inputs as [string, string];
  const difference = rewriting.maker(apart);
  if (!difference || !single(difference, "sub")) return undefined;
  const [x, mean] = difference.inputs as [string, string];
  const axis = meanAxis(rewriting, mean, x, types);
  const epsilon = epsilonOf(rewriting, deviation, apart, axis, types);
  return axis === undefined || epsilon === undefined ? undefined : { x, axis, epsilon };
}

/** The first of the last sides over which `name` is the mean of x. */
function meanAxis(rewriting: Rewriting, name: string, x: string, types: Types): number | undefined {
  const node = rewriting.maker(name);
  if (node?.operation.op !== "reduce" || node.inputs[0] !== x) return undefined;
  const { kind, axes, keep }: Reduce = node.operation;
  const rank = types.get(x)?.shape.length ?? 0;
  const trailing = axes.every((axis, at) => axis === rank - axes.length + at);
  return kind === "mean" && keep && trailing ? axes[0] : undefined;
}

/** The epsilon where `name` is sqrt(mean(apart^2) + epsilon). */
function epsilonOf(
  rewriting: Rewriting,
  name: string,
  apart: string,
  axis: number | undefined,
  types: Types,
): number | undefined {
  const root = rewriting.maker(name);
  if (axis === undefined || !root || !single(root, "sqrt")) return undefined;
  const sum = split(rewriting.maker(root.inputs[0] as string), "add", (each) => {
    const tensor = rewriting.constants.get(each);
    return tensor && lengthOf(tensor) === 1 ? tensor.data[0] : undefined;
  });
  const variance = sum && rewriting.maker(sum.other);
  const square = variance && rewriting.maker(variance.inputs[0] as string);
  if (!square || meanAxis(rewriting, sum.other, square.output, types) !== axis) return undefined;
  const isSquare =
    single(square, "pow")?.parameters?.[0] === 2 ||
    (single(square, "mul") !== undefined && square.inputs.every((each) => each === apart));
  return isSquare && square.inputs[0] === apart ? sum.accepted : undefined;
}

/** Whether a tensor has one number for each normalised element, which broadcasting would line up with them. */
function isParameter(type: TensorType | undefined, sides: readonly number[]): boolean {
  if (type?.element !== "f32") return false;
  const own = type.shape.slice(-sides.length);
  return sameShape(own, sides) && lengthOf(type) === lengthOf({ shape: sides });
}

/**
 * Puts constants of one element into the expressions that read them: a number in the code takes no pointer and no load,
 * and what fusion joins has fewer operands.
 */
import type { Expression, Step } from "../expression.ts";
import { type GraphNode, lengthOf, type Pointwise, sameShape, type TensorType } from "../graph.ts";
import { inferTypes, type Types } from "../infer.ts";
import { broadcastShape } from "../strides.ts";
import { type Pass, Rewriting } from "./pass.ts";

export const inlineScalars: Pass = {
  id: "inline-scalars",
  title: "puts constants of one element into the code",
  run: (graph) => {
    const types = inferTypes(graph);
    const rewriting = new Rewriting(graph);
    for (const node of graph.nodes) {
      const inlined = inlinedNode(node, rewriting, types);
      if (inlined) rewriting.replace(node, inlined);
    }
    return rewriting.finish();
  },
};

function inlinedNode(node: GraphNode, { constants }: Rewriting, types: Types): GraphNode | undefined {
  const { operation, inputs, output } = node;
  if (operation.op !== "pointwise") return undefined;
  const numbers = inputs.map((name) => {
    const tensor = constants.get(name);
    return tensor?.element === "f32" && lengthOf(tensor) === 1 ? tensor.data[0] : undefined;
  });
  const kept = inputs.filter((_, at) => numbers[at] === undefined);
  if (kept.length === 0 || kept.length === inputs.length) return undefined;
  // A constant [1, 1] may be what gives the result its rank.
  const shape = broadcastShape(kept.map((name) => (types.get(name) as TensorType).shape));
  if (!shape || !sameShape(shape, (types.get(output) as TensorType).shape)) return undefined;
  const expression = withNumbers(operation.expression, numbers);
  return { ...node, operation: { op: "pointwise", expression } satisfies Pointwise, inputs: kept };
}

/** The expression with some operands replaced by numbers: each becomes a step in front of the others. */
function withNumbers({ operands, steps }: Expression, numbers: readonly (number | undefined)[]): Expression {
  const constants: Step[] = [];
  const kept = numbers.filter((value) => value === undefined).length;
  let operand = 0;
  const places = numbers.map((value) => {
    if (value === undefined) return operand++;
    constants.push({ apply: "constant", of: [], parameters: [value] });
    return kept + constants.length - 1;
  });
  const number = (of: number): number =>
    of < operands ? (places[of] as number) : of - operands + kept + constants.length;
  return {
    operands: kept,
    steps: [...constants, ...steps.map((step) => ({ ...step, of: step.of.map(number) }))],
  };
}

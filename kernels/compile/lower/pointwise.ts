/** Arithmetic element by element, and what follows a layer whose own kernel cannot do it. */
import type { Program } from "../../codegen/statements.ts";
import { type Expression, expressionText } from "../expression.ts";
import type { GraphNode } from "../graph.ts";
import { isPowerKnown } from "../programs/functions.ts";
import { pointwiseProgram } from "../programs/pointwise.ts";
import { type Lowering, type NodePlan, type Planning, stepOf } from "./lowering.ts";
import { unsupported } from "./unsupported.ts";

export const pointwise: Lowering<"pointwise"> = (node, planning): NodePlan => {
  const { expression } = node.operation;
  requireKnown(node, expression, planning);
  const shapes = node.inputs.map((name) => planning.type(name).shape);
  const program = pointwiseProgram(expression, shapes, planning.type(node.output).shape, planning.lanes);
  return {
    kernel: expressionText(expression),
    ownBytes: 0,
    scratchBytes: 0,
    reads: node.inputs,
    make: (workshop) => {
      const places = [node.output, ...node.inputs].map((name) => workshop.address(name));
      return stepOf(workshop, [[program, ...places]]);
    },
  };
};

/** The program that applies an epilogue to a layer's result in place; parameters `(output, output, extra …)`. */
export function epiloguePass(node: GraphNode, epilogue: Expression, planning: Planning): Program {
  const { shape } = planning.type(node.output);
  const extra = node.inputs.slice(2).map((name) => planning.type(name).shape);
  return pointwiseProgram(epilogue, [shape, ...extra], shape, planning.lanes);
}

/** Refuses what has no generated code. @throws GraphError that names the node */
export function requireKnown(node: GraphNode, { steps }: Expression, { type }: Planning): void {
  for (const name of node.inputs)
    if (type(name).element !== "f32") unsupported(node, "f32 inputs when it runs", `i32 input ${name}`);
  for (const { apply, parameters = [] } of steps) {
    const known = apply !== "pow" || isPowerKnown(parameters[0] as number);
    if (!known) unsupported(node, "an exponent of 0.5 or a whole one up to 8", String(parameters[0]));
  }
}

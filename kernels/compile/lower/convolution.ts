/**
 * Convolutions: pointwise ones are products here, all others are made by ../../conv/, which has many ways. A bias and a
 * rectifier go into its epilogue; what else follows is one pass over the result.
 */

import type { ConvAlgorithmId } from "../../conv/algorithm.ts";
import { convAlgorithms } from "../../conv/algorithms.ts";
import { createConvolution, problemOf, takes } from "../../conv/convolution.ts";
import { type Epilogue, noEpilogue } from "../../conv/epilogue.ts";
import { type ConvShape, convShape } from "../../conv/shape.ts";
import { type Expression, expressionText } from "../expression.ts";
import { type GraphNode, lengthOf, type Window } from "../graph.ts";
import { type Lowering, type NodePlan, type Planning, stepOf, wholeLines } from "./lowering.ts";
import { epiloguePass, requireKnown } from "./pointwise.ts";
import { pointwiseConvolution } from "./product.ts";

export const conv: Lowering<"conv"> = (node, planning): NodePlan => {
  const { window, groups, epilogue } = node.operation;
  if (epilogue) requireKnown(node, epilogue, planning);
  if (groups === 1 && isPointwise(window)) return pointwiseConvolution(node, epilogue, planning);
  return windowed(node, planning, window, groups, epilogue);
};

function isPointwise({ kernel, stride, padding }: Window): boolean {
  return (
    [...kernel, ...stride].every((each) => each === 1) && Object.values(padding).every((each) => each === 0)
  );
}

/**
 * Ways in the order in which they are wished: what moves least first. Winograd and FFT are left out: they round
 * differently, and whether they pay depends on the machine.
 */
const preferred: readonly ConvAlgorithmId[] = [
  "depthwise",
  "implicit",
  "indirect",
  "im2col-pack",
  "im2col",
  "direct",
];

function windowed(
  node: GraphNode,
  planning: Planning,
  window: Window,
  groups: number,
  expression: Expression | undefined,
): NodePlan {
  const [image, weights] = node.inputs as [string, string];
  const shape = shapeOf(node, planning, window, groups);
  const batch = planning.type(image).shape[0] as number;
  const { epilogue, bias, rest } = splitEpilogue(node, expression, planning);
  const options = {
    ...{
      layout: "nchw" as const,
      shape,
      batch,
      epilogue,
      target: planning.target,
      threads: planning.threads,
    },
    ...(planning.isa ? { isa: planning.isa } : {}),
  };
  const problem = problemOf(options);
  const row = preferred
    .map((id) => convAlgorithms.find((each) => each.id === id))
    .find((each) => each !== undefined && takes(each, problem));
  if (!row) throw new RangeError(`expected a way to compute node ${node.name}, found none`);
  const accounting = row.accounting(problem);
  const after = rest ? epiloguePass(node, rest, planning) : undefined;
  return {
    kernel: [row.id, expression ? expressionText(expression) : ""]
      .filter(Boolean)
      .join(rest ? "; then " : ", "),
    ownBytes: wholeLines(accounting.workspaceBytes) + wholeLines(accounting.preparedBytes) + 4096,
    scratchBytes: 0,
    reads: node.inputs,
    make: (workshop) => {
      const { memory } = workshop;
      const made = createConvolution({ ...options, algorithm: row.id, memory });
      const places = { input: workshop.address(image), output: workshop.address(node.output) };
      made.prepare(workshop.address(weights));
      const call = bias === undefined ? places : { ...places, bias: workshop.address(bias) };
      const others = node.inputs.slice(2).map((name) => workshop.address(name));
      const last = after ? stepOf(workshop, [[after, places.output, places.output, ...others]]) : undefined;
      return {
        calls: last?.calls ?? [],
        statedBytes: accounting.bytesMoved,
        run: () => {
          made.run(call);
          last?.run();
        },
        release: () => made.release(),
      };
    },
  };
}

function shapeOf({ inputs }: GraphNode, { type }: Planning, window: Window, groups: number): ConvShape {
  const [, channels, height, width] = type(inputs[0] as string).shape as [number, number, number, number];
  const [filters] = type(inputs[1] as string).shape as [number];
  const [y, x] = window.stride;
  return convShape({
    ...{ channels, height, width, filters, groups, stride: { y, x }, padding: window.padding },
    kernelHeight: window.kernel[0],
    kernelWidth: window.kernel[1],
    dilation: { y: window.dilation[0], x: window.dilation[1] },
  });
}

/** The part of an epilogue that a convolution does itself, and what is left of it. */
function splitEpilogue(
  node: GraphNode,
  expression: Expression | undefined,
  { type, constant }: Planning,
): { readonly epilogue: Epilogue; readonly bias?: string; readonly rest?: Expression } {
  if (!expression) return { epilogue: noEpilogue };
  const bias = node.inputs[2];
  const [first, second] = expression.steps;
  const filters = type(node.output).shape[1] as number;
  const isBias =
    bias !== undefined &&
    first?.apply === "add" &&
    [...first.of].sort().join() === "0,1" &&
    constant(bias) !== undefined &&
    isPerChannel(type(bias).shape, filters);
  if (!isBias || expression.operands !== 2) return { epilogue: noEpilogue, rest: expression };
  if (!second) return { epilogue: { bias: true, activation: "none" }, bias };
  if (expression.steps.length > 2) return { epilogue: noEpilogue, rest: expression };
  if (second.apply === "relu") return { epilogue: { bias: true, activation: "relu" }, bias };
  if (second.apply === "clip" && second.parameters?.join() === "0,6")
    return { epilogue: { bias: true, activation: "relu6" }, bias };
  return { epilogue: noEpilogue, rest: expression };
}

/** Whether a tensor has one number for each channel of an image: [C, 1, 1] or [1, C, 1, 1]. */
function isPerChannel(shape: readonly number[], channels: number): boolean {
  return shape.at(-3) === channels && lengthOf({ shape }) === channels;
}

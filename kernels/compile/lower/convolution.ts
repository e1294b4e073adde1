/**
 * Convolutions: pointwise ones are products here, all others are made by ../../conv/, which has many ways. A bias, a
 * shortcut and a rectifier go into its epilogue; what else follows is one pass over the result.
 */

import { convAlgorithm } from "../../conv/algorithms.ts";
import { rankAlgorithms } from "../../conv/choose.ts";
import { createConvolution, problemOf, workOf } from "../../conv/convolution.ts";
import { type Epilogue, noEpilogue } from "../../conv/epilogue.ts";
import type { ConvProblem } from "../../conv/problem.ts";
import { type ConvShape, convShape, shapeText } from "../../conv/shape.ts";
import { type Expression, expressionText, type Step } from "../expression.ts";
import { type GraphNode, lengthOf, sameShape, type Window } from "../graph.ts";
import { type Lowering, type NodePlan, type Planning, stepOf, wholeLines } from "./lowering.ts";
import { epiloguePass, requireKnown } from "./pointwise.ts";
import { pointwiseConvolution } from "./product.ts";
import { unsupported } from "./unsupported.ts";

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
 * Bytes that one layer may take for itself: a way that needs more is passed over, because every layer of a network keeps
 * what it allocated.
 */
const mostOwnBytes = 64 * 2 ** 20;

/** The way that is predicted to be the fastest of those that are content with little, or else takes least. */
function wayFor(node: GraphNode, problem: ConvProblem) {
  const ways = rankAlgorithms(problem).map(({ algorithm }) => {
    const { workspaceBytes, preparedBytes, bytesMoved } = workOf(convAlgorithm(algorithm), problem);
    return { algorithm, bytesMoved, ownBytes: wholeLines(workspaceBytes) + wholeLines(preparedBytes) };
  });
  const [least] = [...ways].sort((a, b) => a.ownBytes - b.ownBytes);
  const way = ways.find(({ ownBytes }) => ownBytes <= mostOwnBytes) ?? least;
  return way ?? unsupported(node, "a convolution that some algorithm takes", shapeText(problem.shape));
}

/** Each of a convolution's allocations may be rounded up to a line: dozens of them, and to spare. */
const alignmentBytes = 4096;

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
  const setting = {
    ...{
      layout: "nchw" as const,
      shape,
      batch,
      target: planning.target,
      threads: planning.threads,
    },
    ...(planning.isa ? { isa: planning.isa } : {}),
  };
  const split = splitEpilogue(node, expression, planning);
  // Where the fastest way does not add a shortcut, all that follows is one pass: no slower way is taken for it.
  const fastest = convAlgorithm(wayFor(node, problemOf(setting)).algorithm);
  const adds = split.residual === undefined || fastest.addsResidual?.(problemOf(setting)) === true;
  const { epilogue, bias, residual, rest } = adds ? split : { epilogue: noEpilogue, rest: expression };
  const options = { ...setting, epilogue };
  const { algorithm, bytesMoved, ownBytes } = wayFor(node, problemOf(options));
  const after = rest ? epiloguePass(node, rest, planning) : undefined;
  return {
    kernel: [algorithm, expression ? expressionText(expression) : ""]
      .filter(Boolean)
      .join(rest ? "; then " : ", "),
    ownBytes: ownBytes + alignmentBytes,
    scratchBytes: 0,
    reads: node.inputs,
    make: (workshop) => {
      const { memory } = workshop;
      const made = createConvolution({ ...options, algorithm, memory });
      const places = { input: workshop.address(image), output: workshop.address(node.output) };
      made.prepare(workshop.address(weights));
      const call = {
        ...places,
        ...(bias === undefined ? {} : { bias: workshop.address(bias) }),
        ...(residual === undefined ? {} : { residual: workshop.address(residual) }),
      };
      const others = node.inputs.slice(2).map((name) => workshop.address(name));
      const last = after ? stepOf(workshop, [[after, places.output, places.output, ...others]]) : undefined;
      return {
        calls: last?.calls ?? [],
        statedBytes: bytesMoved,
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
interface SplitEpilogue {
  readonly epilogue: Epilogue;
  readonly bias?: string;
  readonly residual?: string;
  readonly rest?: Expression;
}

/** A bias, a shortcut like the output and an activation, each at most once and in this order, or all of it left. */
function splitEpilogue(
  node: GraphNode,
  expression: Expression | undefined,
  planning: Planning,
): SplitEpilogue {
  if (!expression) return { epilogue: noEpilogue };
  const left = { epilogue: noEpilogue, rest: expression };
  let found: SplitEpilogue = { epilogue: noEpilogue };
  for (const [at, step] of expression.steps.entries()) {
    const sums = at === 0 ? 0 : expression.operands + at - 1;
    const next = found.epilogue.activation === "none" ? joined(node, found, step, sums, planning) : undefined;
    if (!next) return left;
    found = next;
  }
  const operands = 1 + [found.bias, found.residual].filter((name) => name !== undefined).length;
  // An operator that follows without a bias stays a pass of its own: kernels have been measured so.
  return operands === expression.operands && operands > 1 ? found : left;
}

/** What a convolution does with one step more on its sums, or undefined where it cannot. */
function joined(
  node: GraphNode,
  { epilogue, ...names }: SplitEpilogue,
  { apply, of, parameters }: Step,
  sums: number,
  { type, constant }: Planning,
): SplitEpilogue | undefined {
  if (apply !== "add" && of[0] !== sums) return undefined;
  if (apply === "relu") return { ...names, epilogue: { ...epilogue, activation: "relu" } };
  if (apply === "clip" && parameters?.join() === "0,6")
    return { ...names, epilogue: { ...epilogue, activation: "relu6" } };
  const other = of.find((operand) => operand !== sums);
  if (apply !== "add" || !of.includes(sums) || other === undefined) return undefined;
  const name = node.inputs[other + 1];
  if (name === undefined || epilogue.residual) return undefined;
  const { shape } = type(name);
  const output = type(node.output).shape;
  if (!epilogue.bias && constant(name) !== undefined && isPerChannel(shape, output[1] as number))
    return { ...names, bias: name, epilogue: { ...epilogue, bias: true } };
  return sameShape(shape, output)
    ? { ...names, residual: name, epilogue: { ...epilogue, residual: true } }
    : undefined;
}

/** Whether a tensor has one number for each channel of an image: [C, 1, 1] or [1, C, 1, 1]. */
function isPerChannel(shape: readonly number[], channels: number): boolean {
  return shape.at(-3) === channels && lengthOf({ shape }) === channels;
}

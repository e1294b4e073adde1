/** Arithmetic element by element: broadcast of inputs, and epilogues of layers, which are the same thing. */
import { flawOf, valueIn } from "../arithmetic.ts";
import { type Expression, expressionText } from "../expression.ts";
import { lengthOf, sameShape, type TensorType } from "../graph.ts";
import { broadcastShape, broadcastView, walk } from "../strides.ts";
import type { OperatorRow, RealTensor, Refuse } from "./operator.ts";

/** What integers may be computed with: indices of exported graphs need no more. */
const ofIntegers = new Set(["add", "sub", "mul", "min", "max"]);

export const pointwise: OperatorRow<"pointwise"> = {
  inputs: [1, Number.POSITIVE_INFINITY],
  infer: ({ expression }, inputs, refuse) => {
    checkExpression(expression, inputs, refuse);
    const shape = broadcastShape(inputs.map((each) => each.shape));
    if (!shape) return refuse("inputs that broadcast", shapesText(inputs), "Sides must be equal, or 1.");
    const element = inputs[0]?.element ?? "f32";
    if (inputs.some((each) => each.element !== element))
      refuse("inputs of one type", inputs.map((each) => each.element).join(" and "), "Cast one of them.");
    if (element === "i32" && expression.steps.some(({ apply }) => !ofIntegers.has(apply)))
      refuse(`${[...ofIntegers].join(", ")} on i32`, expressionText(expression), "Cast it to f32 first.");
    return { element, shape };
  },
  evaluate: ({ expression }, inputs, output) => applied(expression, inputs, output),
};

/**
 * The type of a layer's result under its epilogue: unchanged, because the further inputs must broadcast to it.
 *
 * @param extra types of the inputs after the layer's own
 */
export function inferEpilogue(
  epilogue: Expression | undefined,
  result: TensorType,
  extra: readonly TensorType[],
  refuse: Refuse,
): TensorType {
  if (!epilogue) {
    if (extra.length > 0) refuse("no inputs beyond the layer's own", `${extra.length} more`, "Remove them.");
    return result;
  }
  checkExpression(epilogue, [result, ...extra], refuse);
  for (const each of extra) {
    const shape = broadcastShape([result.shape, each.shape]);
    if (each.element !== "f32" || !shape || !sameShape(shape, result.shape))
      refuse(`f32 inputs that broadcast to ${result.shape.join("x")}`, shapesText([each]), "Reshape it.");
  }
  return result;
}

/** The layer's sums under its epilogue. */
export function evaluateEpilogue(
  epilogue: Expression | undefined,
  sums: Float64Array,
  extra: readonly RealTensor[],
  output: TensorType,
): Float64Array {
  return epilogue ? applied(epilogue, [{ ...output, data: sums }, ...extra], output) : sums;
}

function applied(expression: Expression, inputs: readonly RealTensor[], output: TensorType): Float64Array {
  const result = new Float64Array(lengthOf(output));
  const views = inputs.map(({ shape }) => broadcastView(shape, output.shape));
  const operands = new Array<number>(inputs.length);
  walk(views, (places, index) => {
    for (const [at, place] of places.entries()) operands[at] = inputs[at]?.data[place] as number;
    result[index] = valueIn(expression, operands);
  });
  return result;
}

function checkExpression(expression: Expression, inputs: readonly TensorType[], refuse: Refuse): void {
  const flaw = flawOf(expression);
  if (flaw) refuse("an expression whose steps fit", flaw, "Build it with single() or substituted().");
  if (expression.operands !== inputs.length)
    refuse(`${expression.operands} operands`, String(inputs.length), "Give each operand a tensor.");
}

const shapesText = (types: readonly TensorType[]): string =>
  types.map(({ shape }) => `[${shape.join(",")}]`).join(" and ");

/** Attention as one operation: which shape results, and its value by the definition of ../../attention/. */
import { attentionReference } from "../../attention/reference.ts";
import { type AttentionProblem, type MaskStrides, problemOf } from "../../attention/shape.ts";
import { type Attention, type TensorType, typeText } from "../graph.ts";
import { denseStrides } from "../strides.ts";
import { input, type OperatorRow, requireFloat } from "./operator.ts";

/** Batch, heads, tokens and elements of an operand; sides that a tensor has not are 1. */
function sidesOf(
  { shape }: TensorType,
  layout: "heads" | "tokens",
): readonly [number, number, number, number] {
  const [batch, first, second, elements] = [1, 1, ...shape].slice(-4) as [number, number, number, number];
  return layout === "heads" ? [batch, first, second, elements] : [batch, second, first, elements];
}

/** The problem that the room of attention solves. */
export function attentionProblem(
  { scale, layouts }: Attention,
  inputs: readonly TensorType[],
): AttentionProblem {
  const [q, k, v, mask] = inputs as [TensorType, TensorType, TensorType, TensorType | undefined];
  const [batch, heads, queries, width] = sidesOf(q, layouts.q);
  const [, , keys] = sidesOf(k, layouts.k);
  const [, , , valueWidth] = sidesOf(v, layouts.v);
  return problemOf({
    shape: { batch, heads, queries, keys, width, valueWidth },
    ...{ scale, layouts },
    ...(mask ? { mask: maskStrides(mask) } : {}),
  });
}

/** A side of 1 is shared. */
function maskStrides({ shape }: TensorType): MaskStrides {
  const strides = denseStrides(shape).map((stride, side) => (shape[side] === 1 ? 0 : stride));
  const [batch, head, query, key] = [0, 0, 0, 0, ...strides].slice(-4) as [number, number, number, number];
  return { batch, head, query, key };
}

export const attention: OperatorRow<"attention"> = {
  inputs: [3, 4],
  infer: (operation, inputs, refuse) => {
    requireFloat(inputs, refuse);
    const { layouts } = operation;
    const [q, k, v] = [input(inputs, 0), input(inputs, 1), input(inputs, 2)];
    for (const [type, layout] of [
      [q, layouts.q],
      [k, layouts.k],
      [v, layouts.v],
    ] as const)
      if (type.shape.length > 4 || type.shape.length < (layout === "tokens" ? 4 : 2))
        refuse("operands of two to four sides, four by tokens", typeText(type), "Reshape it.");
    const [of, ofKeys, ofValues] = [sidesOf(q, layouts.q), sidesOf(k, layouts.k), sidesOf(v, layouts.v)];
    const fits =
      [ofKeys, ofValues].every((sides) => sides[0] === of[0] && sides[1] === of[1]) &&
      ofKeys[3] === of[3] &&
      ofValues[2] === ofKeys[2];
    if (!fits)
      refuse("queries, keys and values of the same heads", inputs.map(typeText).join(", "), "Change one.");
    const scores = [of[0], of[1], of[2], ofKeys[2]];
    const mask = inputs[3];
    const masked = mask ? [1, 1, 1, 1, ...mask.shape].slice(-4) : scores;
    if ((mask?.shape.length ?? 0) > 4 || masked.some((side, at) => side !== 1 && side !== scores[at]))
      refuse(`a mask that broadcasts to ${scores.join("x")}`, mask ? typeText(mask) : "none", "Reshape it.");
    if (layouts.o === "tokens") return { element: "f32", shape: [of[0], of[2], of[1], ofValues[3]] };
    const rank = layouts.q === "heads" ? q.shape.length : 4;
    return { element: "f32", shape: [of[0], of[1], of[2], ofValues[3]].slice(-rank) };
  },
  evaluate: (operation, inputs) => {
    const [q, k, v] = [input(inputs, 0), input(inputs, 1), input(inputs, 2)];
    const operands = { q: q.data, k: k.data, v: v.data, mask: inputs[3]?.data };
    return attentionReference(attentionProblem(operation, inputs), operands, Number.NaN);
  },
};

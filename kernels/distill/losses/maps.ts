/** Views of feature maps [batch, channels, height, width], and what makes two of them comparable. */
import { reshape } from "../../nn/tensor/functions/move.ts";
import { adaptiveAveragePool2d } from "../../nn/tensor/functions/pool.ts";
import { type Shape, shapeText } from "../../nn/tensor/shapes.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import type { LossInputs, LossPart } from "./loss.ts";

/** Sides of a map. @throws RangeError for what is none */
export function sidesOf({ shape }: Tensor): readonly [number, number, number, number] {
  if (shape.length === 4) return shape as unknown as [number, number, number, number];
  throw new RangeError(`expected maps [batch, channels, height, width]; found ${shapeText(shape)}`);
}

/** [batch, channels, height, width] to [batch, channels, positions]. */
export function planesOf(x: Tensor): Tensor {
  const [batch, channels] = sidesOf(x);
  return reshape(x, [batch, channels, -1]);
}

/**
 * Two maps of one size: where heights differ, the larger is averaged over bins down to a square of the smaller height, as
 * RepDistiller does.
 */
export function sameSize(a: Tensor, b: Tensor): readonly [Tensor, Tensor] {
  const [height, other] = [sidesOf(a)[2], sidesOf(b)[2]];
  if (height > other) return [adaptiveAveragePool2d(a, other), b];
  return height < other ? [a, adaptiveAveragePool2d(b, height)] : [a, b];
}

/** `student` and `teacher` at one size. */
export const bothMaps = (inputs: LossInputs): readonly [Tensor, Tensor] =>
  sameSize(inputs.tensor("student"), inputs.tensor("teacher"));

/** `student.0` … with `teacher.0` … @throws RangeError where there are not as many */
export function bothLists(inputs: LossInputs): readonly (readonly [Tensor, Tensor])[] {
  const [students, teachers] = [inputs.list("student"), inputs.list("teacher")];
  if (students.length !== teachers.length)
    throw new RangeError(
      `expected as many maps of the teacher as of the student, ${students.length}; found ${teachers.length}`,
    );
  return students.map((student, i) => [student, teachers[i] as Tensor]);
}

/** Weights of a layer, uniform as torch starts them: up to 1 / sqrt(inputs of an element). */
export const weightsPart = (name: string, shape: Shape, inputs: number): LossPart => ({
  ...{ name, shape, start: 0, spread: 1 / Math.sqrt(inputs) },
});

/** A part that starts with one number everywhere. */
export const constantPart = (name: string, shape: Shape, start: number): LossPart => ({
  ...{ name, shape, start, spread: 0 },
});

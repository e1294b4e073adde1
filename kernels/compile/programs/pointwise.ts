/**
 * An expression over whole tensors as one program, with every size built in: operands broadcast by their strides, and
 * nothing is written but the result.
 */

import type { Tail, Value } from "../../codegen/expressions.ts";
import { at, broadcast, load } from "../../codegen/expressions.ts";
import { program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import type { Expression } from "../expression.ts";
import { broadcastView, type View } from "../strides.ts";
import { emitExpression } from "./functions.ts";
import { overViews, type Place } from "./loops.ts";

/** Parameters `(output, in0, in1 …)`: the output may lie where an input of the same shape lies. */
export function pointwiseProgram(
  expression: Expression,
  inputs: readonly (readonly number[])[],
  output: readonly number[],
  lanes: number,
): Program {
  return program("pointwise", (b) => {
    const to = b.pointer("output", "f32");
    const from = inputs.map((_, place) => b.pointer(`in${place}`, "f32"));
    const views = [output, ...inputs].map((shape): View => broadcastView(shape, output));
    // The result is written to every place once, also along sides of 1.
    overViews(b, [to, ...from], views, lanes, ([result, ...operands], width, tail) => {
      const values = operands.map((place) => loaded(place, width, tail));
      const value = emitExpression(b, expression, values);
      const { pointer, index } = result as Place;
      b.store(at(pointer, index), value, tail);
    });
  });
}

/** So many elements from a place on; one element in all lanes where it does not move. */
export function loaded({ pointer, index, stride }: Place, lanes: number, tail?: Tail): Value {
  if (lanes === 1) return load(at(pointer, index));
  return stride === 0 ? broadcast(at(pointer, index), lanes) : load(at(pointer, index), lanes, tail);
}

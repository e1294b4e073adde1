/** Copies from one view to another, sizes built in: transposition, slices, repetition, concatenation, padding. */
import { at, constant, type Element } from "../../codegen/expressions.ts";
import { program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import type { View } from "../strides.ts";
import { overViews, type Place } from "./loops.ts";
import { loaded } from "./pointwise.ts";

/** Parameters `(from, to)`: every element of one view goes to the same place of the other. */
export function copyProgram(from: View, to: View, lanes: number, element: Element = "f32"): Program {
  return program("copy", (b) => {
    const pointers = [b.pointer("from", element), b.pointer("to", element)];
    // Integers are few: one at a time.
    overViews(b, pointers, [from, to], element === "f32" ? lanes : 1, ([source, target], width, tail) => {
      const { pointer, index } = target as Place;
      b.store(at(pointer, index), loaded(source as Place, width, tail), tail);
    });
  });
}

/** Parameter `(to)`: one value everywhere. */
export function fillProgram(length: number, value: number, lanes: number): Program {
  return program("fill", (b) => {
    const to = b.pointer("to", "f32");
    const view = { shape: [length], strides: [1], offset: 0 };
    overViews(b, [to], [view], lanes, ([target], width, tail) => {
      const { pointer, index } = target as Place;
      b.store(at(pointer, index), constant(value, { element: "f32", lanes: width }), tail);
    });
  });
}

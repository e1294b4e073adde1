/**
 * Loops over tensors with sizes that are known: nested loops over views (strides.ts) of which the innermost is walked by
 * vectors where every view has neighbours side by side, or one element for all.
 */
import { advance, constant, mul, type Pointer, type Tail, type Value } from "../../codegen/expressions.ts";
import type { ProgramBuilder } from "../../codegen/program.ts";
import { joinedSides, type View } from "../strides.ts";

/** What stands inside the innermost loop: where each view is, how many lanes at once, and at the end only some of them. */
export type Body = (places: readonly Place[], lanes: number, tail: Tail | undefined) => void;

/** An element's place, or that of the first of several: pointer and index, and how far the next one is. */
export interface Place {
  readonly pointer: Pointer;
  readonly index: Value;
  /** 1: neighbours lie side by side; 0: all lanes read this one; otherwise lanes is 1. */
  readonly stride: number;
}

/** Calls `body` so that it is generated for every element of the views' common shape. */
export function overViews(
  b: ProgramBuilder,
  pointers: readonly Pointer[],
  views: readonly View[],
  lanes: number,
  body: Body,
): void {
  const joined = joinedSides(views);
  const shape = joined[0]?.shape ?? [];
  const inner = shape.length - 1;
  const strides = joined.map((view) => view.strides[inner] as number);
  const isVector = strides.every((stride) => stride === 0 || stride === 1);
  nest(
    b,
    joined,
    0,
    pointers.map((pointer, at) => advance(pointer, joined[at]?.offset ?? 0)),
    (at) => {
      const places = (index: Value): Place[] =>
        at.map((pointer, view) => {
          const stride = strides[view] as number;
          return { pointer, index: mul(index, stride), stride };
        });
      const size = shape[inner] as number;
      if (!isVector || lanes === 1) {
        b.loop("i", 0, size, {}, (i) => body(places(i), 1, undefined));
        return;
      }
      const whole = size - (size % lanes);
      b.loop("i", 0, whole, { step: lanes }, (i) => body(places(i), lanes, undefined));
      if (whole === size) return;
      const tail = b.tail("rest", constant(size - whole), { element: "f32", lanes });
      body(places(constant(whole)), lanes, tail);
    },
  );
}

/** The loops around the innermost; its argument gets where each view's line begins. */
function nest(
  b: ProgramBuilder,
  views: readonly View[],
  side: number,
  pointers: readonly Pointer[],
  write: (pointers: readonly Pointer[]) => void,
): void {
  const shape = views[0]?.shape ?? [];
  if (side >= shape.length - 1) {
    write(pointers.map((pointer) => (pointer.op === "pointer" ? pointer : b.let("line", pointer))));
    return;
  }
  b.loop(`s${side}`, 0, shape[side] as number, {}, (index) => {
    const inside = pointers.map((pointer, at) => {
      const stride = views[at]?.strides[side] as number;
      return stride === 0 ? pointer : advance(pointer, mul(index, stride));
    });
    nest(
      b,
      views,
      side + 1,
      inside.map((pointer) => (pointer.op === "pointer" ? pointer : b.let("line", pointer))),
      write,
    );
  });
}

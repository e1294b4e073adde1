/**
 * Elementwise loops as vector programs: some formulas over some arrays, along the loops of `nestOf`. Formulas of one
 * program share what they have in common, so a gradient to several operands is one pass over memory.
 */
import {
  type Address,
  advance,
  at,
  broadcast,
  constant,
  load,
  mul,
  type Operand,
  type PointerName,
  splat,
  type Tail,
  type Value,
  type VectorType,
} from "../../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../../codegen/program.ts";
import type { Program } from "../../../codegen/statements.ts";
import type { Real } from "../../../gemm/arguments.ts";
import type { Scalar } from "../scalar.ts";
import type { Nest } from "../shapes.ts";
import { writeScalars } from "../write-scalar.ts";

export interface MapOptions {
  readonly element: Real;
  readonly lanes: number;
  /** One for each result. */
  readonly formulas: readonly Scalar[];
  readonly inputs: number;
  readonly settings: number;
  /** Strides of the inputs, then those of the results. Vectors are used where the innermost ones are 0 or 1. */
  readonly nest: readonly Nest[];
}

/** Parameters: the inputs, the results, the settings. A result may be an input where both have the same strides. */
export function mapProgram(options: MapOptions): Program {
  const { element, formulas, inputs, settings, nest } = options;
  return program("map", (b) => {
    const arrays = Array.from({ length: inputs + formulas.length }, (_, i) =>
      b.pointer(i < inputs ? `x${i}` : `y${i - inputs}`, element),
    );
    const scalars = Array.from({ length: settings }, (_, i) => b.scalar(`s${i}`, element));
    const inner = nest.at(-1) ?? { length: 1, strides: arrays.map(() => 1) };
    const even = inner.strides.every((stride, a) => stride === 1 || (stride === 0 && a < inputs));
    const lanes = inner.length > 1 && even ? options.lanes : 1;
    const wide = scalars.map((scalar) => (lanes === 1 ? scalar : b.let("setting", splat(scalar, lanes))));
    loops(b, nest.slice(0, -1), arrays, (pointers) => row(b, { ...options, lanes }, inner, pointers, wide));
  });
}

/** Runs `body` for every index of the outer loops, with the pointers moved there. */
export function loops(
  b: ProgramBuilder,
  nest: readonly Nest[],
  pointers: readonly PointerName[],
  body: (pointers: readonly PointerName[]) => void,
): void {
  const [first, ...rest] = nest;
  if (!first) {
    body(pointers);
    return;
  }
  b.loop("i", 0, first.length, {}, (i) => {
    const moved = pointers.map((pointer, a) => {
      const stride = first.strides[a] as number;
      return stride === 0 ? pointer : b.let("p", advance(pointer, mul(i, stride)));
    });
    loops(b, rest, moved, body);
  });
}

/** The innermost loop: whole vectors, then the rest under a mask. */
function row(
  b: ProgramBuilder,
  { element, lanes, formulas, inputs }: MapOptions,
  { length, strides }: Nest,
  pointers: readonly PointerName[],
  settings: readonly Value[],
): void {
  const type: VectorType = { element, lanes };
  const repeated = pointers.map((pointer, i) =>
    i < inputs && strides[i] === 0
      ? b.let("x", lanes === 1 ? load(at(pointer)) : broadcast(at(pointer), lanes))
      : undefined,
  );
  const place = (a: number, j: Operand): Address => {
    const stride = strides[a] as number;
    const index = typeof j === "number" ? j * stride : mul(j, stride);
    return at(pointers[a] as PointerName, index);
  };
  const step = (j: Operand, tail?: Tail): void => {
    const loaded = new Map<number, Value>();
    const input = (i: number): Value => {
      const value = repeated[i] ?? loaded.get(i) ?? b.let("x", load(place(i, j), lanes, tail));
      loaded.set(i, value);
      return value;
    };
    const places = { type, input, setting: (i: number) => settings[i] as Value };
    for (const [r, value] of writeScalars(b, formulas, places).entries())
      b.store(place(inputs + r, j), value, tail);
  };
  const whole = length - (length % lanes);
  b.loop("j", 0, whole, { step: lanes }, (j) => step(j));
  if (whole < length) step(whole, b.tail("tail", constant(length - whole), type));
}

/**
 * Where a function takes its constants from. Written in place, each use reads its constant from memory, which costs no
 * register but a place in the load queue: on AVX-512, exp in a loop is bound by them. Kept in registers from before the
 * loop they cost nothing there; only 32 registers have room for that.
 */
import { constant, type Value, type VectorType } from "../codegen/expressions.ts";
import type { ProgramBuilder } from "../codegen/program.ts";

/** A constant of the function's type, ready to be used once. */
export type Constants = (value: number) => Value;

export const inPlace =
  (type: VectorType): Constants =>
  (value) =>
    constant(value, type);

/** These values are kept in registers from here on, others are written in place. */
export function inRegisters(b: ProgramBuilder, type: VectorType, values: readonly number[]): Constants {
  const kept = new Map(
    [...new Set(values)].map((value): [number, Value] => [value, b.let("constant", constant(value, type))]),
  );
  return (value) => kept.get(value) ?? constant(value, type);
}

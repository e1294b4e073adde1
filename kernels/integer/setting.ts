/**
 * What the operations of this room share: the target, how many i32 a vector holds there, compiled programs by name, and
 * the check of addresses that stands before generated code.
 */
import { compile, type KernelTarget } from "../codegen/compile.ts";
import { ProgramError } from "../codegen/errors.ts";
import { bytesOf, type MemoryElement } from "../codegen/expressions.ts";
import type { Memory } from "../codegen/memory.ts";
import type { Program } from "../codegen/statements.ts";
import { kernelIsa, machineRow } from "../gemm/machines.ts";
import type { NativeIsa } from "../native/cpu-features.ts";

export interface IntegerOptions {
  readonly target: KernelTarget;
  /** Where operands lie. */
  readonly memory: Memory;
  readonly isa?: NativeIsa;
}

export interface IntegerSetting {
  readonly options: IntegerOptions;
  readonly memory: Memory;
  /** i32 in a vector. */
  readonly lanes: number;
  /** The compiled program of this name, which says all that its code depends on but the lanes. */
  kernel(name: string, write: (name: string, lanes: number) => Program): (...args: number[]) => void;
}

const compiled = new WeakMap<Memory, Map<string, (...args: number[]) => void>>();

/** The setting of an operation. @throws ProgramError where native code cannot run here */
export function integerSetting(options: IntegerOptions): IntegerSetting {
  const { target, memory } = options;
  const isa = kernelIsa(target, options.isa);
  const lanes = machineRow("f32", isa).vectorBytes / bytesOf.i32;
  const kernels = compiled.get(memory) ?? new Map<string, (...args: number[]) => void>();
  compiled.set(memory, kernels);
  return {
    ...{ options, memory, lanes },
    kernel(name, write) {
      const key = `${name} ${target} ${isa}`;
      const known = kernels.get(key);
      if (known) return known;
      const { call } = compile(write(name, lanes), target, memory, isa === "wasm" ? {} : { isa });
      kernels.set(key, call);
      return call;
    },
  };
}

/** An operand: its address and its elements; without an address it is not there. */
export type Place = readonly [address: number | undefined, length: number, element: MemoryElement];

/** @throws ProgramError for an operand that is not aligned or does not lie in memory */
export function checkPlaces(where: string, memory: Memory, places: Readonly<Record<string, Place>>): void {
  for (const [name, [address, length, element]] of Object.entries(places)) {
    if (address === undefined) continue;
    const bytes = bytesOf[element];
    const end = address + length * bytes;
    if (Number.isInteger(address) && address >= 0 && address % bytes === 0 && end <= memory.bytes) continue;
    throw new ProgramError(where, {
      expected: `${name} as an address of ${length} ${element} in a memory of ${memory.bytes} bytes`,
      found: String(address),
      remedy: "Pass the `address` of a Memory allocation of that length.",
    });
  }
}

/** @throws ProgramError for a number that is not whole or not between the two */
export function checkWhole(where: string, name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new ProgramError(where, {
    expected: `${name} to be a whole number from ${least} to ${most}`,
    found: String(value),
    remedy: "Check the scale that it follows from, or the size of the operand.",
  });
}

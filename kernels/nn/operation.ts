/**
 * What all operations of a network share: on what they run, how long their vectors are, where their compiled programs
 * are kept, and the checks that stand between a caller's mistake and generated code, which checks nothing.
 */
import type { Arithmetic } from "../codegen/arithmetic.ts";
import type { Kernel, KernelTarget } from "../codegen/compile.ts";
import { ProgramError } from "../codegen/errors.ts";
import { bytesOf, type Element, type VectorType } from "../codegen/expressions.ts";
import type { Memory } from "../codegen/memory.ts";
import type { Program } from "../codegen/statements.ts";
import type { Real } from "../gemm/arguments.ts";
import { kernelIsa, machineRow } from "../gemm/machines.ts";
import type { NativeIsa } from "../native/cpu-features.ts";
import { kernelsOf } from "./compiled.ts";

export interface OperationOptions {
  readonly target: KernelTarget;
  /** Where operands lie. */
  readonly memory: Memory;
  /** Default: f32. */
  readonly element?: Real;
  /** `strict` gives the same bits on js and wasm (default: `fast`). */
  readonly arithmetic?: Arithmetic;
  /** Level of x86-64 on target `native` (default: the best that this machine has). */
  readonly isa?: NativeIsa;
}

/** An operation's setting with its defaults filled in. */
export interface Setting {
  readonly options: OperationOptions;
  readonly memory: Memory;
  readonly element: Real;
  readonly bytes: number;
  /** The vectors that programs are written for. */
  readonly type: RealVector;
  /** The compiled program of this name, made when it is first asked for in this memory. */
  kernel(program: NamedProgram): Kernel["call"];
}

/** A program whose name says everything that its code depends on but the element and the lanes. */
export interface NamedProgram {
  readonly name: string;
  write(name: string, type: RealVector): Program;
}

/** Vectors of floating-point numbers. */
export interface RealVector extends VectorType {
  readonly element: Real;
}

/** Fills in what was left out. @throws ProgramError where native code cannot run here */
export function settingOf(options: OperationOptions): Setting {
  const { target, memory, element = "f32", arithmetic = "fast" } = options;
  const isa = kernelIsa(target, options.isa);
  const bytes = bytesOf[element];
  const type = { element, lanes: machineRow(element, isa).vectorBytes / bytes };
  const level = isa === "wasm" ? undefined : isa;
  const kernels = kernelsOf(memory, { target, arithmetic, isa: level, ...type });
  return {
    options,
    memory,
    element,
    bytes,
    type,
    kernel({ name, write }) {
      const full = `${name}-${element}x${type.lanes}`;
      return kernels(full, () => write(full, type));
    },
  };
}

/** Elements of the largest tensor: its bytes must fit into 4 GiB, whatever the element. */
const mostElements = 2 ** 29;

/** @throws ProgramError for a size that is no whole number of at least `least`, or sizes too large together */
export function checkSizes(where: string, sizes: Readonly<Record<string, number>>, least = 0): void {
  for (const [name, size] of Object.entries(sizes))
    if (!Number.isInteger(size) || size < least)
      throw new ProgramError(where, {
        expected: `${name} to be a whole number of at least ${least}`,
        found: String(size),
        remedy: "Count elements along this side.",
      });
  const product = Object.values(sizes).reduce((all, size) => all * size, 1);
  if (product > mostElements)
    throw new ProgramError(where, {
      expected: `tensors of at most ${mostElements} elements`,
      found: Object.entries(sizes)
        .map(([name, size]) => `${name} ${size}`)
        .join(", "),
      remedy: "Split the batch.",
    });
}

/** An operand's address and its elements; one that was left out has no address. */
export type Place = readonly [address: number | undefined, length: number, element?: Element];

/** @throws ProgramError for an operand that is not aligned or does not lie in memory */
export function checkPlaces(where: string, setting: Setting, places: Readonly<Record<string, Place>>): void {
  const { memory } = setting;
  for (const [name, [address, length, element = setting.element]] of Object.entries(places)) {
    if (address === undefined) continue;
    const bytes = bytesOf[element];
    if (
      Number.isInteger(address) &&
      address >= 0 &&
      address % bytes === 0 &&
      address + length * bytes <= memory.bytes
    )
      continue;
    throw new ProgramError(where, {
      expected: `${name} as an address of ${length} ${element} in a memory of ${memory.bytes} bytes`,
      found: String(address),
      remedy: "Pass the `address` of a Memory allocation of that length.",
    });
  }
}

/** @throws ProgramError where two results that must lie apart overlap with another operand */
export function checkApart(
  where: string,
  setting: Setting,
  results: Readonly<Record<string, Place>>,
  others: Readonly<Record<string, Place>>,
): void {
  const range = ([address, length, element = setting.element]: Place):
    | readonly [number, number]
    | undefined => (address === undefined ? undefined : [address, address + length * bytesOf[element]]);
  const all = Object.entries({ ...others, ...results });
  for (const [name, place] of Object.entries(results)) {
    const one = range(place);
    if (!one) continue;
    for (const [other, otherPlace] of all) {
      const two = range(otherPlace);
      if (other === name || !two || one[1] <= two[0] || two[1] <= one[0]) continue;
      throw new ProgramError(where, {
        expected: `${name} to lie apart from ${other}`,
        found: `${name} at ${one[0]}, ${other} at ${two[0]}`,
        remedy: "Write to another allocation.",
      });
    }
  }
}

/** One vector of the same number, allocated from the memory: its address. */
export function constants({ memory, element, type }: Setting, value: number): number {
  const { view, address } = memory.allocate(element, type.lanes);
  view.fill(value);
  return address;
}

/** The addresses that were given, in order: what a program takes that was written for exactly those. */
export const present = (...addresses: readonly (number | undefined)[]): readonly number[] =>
  addresses.filter((address) => address !== undefined);

/**
 * Compiled programs by memory, machine and name, for operations on addresses and engines of tensors alike: what is asked for
 * twice is compiled once. A program can only run on the memory that it was compiled for.
 */
import type { Arithmetic } from "../codegen/arithmetic.ts";
import { compile, type Kernel, type KernelTarget } from "../codegen/compile.ts";
import type { Memory } from "../codegen/memory.ts";
import type { Program } from "../codegen/statements.ts";
import type { Real } from "../gemm/arguments.ts";
import type { NativeIsa } from "../native/cpu-features.ts";

/** All that decides a program's code beside its name. */
export interface KernelMachine {
  readonly target: KernelTarget;
  readonly arithmetic: Arithmetic;
  /** Level of x86-64 on target `native` (default: the best that this machine has). */
  readonly isa?: NativeIsa | undefined;
  readonly element: Real;
  readonly lanes: number;
  /** On which a kernel may run that compiles itself (default: 1). */
  readonly threads?: number;
}

type Call = Kernel["call"];

/**
 * The kernel of a name, made by `write` when it is first asked for, which may compile it in its own way. The name says all
 * that decides its code.
 */
export type Kernels = (name: string, write: () => Program | Call) => Call;

const known = new WeakMap<Memory, Map<string, Kernels>>();

/** The compiled programs of a memory for one machine. */
export function kernelsOf(memory: Memory, machine: KernelMachine): Kernels {
  const { target, arithmetic, isa, element, lanes, threads = 1 } = machine;
  const key = `${target} ${isa ?? "best"} ${arithmetic} ${element}x${lanes} ${threads}`;
  const ofMemory = known.get(memory) ?? new Map<string, Kernels>();
  known.set(memory, ofMemory);
  const kernels = ofMemory.get(key) ?? kernelsFor(memory, machine);
  ofMemory.set(key, kernels);
  return kernels;
}

function kernelsFor(memory: Memory, { target, arithmetic, isa }: KernelMachine): Kernels {
  const made = new Map<string, Call>();
  const compiled = (program: Program): Call =>
    compile(program, target, memory, { arithmetic, ...(isa && { isa }) }).call;
  return (name, write) => {
    const before = made.get(name);
    if (before) return before;
    const written = write();
    const call = typeof written === "function" ? written : compiled(written);
    made.set(name, call);
    return call;
  };
}

/**
 * From a vector program to a function that can be called: chooses the back end and binds it to a memory.
 * Synchronous and fast (milliseconds), so kernels are made when they are needed and for the shapes at hand.
 */
import type { Target } from "../experiment.ts";
import type { Arithmetic } from "./arithmetic.ts";
import { ProgramError } from "./errors.ts";
import { bytesOf } from "./expressions.ts";
import { functionName, JavaScriptEmitter } from "./js/emit.ts";
import type { Memory } from "./memory.ts";
import type { Program } from "./statements.ts";
import { encodeModule } from "./wasm/encode.ts";
import { lowerToWasm } from "./wasm/lower.ts";
import { printWasm } from "./wasm/print.ts";

/** The targets that a vector program can be asked for; `native` is refused as long as there is no back end for it. */
export type KernelTarget = Target;

export interface CompileOptions {
  readonly arithmetic?: Arithmetic;
}

/** A compiled program, bound to one memory. */
export interface Kernel {
  readonly name: string;
  readonly target: KernelTarget;
  readonly arithmetic: Arithmetic;
  /** Runs it: byte addresses for pointers, numbers for scalars, in the order of the program's parameters. */
  readonly call: (...args: number[]) => void;
  /** The generated code for a reader: JavaScript, or WebAssembly text. */
  readonly text: string;
}

/** Compiles a program. @throws ProgramError where the target cannot express it. */
export function compile(
  program: Program,
  target: KernelTarget,
  memory: Memory,
  { arithmetic = "fast" }: CompileOptions = {},
): Kernel {
  const run = backEnd(program.name, target).bind(program, memory, arithmetic);
  return {
    name: program.name,
    target,
    arithmetic,
    call: checked(program, run),
    get text() {
      return kernelText(program, target, { arithmetic, shared: memory.shared });
    },
  };
}

export interface TextOptions extends CompileOptions {
  /** Whether the memory would be shared; WebAssembly says so in its import. */
  readonly shared?: boolean;
}

/** The code that `compile` would make, as text, without making it. */
export function kernelText(
  program: Program,
  target: KernelTarget,
  { arithmetic = "fast", shared = false }: TextOptions = {},
): string {
  return backEnd(program.name, target).text(program, arithmetic, shared);
}

interface BackEnd {
  bind(program: Program, memory: Memory, arithmetic: Arithmetic): (...args: number[]) => void;
  text(program: Program, arithmetic: Arithmetic, shared: boolean): string;
}

const backEnds: Partial<Record<Target, BackEnd>> = {
  js: { bind: javascript, text: (program, arithmetic) => new JavaScriptEmitter(arithmetic).emit(program) },
  wasm: {
    bind: wasm,
    text: (program, arithmetic, shared) => printWasm(lowerToWasm(program, arithmetic), shared),
  },
};

function backEnd(program: string, target: Target): BackEnd {
  const found = backEnds[target];
  if (found) return found;
  throw new ProgramError(`program ${program}`, {
    expected: `one of the targets ${Object.keys(backEnds).join(", ")}`,
    found: target,
    remedy: "Choose wasm: it is the fastest target that runs everywhere.",
  });
}

function javascript(program: Program, memory: Memory, arithmetic: Arithmetic): (...args: number[]) => void {
  const source = new JavaScriptEmitter(arithmetic).emit(program);
  // The source comes from our own emitter, and names in it are checked by the builder.
  const bind = new Function(
    "f32",
    "f64",
    "i32",
    "fround",
    `"use strict";\n${source}\nreturn ${functionName(program.name)};`,
  );
  const { buffer } = memory;
  return bind(new Float32Array(buffer), new Float64Array(buffer), new Int32Array(buffer), Math.fround);
}

function wasm(program: Program, memory: Memory, arithmetic: Arithmetic): (...args: number[]) => void {
  const module = new WebAssembly.Module(encodeModule(lowerToWasm(program, arithmetic), memory.shared));
  const instance = new WebAssembly.Instance(module, { kdaccel: { memory: memory.webAssembly } });
  return instance.exports.run as (...args: number[]) => void;
}

/** The function behind a check of what JavaScript would accept in silence: a missing or misaligned argument. */
function checked(program: Program, run: (...args: number[]) => void): (...args: number[]) => void {
  const { parameters } = program;
  const grain = parameters.map((parameter) =>
    parameter.kind === "pointer" ? bytesOf[parameter.element] : parameter.element === "i32" ? 1 : 0,
  );
  return (...args) => {
    if (args.length !== parameters.length)
      refuse(program, `${parameters.length} arguments`, String(args.length));
    for (let i = 0; i < args.length; i++) {
      const unit = grain[i] as number;
      if (unit !== 0 && (args[i] as number) % unit !== 0)
        refuse(program, `${parameters[i]?.name} to be a multiple of ${unit}`, String(args[i]));
    }
    run(...args);
  };
}

function refuse(program: Program, expected: string, found: string): never {
  const signature = program.parameters.map((p) => (p.kind === "pointer" ? `*${p.name}` : p.name)).join(", ");
  throw new ProgramError(`kernel ${program.name}`, {
    expected,
    found,
    remedy: `Call it as (${signature}); pointers are byte addresses aligned to their element.`,
  });
}

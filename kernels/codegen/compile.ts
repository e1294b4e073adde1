/**
 * From a vector program to a function that can be called: chooses the back end and binds it to a memory.
 * Synchronous and fast (milliseconds), so kernels are made when they are needed and for the shapes at hand.
 */
import type { Target } from "../experiment.ts";
import { nativeAvailability } from "../native/availability.ts";
import type { Arithmetic } from "./arithmetic.ts";
import { ProgramError } from "./errors.ts";
import { bytesOf } from "./expressions.ts";
import { functionName, JavaScriptEmitter } from "./js/emit.ts";
import { runtime } from "./js/runtime.ts";
import type { Memory } from "./memory.ts";
import type { Program } from "./statements.ts";
import { encodeModule } from "./wasm/encode.ts";
import { lowerToWasm } from "./wasm/lower.ts";
import { printWasm } from "./wasm/print.ts";
import { bindNative } from "./x64/bind.ts";
import type { Isa } from "./x64/isa.ts";
import { printListing } from "./x64/listing.ts";
import { lowerToX64 } from "./x64/lower.ts";

/** The targets that a vector program can be asked for. */
export type KernelTarget = Exclude<Target, "peer">;

export interface CompileOptions {
  readonly arithmetic?: Arithmetic;
  /** Level of x86-64 on target `native` (default: the best that this machine has). */
  readonly isa?: Isa;
  /** Whether native dot products may use VNNI (default: where this machine has it). */
  readonly vnni?: boolean;
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
  { arithmetic = "fast", isa, vnni }: CompileOptions = {},
): Kernel {
  const run = backEnds[target].bind(program, memory, arithmetic, { isa, vnni });
  return {
    name: program.name,
    target,
    arithmetic,
    call: checked(program, run),
    get text() {
      return kernelText(program, target, {
        arithmetic,
        shared: memory.shared,
        ...(isa ? { isa } : {}),
        ...(vnni === undefined ? {} : { vnni }),
      });
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
  { arithmetic = "fast", shared = false, isa, vnni }: TextOptions = {},
): string {
  return backEnds[target].text(program, arithmetic, { shared, isa, vnni });
}

/** The level of x86-64 that native kernels are made for here. @throws ProgramError where they cannot run */
export function nativeIsa(): Isa {
  const availability = nativeAvailability();
  if (availability.available) return availability.isa;
  throw new ProgramError("target native", {
    expected: "an x86-64 machine that runs generated code",
    found: availability.reason,
    remedy: "Choose wasm: it is the fastest target that runs everywhere.",
  });
}

type Bound = (...args: number[]) => void;

/** What native code may use; undefined: what this machine has. */
interface Level {
  readonly isa: Isa | undefined;
  readonly vnni: boolean | undefined;
}

interface BackEnd {
  bind(program: Program, memory: Memory, arithmetic: Arithmetic, level: Level): Bound;
  text(program: Program, arithmetic: Arithmetic, options: Level & { readonly shared: boolean }): string;
}

const backEnds: Readonly<Record<KernelTarget, BackEnd>> = {
  js: { bind: javascript, text: (program, arithmetic) => new JavaScriptEmitter(arithmetic).emit(program) },
  wasm: {
    bind: wasm,
    text: (program, arithmetic, { shared }) => printWasm(lowerToWasm(program, arithmetic), shared),
  },
  native: {
    bind: (program, memory, arithmetic, { isa = nativeIsa(), vnni = hasVnni(isa) }) =>
      bindNative(program, memory, arithmetic, { isa, vnni }),
    // A listing can be read on any machine.
    text: (program, arithmetic, { isa = nativeIsaOr("avx512"), vnni = hasVnni(isa) }) =>
      printListing(lowerToX64(program, { isa, arithmetic, vnni }).listing),
  },
};

/** Whether this machine has dot products of bytes (VNNI) on this level of x86-64. */
export function hasVnni(isa: Isa): boolean {
  const availability = nativeAvailability();
  return availability.available && availability.cpu.features.includes(vnniFeature[isa]);
}

const vnniFeature = { avx2: "avx_vnni", avx512: "avx512_vnni" } as const;

/** The level of x86-64 that this machine runs, or another where it runs none: for whoever only reads. */
export function nativeIsaOr(otherwise: Isa): Isa {
  const availability = nativeAvailability();
  return availability.available ? availability.isa : otherwise;
}

function javascript(program: Program, memory: Memory, arithmetic: Arithmetic): (...args: number[]) => void {
  const source = new JavaScriptEmitter(arithmetic).emit(program);
  // The source comes from our own emitter, and names in it are checked by the builder.
  const bind = new Function(
    "f32",
    "f64",
    "i32",
    "i8",
    "u8",
    ...Object.keys(runtime),
    `"use strict";\n${source}\nreturn ${functionName(program.name)};`,
  );
  const { buffer } = memory;
  return bind(
    new Float32Array(buffer),
    new Float64Array(buffer),
    new Int32Array(buffer),
    new Int8Array(buffer),
    new Uint8Array(buffer),
    ...Object.values(runtime),
  );
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

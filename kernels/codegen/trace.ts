/**
 * The addresses that a program touches, in order, without its arithmetic: the same loops as the timed kernel, as
 * JavaScript that calls a visitor for each load and store. It drives the cache simulator, so that the misses shown
 * belong to the code that was timed.
 */
import { functionName } from "./js/emit.ts";
import { runtime } from "./js/runtime.ts";
import { TraceEmitter } from "./js/trace-emit.ts";
import type { Program } from "./statements.ts";

/** Called for each access: the byte address, the number of bytes, and whether they are written. */
export type Visit = (address: number, bytes: number, isStore: boolean) => void;

/** Calls `visit` for every access that the program makes with these arguments. */
export type Trace = (visit: Visit, ...args: number[]) => void;

/** Compiles the trace of a program. @throws ProgramError where a branch or address depends on what is loaded. */
export function compileTrace(program: Program): Trace {
  const source = `"use strict";\n${traceText(program)}\nreturn ${functionName(program.name)};`;
  return new Function(...Object.keys(runtime), source)(...Object.values(runtime));
}

/** Calls `visit` for every access of one run; `compileTrace` where it is needed more than once. */
export function traceAccesses(program: Program, args: readonly number[], visit: Visit): void {
  compileTrace(program)(visit, ...args);
}

/** The source of the trace, for a reader and for tests. */
export function traceText(program: Program): string {
  return new TraceEmitter(program).emit();
}

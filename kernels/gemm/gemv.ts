/**
 * GEMV for everybody else: y = alpha A x + beta y. Argument checks are GEMM's, because GEMV is GEMM with one column.
 */
import type { Arithmetic } from "../codegen/arithmetic.ts";
import { compile, type Kernel, type KernelTarget } from "../codegen/compile.ts";
import { ProgramError } from "../codegen/errors.ts";
import { bytesOf } from "../codegen/expressions.ts";
import type { Memory } from "../codegen/memory.ts";
import type { Program } from "../codegen/statements.ts";
import type { NativeIsa } from "../native/cpu-features.ts";
import { checkArguments, completeArguments, type Real } from "./arguments.ts";
import { kernelIsa, machineRow } from "./machines.ts";
import { gemvColumnsProgram, gemvDotProgram, gemvDotSimdProgram } from "./programs/gemv.ts";
import { scaleProgram } from "./programs/scale.ts";

export interface GemvVariant {
  readonly id: string;
  readonly title: string;
  /** The program for vectors of so many bytes. */
  program(element: Real, vectorBytes: number): Program;
}

export const gemvVariants: readonly GemvVariant[] = [
  {
    id: "gemv-dot",
    title: "a dot product for each row",
    program: (element) => gemvDotProgram(`gemv-dot-${element}`, element),
  },
  {
    id: "gemv-dot-simd",
    title: "four rows at once, with vectors",
    program: (element, vectorBytes) =>
      gemvDotSimdProgram(`gemv-dot-simd-${element}`, element, vectorBytes / bytesOf[element]),
  },
  {
    id: "gemv-columns",
    title: "a multiple of each column",
    program: (element) => gemvColumnsProgram(`gemv-columns-${element}`, element),
  },
];

export interface GemvOptions {
  /** An id of `gemvVariants`. */
  readonly variant: string;
  readonly target: KernelTarget;
  readonly memory: Memory;
  readonly arithmetic?: Arithmetic;
  readonly element?: Real;
  /** Level of x86-64 on target `native` (default: the best that this machine has). */
  readonly isa?: NativeIsa;
}

/** A is m x n, row-major with stride `lda` (default n); x has n elements, y has m; all by byte address. */
export interface GemvArguments {
  readonly m: number;
  readonly n: number;
  readonly a: number;
  readonly x: number;
  readonly y: number;
  readonly lda?: number;
  readonly alpha?: number;
  readonly beta?: number;
}

export interface Gemv {
  readonly variant: string;
  readonly kernel: Kernel;
  /** y = alpha A x + beta y. @throws ProgramError for arguments that do not fit. */
  run(args: GemvArguments): void;
}

/** Compiles a variant of GEMV. @throws ProgramError for an unknown id. */
export function createGemv(options: GemvOptions): Gemv {
  const { variant, target, memory, arithmetic = "fast", element = "f32" } = options;
  const row = gemvVariants.find((candidate) => candidate.id === variant);
  if (!row)
    throw new ProgramError("createGemv", {
      expected: `one of ${gemvVariants.map((candidate) => candidate.id).join(", ")}`,
      found: `"${variant}"`,
      remedy: "Use an id of this list.",
    });
  const isa = kernelIsa(target, options.isa);
  const { vectorBytes } = machineRow(element, isa);
  const compileOptions = isa === "wasm" ? { arithmetic } : { arithmetic, isa };
  const kernel = compile(row.program(element, vectorBytes), target, memory, compileOptions);
  const scale = compile(scaleProgram(element), target, memory, compileOptions);
  const largest = { m: 2 ** 31 - 1, n: 1, k: 2 ** 31 - 1 };
  return {
    variant,
    kernel,
    run: ({ m, n, a, x, y, lda = n, alpha = 1, beta = 0 }) => {
      const asGemm = { m, n: 1, k: n, a, lda, b: x, ldb: 1, c: y, ldc: 1, alpha, beta };
      checkArguments(completeArguments(asGemm), largest, element, memory.bytes);
      if (beta !== 1) scale.call(m, 1, beta, y, 1);
      if (alpha !== 0) kernel.call(m, n, alpha, a, lda, x, y);
    },
  };
}

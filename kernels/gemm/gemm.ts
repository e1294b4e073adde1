/**
 * GEMM for everybody else: choose a variant, compile it into a memory, run it; or trace it, or read it. Everything
 * that can be wrong with the arguments is refused here, before generated code runs.
 */
import type { Arithmetic } from "../codegen/arithmetic.ts";
import { compile, type Kernel, type KernelTarget, kernelText } from "../codegen/compile.ts";
import type { Memory } from "../codegen/memory.ts";
import { compileTrace, type Visit } from "../codegen/trace.ts";
import {
  checkArguments,
  completeArguments,
  type GemmArguments,
  type GemmShape,
  type Real,
} from "./arguments.ts";
import type { Calls, GemmPlan } from "./plan.ts";
import { scaleProgram } from "./programs/scale.ts";
import { planGemm } from "./variants.ts";

export interface GemmOptions {
  /** An id of `variants.ts`. */
  readonly variant: string;
  readonly target: KernelTarget;
  /** Where operands lie; the workspace for packing is allocated from it, once. */
  readonly memory: Memory;
  /** The largest problem that will be run; decides the workspace. */
  readonly shape: GemmShape;
  readonly arithmetic?: Arithmetic;
  readonly element?: Real;
}

export interface Gemm {
  readonly variant: string;
  readonly target: KernelTarget;
  readonly kernels: readonly Kernel[];
  /** C = alpha A B + beta C. @throws ProgramError for arguments that do not fit. */
  run(args: GemmArguments): void;
}

/**
 * Compiles a variant of GEMM.
 *
 * @example
 * const gemm = createGemm({ variant: "packed-blocked", target: "wasm", memory, shape: { m, n, k } });
 * gemm.run({ m, n, k, a: a.address, b: b.address, c: c.address });
 */
export function createGemm(options: GemmOptions): Gemm {
  const { variant, target, memory, shape, arithmetic = "fast", element = "f32" } = options;
  const plan = planGemm(variant, element);
  const kernels = new Map(
    Object.entries(allPrograms(plan)).map(([name, program]) => [
      name,
      compile(program, target, memory, { arithmetic }),
    ]),
  );
  const calls = Object.fromEntries([...kernels].map(([name, kernel]) => [name, kernel.call]));
  const workspace = memory.allocate(element, plan.workspace(shape)).address;
  return {
    variant,
    target,
    kernels: [...kernels.values()],
    run: (args) => runPlan(plan, calls, args, { shape, workspace, memoryBytes: memory.bytes }),
  };
}

/** Calls `visit` for every load and store that a variant makes, in order, without computing anything. */
export function traceGemm(variant: string, args: GemmArguments, visit: Visit, element: Real = "f32"): void {
  const plan = planGemm(variant, element);
  const calls = Object.fromEntries(
    Object.entries(allPrograms(plan)).map(([name, program]) => {
      const trace = compileTrace(program);
      return [name, (...programArguments: number[]) => trace(visit, ...programArguments)];
    }),
  );
  const workspace = behind(args, element);
  runPlan(plan, calls, args, { shape: args, workspace, memoryBytes: Number.POSITIVE_INFINITY });
}

/** The generated code of a variant, the program that does the work first. */
export function gemmText(
  variant: string,
  target: KernelTarget,
  arithmetic: Arithmetic = "fast",
  element: Real = "f32",
): string {
  const programs = Object.values(allPrograms(planGemm(variant, element)));
  return programs.map((program) => kernelText(program, target, { arithmetic })).join("\n");
}

interface Place {
  readonly shape: GemmShape;
  readonly workspace: number;
  readonly memoryBytes: number;
}

function runPlan(
  plan: GemmPlan,
  calls: Calls,
  args: GemmArguments,
  { shape, workspace, memoryBytes }: Place,
): void {
  const call = completeArguments(args);
  checkArguments(call, shape, plan.element, memoryBytes);
  if (call.m === 0 || call.n === 0) return;
  if (call.beta !== 1) calls.scale?.(call.m, call.n, call.beta, call.c, call.ldc);
  // As in BLAS, A and B are not read where they do not count: NaN in them does not spread.
  if (call.k > 0 && call.alpha !== 0) plan.multiply(calls, call, workspace, shape);
}

function allPrograms(plan: GemmPlan): GemmPlan["programs"] {
  return { ...plan.programs, scale: scaleProgram(plan.element) };
}

/** The first page behind all operands, where a traced variant may imagine its workspace. */
function behind(args: GemmArguments, element: Real): number {
  const { a, b, c, m, k, lda, ldb, ldc } = completeArguments(args);
  const bytes = element === "f64" ? 8 : 4;
  return Math.ceil(Math.max(a + m * lda * bytes, b + k * ldb * bytes, c + m * ldc * bytes) / 4096) * 4096;
}

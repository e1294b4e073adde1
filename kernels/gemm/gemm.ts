/**
 * GEMM for everybody else: choose a variant, compile it into a memory, run it; or trace it, or read it. Everything
 * that can be wrong with the arguments is refused here, before generated code runs.
 */
import type { Arithmetic } from "../codegen/arithmetic.ts";
import { compile, type Kernel, type KernelTarget, kernelText, nativeIsaOr } from "../codegen/compile.ts";
import { ProgramError } from "../codegen/errors.ts";
import { bytesOf } from "../codegen/expressions.ts";
import type { Memory } from "../codegen/memory.ts";
import type { Program } from "../codegen/statements.ts";
import { compileTrace, type Visit } from "../codegen/trace.ts";
import type { NativeIsa } from "../native/cpu-features.ts";
import {
  checkArguments,
  completeArguments,
  type GemmArguments,
  type GemmCall,
  type GemmShape,
  hasPlainRows,
  isColumnMajor,
  type Real,
  transposed,
} from "./arguments.ts";
import { type KernelIsa, kernelIsa } from "./machines.ts";
import type { Split } from "./partition.ts";
import type { Calls, GemmPlan } from "./plan.ts";
import { scaleProgram, stridedScaleProgram } from "./programs/scale.ts";
import { threadedGemm } from "./threaded.ts";
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
  /** Level of x86-64 on target `native` (default: the best that this machine has). */
  readonly isa?: NativeIsa;
  /** Threads that compute together (default: 1); more need a shared memory, and give the very same bits. */
  readonly threads?: number;
  /** How C is cut among them (default: by the grid that should cost least). */
  readonly split?: Split;
}

export interface Gemm {
  readonly variant: string;
  readonly target: KernelTarget;
  /** What was compiled at once; strides, shapes and scalings that are seldom met get theirs with their first call. */
  readonly kernels: readonly Kernel[];
  /** C = alpha A B + beta C. @throws ProgramError for arguments that do not fit. */
  run(args: GemmArguments): void;
  /** Gives up what other threads hold for it; not to be run afterwards. Nothing to do for one thread. */
  release(): void;
}

/**
 * Compiles a variant of GEMM.
 *
 * @example
 * const gemm = createGemm({ variant: "packed-blocked", target: "wasm", memory, shape: { m, n, k } });
 * gemm.run({ m, n, k, a: a.address, b: b.address, c: c.address });
 */
export function createGemm(options: GemmOptions): Gemm {
  const { variant, target, memory, shape, arithmetic = "fast", element = "f32", threads = 1 } = options;
  const isa = kernelIsa(target, options.isa);
  const plan = planGemm(variant, element, isa, shape);
  const make = (program: Program): Kernel =>
    compile(program, target, memory, isa === "wasm" ? { arithmetic } : { arithmetic, isa });
  const kernels = new Map(Object.entries(atOnce(plan)).map(([name, program]) => [name, make(program)]));
  const calls = callsOf(
    plan,
    Object.fromEntries([...kernels].map(([name, kernel]) => [name, kernel.call])),
    (program) => make(program).call,
  );
  const room = workspaceOf(plan, shape);
  const workspace = memory.room(element, room);
  const place = { shape, workspace, memoryBytes: memory.bytes };
  const run = (args: GemmArguments): void => runPlan(plan, calls, args, place);
  const made = { variant, target, kernels: [...kernels.values()] };
  if (threads === 1) return { ...made, run, release: () => {} };
  const order = { variant, target, arithmetic, element, shape, isa: isa === "wasm" ? undefined : isa };
  const team = threadedGemm({ memory, threads, grain: plan.grain, split: options.split, room, order, run });
  return {
    ...made,
    run: (args) => {
      // The whole call is checked here, so that a mistake is refused in the same words as on one thread.
      checkArguments(completeArguments(args), shape, element, memory.bytes);
      team.run(args);
    },
    release: team.release,
  };
}

/** Bytes that `createGemm` will allocate under these options: the workspace of every thread, in whole cache lines. */
export function gemmWorkspaceBytes(options: Omit<GemmOptions, "memory">): number {
  const { variant, target, shape, element = "f32", threads = 1 } = options;
  const plan = planGemm(variant, element, kernelIsa(target, options.isa), shape);
  return threads * Math.ceil((workspaceOf(plan, shape) * bytesOf[element]) / 64) * 64;
}

/** Calls `visit` for every load and store that a variant makes, in order, without computing anything. */
export function traceGemm(
  variant: string,
  args: GemmArguments,
  visit: Visit,
  { element = "f32", isa = "wasm" }: { readonly element?: Real; readonly isa?: KernelIsa } = {},
): void {
  const { m, n, k } = args;
  const plan = planGemm(variant, element, isa, { m, n, k });
  const make = (program: Program): Calls[string] => {
    const trace = compileTrace(program);
    return (...programArguments) => trace(visit, ...programArguments);
  };
  const made = Object.entries(atOnce(plan)).map(([name, program]) => [name, make(program)] as const);
  const calls = callsOf(plan, Object.fromEntries(made), make);
  const workspace = behind(args, element);
  runPlan(plan, calls, args, { shape: args, workspace, memoryBytes: Number.POSITIVE_INFINITY });
}

export type GemmTextOptions = Pick<GemmOptions, "arithmetic" | "element" | "isa">;

/** The generated code of a variant, the program that does the work first. */
export function gemmText(
  variant: string,
  target: KernelTarget,
  { arithmetic = "fast", element = "f32", isa: wished }: GemmTextOptions = {},
): string {
  // A listing can be read where it cannot run.
  const isa = kernelIsa(target, wished ?? nativeIsaOr("avx512"));
  const programs = Object.values(allPrograms(planGemm(variant, element, isa)));
  const options = isa === "wasm" ? { arithmetic } : { arithmetic, isa };
  return programs.map((program) => kernelText(program, target, options)).join("\n");
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
  const given = completeArguments(args);
  checkArguments(given, shape, plan.element, memoryBytes);
  if (given.m === 0 || given.n === 0) return;
  if (!plan.anyStride && !hasPlainRows(given)) refuseStrides(plan);
  // A column-major C is written by rows of its transpose.
  const turned = isColumnMajor(given);
  const call = turned ? transposed(given) : given;
  const largest = turned ? { m: shape.n, n: shape.m, k: shape.k } : shape;
  // As in BLAS, A and B are not read where they do not count: NaN in them does not spread.
  const counts = call.k > 0 && call.alpha !== 0;
  if (call.beta !== 1 && !(counts && plan.overwrites && call.beta === 0)) scale(calls, call);
  if (!counts) return;
  plan.multiply(calls, call.beta === 0 && plan.overwrites ? call : { ...call, beta: 1 }, workspace, largest);
}

function scale(calls: Calls, call: GemmCall): void {
  if (call.csc === 1) calls.scale?.(call.m, call.n, call.beta, call.c, call.ldc);
  else calls.scaleStrided?.(call.m, call.n, call.beta, call.c, call.ldc, call.csc);
}

/** Elements of workspace for calls up to this shape, and for the same read the other way. */
function workspaceOf(plan: GemmPlan, shape: GemmShape): number {
  const size = plan.workspace(shape);
  return plan.anyStride ? Math.max(size, plan.workspace({ ...shape, m: shape.n, n: shape.m })) : size;
}

function allPrograms(plan: GemmPlan): GemmPlan["programs"] {
  return { ...plan.programs, scale: scaleProgram(plan.element) };
}

/** The programs that common calls need: a plan that overwrites C scales it only for a beta other than 0 and 1. */
function atOnce(plan: GemmPlan): GemmPlan["programs"] {
  return plan.overwrites ? plan.programs : allPrograms(plan);
}

/** The calls of a plan; those that are seldom needed are made when they are first asked for. */
function callsOf(
  plan: GemmPlan,
  made: Record<string, Calls[string]>,
  make: (program: Program) => Calls[string],
): Calls {
  const calls = { ...made };
  const further = {
    ...plan.further,
    ...(plan.overwrites ? { scale: () => scaleProgram(plan.element) } : {}),
    scaleStrided: () => stridedScaleProgram(plan.element),
  };
  for (const [name, write] of Object.entries(further)) {
    let call: Calls[string] | undefined;
    calls[name] = (...programArguments) => {
      call ??= make(write());
      call(...programArguments);
    };
  }
  return calls;
}

function refuseStrides({ variant }: GemmPlan): never {
  throw new ProgramError(`gemm ${variant}`, {
    expected: "matrices with contiguous rows",
    found: "a column stride or a transposed operand",
    remedy: "Choose a packed variant, such as packed-blocked, which reads any strides.",
  });
}

/** The first page behind all operands, where a traced variant may imagine its workspace. */
function behind(args: GemmArguments, element: Real): number {
  const { a, b, c, m, n, k, lda, csa, ldb, csb, ldc, csc } = completeArguments(args);
  const bytes = element === "f64" ? 8 : 4;
  const ends = [
    a + (m * lda + k * csa) * bytes,
    b + (k * ldb + n * csb) * bytes,
    c + (m * ldc + n * csc) * bytes,
  ];
  return Math.ceil(Math.max(...ends) / 4096) * 4096;
}

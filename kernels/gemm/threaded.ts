/**
 * GEMM on a team of threads: every thread runs the whole plan on its part of C, with a workspace of its own. The
 * result has the very bits that one thread computes (partition.ts).
 */
import type { Arithmetic } from "../codegen/arithmetic.ts";
import type { KernelTarget } from "../codegen/compile.ts";
import { ProgramError } from "../codegen/errors.ts";
import { bytesOf } from "../codegen/expressions.ts";
import type { Memory, MemoryRange } from "../codegen/memory.ts";
import type { NativeIsa } from "../native/cpu-features.ts";
import type { Share } from "../threads/tasks.ts";
import { teamOf } from "../threads/team.ts";
import {
  completeArguments,
  type GemmArguments,
  type GemmCall,
  type GemmShape,
  isColumnMajor,
  type Real,
} from "./arguments.ts";
import { type Part, partition, type Split } from "./partition.ts";
import type { Grain } from "./plan.ts";

/** What a member needs to compile the same kernel on the same memory; posted to it. */
export interface GemmOrder {
  readonly variant: string;
  readonly target: KernelTarget;
  readonly arithmetic: Arithmetic;
  readonly element: Real;
  readonly shape: GemmShape;
  /** Level of x86-64; undefined on other targets. */
  readonly isa: NativeIsa | undefined;
  /** The part of the memory that the member's workspace lies in. */
  readonly range: MemoryRange;
  readonly threads: number;
  readonly grain: Grain;
  readonly split: Split | undefined;
  /** Which part is this member's. */
  readonly member: number;
}

export interface ThreadedOptions {
  readonly memory: Memory;
  readonly threads: number;
  /** Of the plan. */
  readonly grain: Grain;
  /** How C is cut, where a plan says it. */
  readonly split?: Split | undefined;
  /** Elements of workspace that each thread needs. */
  readonly room: number;
  readonly order: Pick<GemmOrder, "variant" | "target" | "arithmetic" | "element" | "shape" | "isa">;
  /** The caller's own kernel, on one thread. */
  run(args: GemmArguments): void;
}

export interface ThreadedGemm {
  run(args: GemmArguments): void;
  release(): void;
}

/** The kernel of one thread, run by all threads of a team. @throws ProgramError if the memory is not shared */
export function threadedGemm({
  memory,
  threads,
  grain,
  split,
  room,
  order,
  run,
}: ThreadedOptions): ThreadedGemm {
  if (!memory.shared)
    throw new ProgramError("createGemm", {
      expected: `shared memory for ${threads} threads`,
      found: "a memory of one thread alone",
      remedy: "Make it by new Memory(bytes, { shared: true }).",
    });
  const bytes = room * bytesOf[order.element];
  const orderFor = (member: number): GemmOrder => ({
    ...order,
    ...{ range: memory.share(bytes), threads, grain, split, member },
  });
  const own = shareOfGemm({ threads, grain, split, member: 0, element: order.element }, run);
  const task = teamOf(threads).prepare("gemm", orderFor, own);
  const partsOf = rememberedParts(threads, grain, split);
  return {
    run: (args) => {
      const call = completeArguments(args);
      // A product that is not worth dividing is not worth waking anybody for.
      if (partsOf(call).length === 1) return run(args);
      write(call, task.numbers);
      task.run();
    },
    release: () => task.release(),
  };
}

/** A thread's share: its part of the product that the job's numbers describe. */
export function shareOfGemm(
  {
    threads,
    grain,
    split,
    member,
    element,
  }: Pick<GemmOrder, "threads" | "grain" | "split" | "member" | "element">,
  run: (args: GemmArguments) => void,
): Share {
  const bytes = bytesOf[element];
  const partsOf = rememberedParts(threads, grain, split);
  return (numbers) => {
    const call = read(numbers);
    const part = partsOf(call)[member];
    if (part) run(partOfCall(call, part, bytes));
  };
}

/** Where a job's numbers lie: a call's fields in this order. */
const fields = [
  "m",
  "n",
  "k",
  "a",
  "b",
  "c",
  "lda",
  "csa",
  "ldb",
  "csb",
  "ldc",
  "csc",
  "alpha",
  "beta",
] as const;

function write(call: GemmCall, numbers: Float64Array): void {
  for (let i = 0; i < fields.length; i++) numbers[i] = call[fields[i] as (typeof fields)[number]];
}

function read(numbers: Float64Array): GemmCall {
  const call: Partial<Record<(typeof fields)[number], number>> = {};
  for (let i = 0; i < fields.length; i++) call[fields[i] as (typeof fields)[number]] = numbers[i] as number;
  return call as GemmCall;
}

/** The product that computes one part of C: shifted addresses, the same strides. */
function partOfCall(call: GemmCall, { row, rows, column, columns }: Part, bytes: number): GemmCall {
  return {
    ...call,
    m: rows,
    n: columns,
    a: call.a + row * call.lda * bytes,
    b: call.b + column * call.csb * bytes,
    c: call.c + (row * call.ldc + column * call.csc) * bytes,
  };
}

/** The parts of a call; the last answer is kept, because a timed loop asks for one shape again and again. */
function rememberedParts(
  threads: number,
  grain: Grain,
  split: Split | undefined,
): (call: GemmCall) => readonly Part[] {
  const turned = { rows: grain.columns, columns: grain.rows };
  let last = { m: -1, n: -1, k: -1, columnMajor: false, parts: [] as readonly Part[] };
  return (call) => {
    const { m, n, k } = call;
    const columnMajor = isColumnMajor(call);
    if (last.m !== m || last.n !== n || last.k !== k || last.columnMajor !== columnMajor) {
      // Such a product is computed as its transpose, whose tiles lie the other way in C.
      const parts = partition({ m, n, k }, threads, columnMajor ? turned : grain, split);
      last = { m, n, k, columnMajor, parts };
    }
    return last.parts;
  };
}

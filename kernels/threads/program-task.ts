/** A vector program as a team's task: compiled in every member, and called with a job's addresses, moved to its part. */
import type { Arithmetic } from "../codegen/arithmetic.ts";
import { compile, type KernelTarget } from "../codegen/compile.ts";
import { Memory, type MemoryRange } from "../codegen/memory.ts";
import type { Program } from "../codegen/statements.ts";
import type { Share, Task } from "./tasks.ts";

/** What a member needs to run its part of a loop; posted to it. */
export interface ProgramOrder {
  readonly program: Program;
  readonly target: KernelTarget;
  readonly arithmetic: Arithmetic;
  readonly range: MemoryRange;
  /** Added to each argument: bytes from the whole operand to the member's part of it, 0 for numbers. */
  readonly shifts: readonly number[];
}

export const task: Task = {
  prepare(posted) {
    const { program, target, arithmetic, range, shifts } = posted as ProgramOrder;
    const { call } = compile(program, target, Memory.attach(range), { arithmetic });
    return shareOfProgram(call, shifts);
  },
};

/** A thread's share: the call with the job's numbers, moved. */
export function shareOfProgram(call: (...args: number[]) => void, shifts: readonly number[]): Share {
  const args = shifts.map(() => 0);
  return (numbers) => {
    for (let i = 0; i < args.length; i++) args[i] = (numbers[i] as number) + (shifts[i] as number);
    call(...args);
  };
}

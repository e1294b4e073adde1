/**
 * Bytes that a run moves, exactly: for each call of a kernel every word that it reads and every word that it writes counts
 * once, however often it is touched, as in ../conv/accounting.ts. Generated programs are traced; convolutions state theirs.
 */
import { compileTrace } from "../codegen/trace.ts";
import type { KernelCall, Step } from "./lower/lowering.ts";

/** Bytes moved by all steps, in a memory of so many bytes. */
export function bytesMovedBy(steps: readonly Step[], memoryBytes: number): number {
  return steps.reduce((sum, { calls = [], statedBytes = 0 }) => {
    const traced = calls.reduce((all, call) => all + bytesOfCall(call, memoryBytes), 0);
    return sum + statedBytes + traced;
  }, 0);
}

const wordBytes = 4;
const isRead = 1;
const isWritten = 2;

function bytesOfCall({ program, args }: KernelCall, memoryBytes: number): number {
  const touched = new Uint8Array(Math.ceil(memoryBytes / wordBytes));
  let words = 0;
  compileTrace(program)(
    (address, bytes, isStore) => {
      const mark = isStore ? isWritten : isRead;
      for (let at = address / wordBytes; at < (address + bytes) / wordBytes; at++) {
        const before = touched[at] as number;
        if ((before & mark) !== 0) continue;
        touched[at] = before | mark;
        words++;
      }
    },
    ...args,
  );
  return words * wordBytes;
}

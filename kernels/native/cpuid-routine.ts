/**
 * The generated routine that executes CPUID and XGETBV: the first machine code that the program runs on a machine.
 * One block of four 32-bit numbers goes in and out.
 */

import type { CpuidInstructions } from "./cpuid.ts";
import { loadCode } from "./executable.ts";
import { addressOf } from "./foreign.ts";

/** `mov r8, <first argument>`: rdi, or rcx on Windows. */
const keepArgument = process.platform === "win32" ? [0x49, 0x89, 0xc8] : [0x49, 0x89, 0xf8];

/** In: leaf and subleaf. Out: eax, ebx, ecx, edx. rbx belongs to the caller in both conventions. */
const cpuidCode = Uint8Array.of(
  ...[0x53], // push rbx
  ...keepArgument,
  ...[0x41, 0x8b, 0x00], // mov eax, [r8]
  ...[0x41, 0x8b, 0x48, 0x04], // mov ecx, [r8+4]
  ...[0x0f, 0xa2], // cpuid
  ...[0x41, 0x89, 0x00], // mov [r8], eax
  ...[0x41, 0x89, 0x58, 0x04], // mov [r8+4], ebx
  ...[0x41, 0x89, 0x48, 0x08], // mov [r8+8], ecx
  ...[0x41, 0x89, 0x50, 0x0c], // mov [r8+12], edx
  ...[0x5b, 0xc3], // pop rbx; ret
);

/** Out: the low half of XCR0. */
const xgetbvCode = Uint8Array.of(
  ...keepArgument,
  ...[0x31, 0xc9], // xor ecx, ecx
  ...[0x0f, 0x01, 0xd0], // xgetbv
  ...[0x41, 0x89, 0x00, 0xc3], // mov [r8], eax; ret
);

/** The instructions of this CPU. @throws RefusedMemory, ForeignUnavailable; RangeError where it is not x64 */
export function cpuidInstructions(): CpuidInstructions {
  if (process.arch !== "x64") throw new RangeError(`CPUID exists on x64 alone; this is ${process.arch}`);
  const cpuid = loadCode(cpuidCode).entry();
  const xgetbv = loadCode(xgetbvCode).entry();
  const block = new Uint32Array(4);
  const address = addressOf(block);
  return {
    cpuid(leaf, subleaf) {
      block.set([leaf, subleaf]);
      cpuid(address);
      const [eax = 0, ebx = 0, ecx = 0, edx = 0] = block;
      return { eax, ebx, ecx, edx };
    },
    xgetbv() {
      xgetbv(address);
      return block[0] ?? 0;
    },
  };
}

/**
 * The generated routines that execute CPUID and XGETBV: the first machine code that the program runs on a machine.
 * One block of four 32-bit numbers goes in and out.
 */
import { Assembler } from "../codegen/x64/assembler.ts";
import { memory } from "../codegen/x64/operands.ts";
import { type Gpr, low, r8, rax, rbx, rcx, rdi, rdx } from "../codegen/x64/registers.ts";
import type { CpuidInstructions } from "./cpuid.ts";
import { loadCode } from "./executable.ts";
import { addressOf } from "./foreign.ts";

/** The register that holds the one argument of a function. */
export function argumentRegister(platform: NodeJS.Platform = process.platform): Gpr {
  return platform === "win32" ? rcx : rdi;
}

/** In: leaf and subleaf. Out: eax, ebx, ecx, edx. */
export function cpuidCode(argument: Gpr): Uint8Array {
  const assembler = new Assembler();
  const block = (index: number) => memory(r8, { displacement: 4 * index });
  const [eax, ebx, ecx, edx] = [rax, rbx, rcx, rdx].map(low) as [Gpr, Gpr, Gpr, Gpr];
  assembler.comment(
    "rbx belongs to the caller in both conventions; CPUID writes to rcx, which may be the argument",
  );
  assembler.emit("push", rbx);
  assembler.emit("mov", r8, argument);
  assembler.emit("mov", eax, block(0));
  assembler.emit("mov", ecx, block(1));
  assembler.emit("cpuid");
  for (const [index, register] of [eax, ebx, ecx, edx].entries())
    assembler.emit("mov", block(index), register);
  assembler.emit("pop", rbx);
  assembler.emit("ret");
  return assembler.finish().bytes;
}

/** Out: the low half of XCR0. */
export function xgetbvCode(argument: Gpr): Uint8Array {
  const assembler = new Assembler();
  assembler.emit("mov", r8, argument);
  assembler.emit("xor", low(rcx), low(rcx));
  assembler.emit("xgetbv");
  assembler.emit("mov", memory(r8), low(rax));
  assembler.emit("ret");
  return assembler.finish().bytes;
}

/** The instructions of this CPU. @throws RefusedMemory, ForeignUnavailable; RangeError where it is not x64 */
export function cpuidInstructions(): CpuidInstructions {
  if (process.arch !== "x64") throw new RangeError(`CPUID exists on x64 alone; this is ${process.arch}`);
  const cpuid = loadCode(cpuidCode(argumentRegister())).entry();
  const xgetbv = loadCode(xgetbvCode(argumentRegister())).entry();
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

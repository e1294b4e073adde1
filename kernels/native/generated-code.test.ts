/** The bytes of this room's own routines, for both conventions: the ones that this machine cannot run are read here. */
import { expect, it } from "vitest";
import { rcx, rdi } from "../codegen/x64/registers.ts";
import { argumentRegister, cpuidCode, xgetbvCode } from "./cpuid-routine.ts";
import { probeCode } from "./probe.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

it("the argument is where the system's convention puts it", () => {
  expect(argumentRegister("win32")).toBe(rcx);
  expect([argumentRegister("linux"), argumentRegister("darwin")]).toEqual([rdi, rdi]);
});

// Read with objdump: push rbx; mov r8,rdi; mov eax,[r8]; mov ecx,[r8+4]; cpuid; four stores; pop rbx; ret.
it("CPUID saves the caller's rbx and the address of the block", () => {
  const rest = "418b00418b48040fa241890041895804418948084189500c5bc3";
  expect([cpuidCode(rdi), cpuidCode(rcx)].map(hex)).toEqual([`534989f8${rest}`, `534989c8${rest}`]);
});

it("XGETBV asks for XCR0", () => {
  expect(hex(xgetbvCode(rdi))).toBe("4989f831c90f01d0418900c3");
});

it("the probe of each level uses registers and widths of that level", () => {
  expect(hex(probeCode("avx2", rdi))).toBe("c5fc1007c4e27d18c8c4e27db8c8c5fc110fc5f877c3");
  expect(hex(probeCode("avx512", rcx))).toBe("62e17c48100162a27d4818c862a27d40b8c862e17c481109c5f877c3");
});

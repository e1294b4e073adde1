/**
 * What the differential tests do not see: the calling conventions, what is refused, and what a reader of a listing gets.
 */
import { describe, expect, it } from "vitest";
import { macroKernelProgram } from "../../gemm/programs/macro-kernel.ts";
import { nativeAvailability } from "../../native/availability.ts";
import { loadCode } from "../../native/executable.ts";
import { addressOf } from "../../native/foreign.ts";
import { at, constant, load, multiplyAdd, type Name } from "../expressions.ts";
import { Memory } from "../memory.ts";
import { program } from "../program.ts";
import { Assembler } from "./assembler.ts";
import { argumentWriter } from "./bind.ts";
import { printListing } from "./listing.ts";
import { lowerToX64 } from "./lower.ts";
import { memory as place } from "./operands.ts";
import { r12, r13, r14, r15, rax, rbp, rbx, rcx, rdi, rsi, rsp, vector } from "./registers.ts";

const axpy = program("axpy", (b) => {
  const n = b.integer("n");
  const alpha = b.scalar("alpha", "f32");
  const x = b.pointer("x", "f32");
  const y = b.pointer("y", "f32");
  b.loop("i", 0, n, {}, (i) => b.store(at(y, i), multiplyAdd(alpha, load(at(x, i)), load(at(y, i)))));
});

it("keeps names in registers and reads memory where it is needed", () => {
  const text = printListing(lowerToX64(axpy, { isa: "avx2" }).listing);
  expect(text).toMatchInlineSnapshot(`
    "      ; axpy(n, alpha, x, y)
       0: 48 8b 0f                          mov rcx,QWORD PTR [rdi]
       3: c5 fa 10 47 08                    vmovss xmm0,DWORD PTR [rdi+0x8]
       8: 48 8b 77 10                       mov rsi,QWORD PTR [rdi+0x10]
       c: 4c 8b 47 18                       mov r8,QWORD PTR [rdi+0x18]
          ; i in r9, step 1
      10: 45 31 c9                          xor r9d,r9d
      13: 49 39 c9                          cmp r9,rcx
      16: 7d 23                             jge i.end.1
      18: 0f 1f 84 00 00 00 00 00           nop DWORD PTR [rax+rax*1+0x0]
    i.0:
      20: c4 81 7a 10 0c 88                 vmovss xmm1,DWORD PTR [r8+r9*4]
      26: c4 a2 79 b9 0c 8e                 vfmadd231ss xmm1,xmm0,DWORD PTR [rsi+r9*4]
      2c: c4 81 7a 11 0c 88                 vmovss DWORD PTR [r8+r9*4],xmm1
      32: 49 83 c1 01                       add r9,0x1
      36: 49 39 c9                          cmp r9,rcx
      39: 7c e5                             jl i.0
    i.end.1:
      3b: c5 f8 77                          vzeroupper
      3e: c3                                ret"
  `);
});

describe("what does not fit is refused with the numbers", () => {
  const sums = (count: number) =>
    program("sums", (b) => {
      const x = b.pointer("x", "f32");
      const names: Name[] = [];
      for (let i = 0; i < count; i++) names.push(b.variable("s", constant(0, { element: "f32", lanes: 8 })));
      b.loop("i", 0, 10, {}, () => {
        for (const name of names) b.set(name, multiplyAdd(load(at(x), 8), load(at(x), 8), name));
      });
      for (const name of names) b.store(at(x), name);
    });

  it("vector registers", () => {
    expect(() => lowerToX64(sums(15), { isa: "avx2" })).not.toThrow();
    expect(() => lowerToX64(sums(17), { isa: "avx2" })).toThrow(
      /program sums for x64: expected at most 16 vector registers in use at once; found one more, for s\$17\. Choose a smaller tile/,
    );
    expect(() => lowerToX64(sums(17), { isa: "avx512" })).not.toThrow();
  });

  it("general registers", () => {
    const pointers = program("pointers", (b) => {
      const x = b.pointer("x", "f32");
      const walking = Array.from({ length: 14 }, () => b.variable("p", x));
      for (const pointer of walking) b.store(at(pointer), load(at(pointer)));
      for (const pointer of walking) b.store(at(pointer), load(at(pointer)));
    });
    expect(() => lowerToX64(pointers, { isa: "avx2" })).toThrow(
      /at most 12 general registers.*walk with one pointer/,
    );
  });

  it("vectors", () => {
    const wide = program("wide", (b) => {
      const x = b.pointer("x", "f64");
      b.store(at(x), load(at(x), 8));
    });
    expect(() => lowerToX64(wide, { isa: "avx2" })).toThrow(
      /128 to 256 bits on avx2; found f64x8\. .*4 lanes of f64/,
    );
    expect(() => lowerToX64(wide, { isa: "avx512" })).not.toThrow();
  });
});

/** Registers of the Windows convention that a function hands back as it found them. */
const kept = [rbx, rbp, rsi, rdi, r12, r13, r14, r15];
const keptVectors = [6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/** Offsets in the state block of the bridge below. */
const state = { function: 0, block: 8, general: 16, vectors: 80, bytes: 80 + 160 };

/**
 * A function in the convention of this system that calls one in Windows' with every kept register set from the state
 * block, and writes back what it finds in them.
 */
function bridge(): Uint8Array {
  const assembler = new Assembler();
  const own = [rbx, rbp, r12, r13, r14, r15];
  for (const register of own) assembler.emit("push", register);
  // 40 bytes: shadow space for the callee and the state block's address, and the stack is aligned again.
  assembler.emit("sub", rsp, 40);
  assembler.emit("mov", place(rsp, { displacement: 32 }), rdi);
  for (const [slot, index] of keptVectors.entries())
    assembler.emit("vmovups", vector(index, 128), place(rdi, { displacement: state.vectors + 16 * slot }));
  assembler.emit("mov", rcx, place(rdi, { displacement: state.block }));
  assembler.emit("mov", rax, place(rdi, { displacement: state.function }));
  for (const [slot, register] of kept.entries())
    if (register !== rdi)
      assembler.emit("mov", register, place(rdi, { displacement: state.general + 8 * slot }));
  assembler.emit("mov", rdi, place(rdi, { displacement: state.general + 8 * kept.indexOf(rdi) }));
  assembler.emit("call", rax);
  assembler.emit("mov", rax, place(rsp, { displacement: 32 }));
  for (const [slot, register] of kept.entries())
    assembler.emit("mov", place(rax, { displacement: state.general + 8 * slot }), register);
  for (const [slot, index] of keptVectors.entries())
    assembler.emit("vmovups", place(rax, { displacement: state.vectors + 16 * slot }), vector(index, 128));
  assembler.emit("add", rsp, 40);
  for (const register of own.toReversed()) assembler.emit("pop", register);
  assembler.emit("ret");
  return assembler.finish().bytes;
}

const here = nativeAvailability();
describe.runIf(here.available && process.platform !== "win32")("the Windows convention", () => {
  it.each(["avx2", "avx512"] as const)("hands back every register that is the caller's, on %s", (isa) => {
    if (here.available && here.isa === "avx2" && isa === "avx512") return;
    const lanes = isa === "avx2" ? 8 : 16;
    const tile = { mr: isa === "avx2" ? 6 : 14, nr: 2 * lanes, lanes };
    const written = macroKernelProgram(tile, "f32", { edges: "masks" });
    const lowered = lowerToX64(written, { isa, convention: "windows" });
    const code = loadCode(lowered.bytes);
    const call = loadCode(bridge()).entry();
    const memory = new Memory(65536);
    const [a, b, c] = [0, 1, 2].map(() => memory.allocate("f32", 512)) as [Floats, Floats, Floats];
    a.view.fill(2);
    b.view.fill(3);
    const { block, write } = argumentWriter(written, memory, lowered.argumentBytes);
    write([3, 5, 7, 1, 1, a.address, b.address, c.address, 5, c.address]);
    const bytes = new ArrayBuffer(state.bytes);
    const words = new BigUint64Array(bytes);
    for (let i = 2; i < words.length; i++) words[i] = BigInt(i) * 0x0101_0101_0101_0101n;
    words[0] = BigInt(code.address);
    words[1] = BigInt(addressOf(block));
    const before = words.slice();
    call(addressOf(bytes));
    expect(words).toEqual(before);
    expect([...c.view.slice(0, 16)]).toEqual([...new Array(15).fill(42), 0]);
  });
});

type Floats = ReturnType<Memory["allocate"]> & { view: Float32Array };

/**
 * What the assembler refuses, and how it says so: what was expected, what was found, what to do.
 */
import { describe, expect, it } from "vitest";
import { cpuFeatureNames } from "../../native/cpu-features.ts";
import { ProgramError } from "../errors.ts";
import { Assembler, featuresOf } from "./assembler.ts";
import { formsOf, instructionNames } from "./instructions.ts";
import { memory, memoryAtIndex } from "./operands.ts";
import { low, mask, r8, rax, rdi, rsp, vector } from "./registers.ts";

const zmm = (index: number) => vector(index, 512);
const ymm = (index: number) => vector(index, 256);
const xmm = (index: number) => vector(index, 128);
const gather = memory(rdi, { index: zmm(2), scale: 4 });

type Use = (assembler: Assembler) => unknown;

const refused: readonly (readonly [what: string, use: Use, message: RegExp])[] = [
  [
    "registers of two widths",
    (a) => a.emit("vaddps", ymm(0), ymm(1), zmm(2)),
    /expected xmm, xmm, .*found ymm0, ymm1, zmm2/,
  ],
  ["a 32-bit and a 64-bit register", (a) => a.emit("add", rax, low(r8)), /found rax, r8d/],
  ["a missing form", (a) => a.emit("vblendvps", zmm(0), zmm(1), zmm(2), zmm(3)), /found zmm0/],
  [
    "zmm where there is VEX alone",
    (a) => a.emit("vperm2f128", zmm(0), zmm(1), zmm(2), 1),
    /expected ymm, ymm, ymm or m256, imm u8/,
  ],
  [
    "a high register where there is VEX alone",
    (a) => a.emit("vpand", xmm(16), xmm(1), xmm(2)),
    /16 to 31 need a form of AVX-512/,
  ],
  ["too few operands", (a) => a.emit("vaddps", zmm(0), zmm(1)), /found zmm0, zmm1\./],
  ["an immediate beyond 32 bits", (a) => a.emit("add", rax, 2 ** 31), /found rax, 2147483648.*movabs/],
  ["an immediate that is no whole number", (a) => a.emit("mov", rax, 0.5), /found rax, 0\.5/],
  ["a control byte beyond 8 bits", (a) => a.emit("vshufps", xmm(0), xmm(1), xmm(2), 256), /imm u8.*256/],
  ["a shift by the whole width", (a) => a.emit("shl", low(rax), 32), /a count below 32/],
  [
    "a displacement beyond 32 bits",
    () => memory(rdi, { displacement: 2 ** 31 }),
    /displacement of 32 bits.*2147483648/,
  ],
  ["rsp as an index", () => memory(rdi, { index: rsp }), /other than rsp; found rsp/],
  ["a 32-bit base", () => memory(low(rdi)), /64-bit registers; found edi/],
  [
    "a scale that is none",
    () => memory(rdi, { index: rax, scale: 3 as 4 }),
    /scale of 1, 2, 4 or 8; found 3/,
  ],
  ["a ninth mask", () => mask(8), /mask register from 0 to 7; found 8/],
  ["a 33rd vector", () => zmm(32), /vector register from 0 to 31; found 32/],
  [
    "k0 as a mask",
    (a) => a.emitMasked("vaddps", mask(0), false, zmm(0), zmm(1), zmm(2)),
    /k1 to k7.*found k0/,
  ],
  [
    "a mask where there is VEX alone",
    (a) => a.emitMasked("vpand", mask(1), false, xmm(0), xmm(1), xmm(2)),
    /expected no mask/,
  ],
  [
    "zeroing of memory",
    (a) => a.emitMasked("vmovups", mask(1), true, memory(rdi), zmm(0)),
    /zeroing only into a register; found zeroing/,
  ],
  [
    "a broadcast that the form has not",
    (a) => a.emit("vaddps", xmm(0), xmm(1), memory(rdi, { broadcast: true, bytes: 8 })),
    /found xmm0, xmm1, m64 broadcast/,
  ],
  [
    "memory of unknown size",
    (a) => a.emit("vcvtpd2ps", xmm(0), memory(rdi)),
    /memory of known size, 16 or 32 bytes.*Say `bytes`/,
  ],
  [
    "a gather without its mask",
    (a) => a.emit("vgatherdps", zmm(1), gather),
    /expected a mask from k1 to k7; found none\. Use emitMasked/,
  ],
  ["a vector as an index elsewhere", (a) => a.emit("vmovups", zmm(1), gather), /found zmm1, memory/],
  ["an alignment beyond the code's", (a) => a.align(128), /power of two up to 64; found 128/],
  ["an alignment that is no power of two", (a) => a.literal(new Uint8Array(4), 3), /found 3/],
  [
    "a label without a place",
    (a) => {
      a.emit("jmp", a.label("nowhere"));
      a.finish();
    },
    /nowhere bound.*Call bind/,
  ],
  [
    "a name that is not in the table",
    (a) => a.emit("vhaddps" as "vaddps", xmm(0)),
    /Add its row to x64\/rows/,
  ],
];

describe("the assembler refuses", () => {
  it.each(refused)("%s", (_what, use, message) => {
    const act = () => use(new Assembler());
    expect(act).toThrow(ProgramError);
    expect(act).toThrow(message);
  });

  it("a label with two places", () => {
    const assembler = new Assembler();
    const label = assembler.label("twice");
    assembler.bind(label);
    expect(() => assembler.bind(label)).toThrow(/twice to have one place/);
  });

  it("an instruction whose features are not allowed", () => {
    const assembler = new Assembler({ features: ["avx", "avx2", "fma"] });
    assembler.emit("vfmadd231ps", ymm(0), ymm(1), ymm(2));
    expect(() => assembler.emit("vaddps", zmm(0), zmm(1), zmm(2))).toThrow(
      /a form without avx512f; found none/,
    );
  });
});

describe("features", () => {
  it("are those that CPUs are asked for", () => {
    const known: readonly string[] = cpuFeatureNames;
    const used = instructionNames.flatMap((name) => formsOf(name)).flatMap(({ features }) => features);
    expect(used.filter((feature) => !known.includes(feature))).toEqual([]);
  });

  it.each([
    ["vaddps", [ymm(0), ymm(1), ymm(2)], ["avx"]],
    ["vaddps", [ymm(0), ymm(1), ymm(16)], ["avx512f", "avx512vl"]],
    ["vaddps", [zmm(0), zmm(1), zmm(2)], ["avx512f"]],
    ["vaddss", [xmm(0), xmm(1), xmm(17)], ["avx512f"]],
    ["vpaddd", [xmm(0), xmm(1), xmm(2)], ["avx"]],
    ["vpaddd", [ymm(0), ymm(1), ymm(2)], ["avx2"]],
    ["vandps", [zmm(0), zmm(1), zmm(2)], ["avx512dq"]],
    ["vpdpbusd", [ymm(0), ymm(1), ymm(2)], ["avx512_vnni", "avx512vl"]],
    ["bzhi", [rax, rax, r8], ["bmi2"]],
    ["add", [rax, r8], []],
  ] as const)("of %s are told by its operands", (name, operands, features) => {
    expect(featuresOf(name, ...operands)).toEqual(features);
  });

  it("choose the form: VNNI with VEX where only that is allowed", () => {
    const assembler = new Assembler({ features: ["avx_vnni"] });
    assembler.emit("vpdpbusd", ymm(0), ymm(1), ymm(2));
    const { listing, features } = assembler.finish();
    expect([...features]).toEqual(["avx_vnni"]);
    expect(listing[0]?.text).toBe("{vex} vpdpbusd ymm0,ymm1,ymm2");
  });

  it("VEX is taken where it can be", () => {
    const assembler = new Assembler();
    assembler.emit("vaddps", xmm(15), xmm(1), memoryAtIndex(rax));
    assembler.emit("vaddps", xmm(15), xmm(1), memory(rax, { broadcast: true }));
    expect(assembler.finish().listing.map(({ bytes }) => bytes?.[0])).toEqual([0xc5, 0x62]);
  });
});

/**
 * Small functions, assembled: what the bytes and the listing look like, and what labels, padding and literals become.
 */
import { describe, expect, it } from "vitest";
import { loadCode } from "../../native/executable.ts";
import { addressOf } from "../../native/foreign.ts";
import { Assembler } from "./assembler.ts";
import { printListing } from "./listing.ts";
import { atLabel, memory } from "./operands.ts";
import { low, rax, rcx, rdi, vector } from "./registers.ts";

/** Where the only argument arrives. */
const argument = process.platform === "win32" ? rcx : rdi;

/** Multiplies eight floats at [argument] by 2, four times over. */
function doubling(base = rdi): Assembler {
  const assembler = new Assembler();
  const two = assembler.literal(new Uint8Array(new Float32Array(8).fill(2).buffer), 32);
  const again = assembler.label("again");
  assembler.comment("four times the double");
  assembler.emit("vmovups", vector(0, 256), memory(base));
  assembler.emit("mov", low(rax), 4);
  assembler.align(16);
  assembler.bind(again);
  assembler.emit("vmulps", vector(0, 256), vector(0, 256), atLabel(two));
  assembler.emit("sub", rax, 1);
  assembler.emit("jne", again);
  assembler.emit("vmovups", memory(base), vector(0, 256));
  assembler.emit("ret");
  return assembler;
}

describe("a small function", () => {
  it("has a listing", () => {
    expect(printListing(doubling().finish().listing)).toMatchInlineSnapshot(`
      "      ; four times the double
         0: c5 fc 10 07                       vmovups ymm0,YMMWORD PTR [rdi]
         4: b8 04 00 00 00                    mov eax,0x4
         9: 0f 1f 80 00 00 00 00              nop DWORD PTR [rax+0x0]
      again:
        10: c5 fc 59 05 28 00 00 00           vmulps ymm0,ymm0,YMMWORD PTR [rip+literal0]
        18: 48 83 e8 01                       sub rax,0x1
        1c: 75 f2                             jne again
        1e: c5 fc 11 07                       vmovups YMMWORD PTR [rdi],ymm0
        22: c3                                ret
      literal0:
        40: 00 00 00 40 00 00 00 40 00 00 …   .fill 8,4,0x40000000"
    `);
  });

  it("names the features that it needs", () => {
    expect([...doubling().finish().features]).toEqual(["avx"]);
  });

  it.runIf(process.arch === "x64")("computes", () => {
    const data = Float32Array.of(1, -2, 3, 0.5, 0, 100, 1e-3, 7);
    const code = loadCode(doubling(argument).finish().bytes);
    code.entry()(addressOf(data));
    expect([...data]).toEqual([16, -32, 48, 8, 0, 1600, Math.fround(1e-3) * 16, 112]);
    code.release();
  });
});

describe("literals", () => {
  it("lie behind the code, the widest alignment first, equal ones once", () => {
    const assembler = new Assembler();
    const byte = assembler.literal(Uint8Array.of(7), 1);
    const wide = assembler.literal(new Uint8Array(64).fill(1), 64);
    expect(assembler.literal(Uint8Array.of(7), 4)).toBe(byte);
    assembler.emit("lea", rax, atLabel(byte));
    assembler.emit("vmovaps", vector(0, 512), atLabel(wide));
    const { bytes, codeBytes, listing } = assembler.finish();
    expect(codeBytes).toBe(7 + 10);
    const places = listing.filter(({ label }) => label).map(({ label, offset }) => [label, offset]);
    expect(places).toEqual([
      [wide.name, 64],
      [byte.name, 128],
    ]);
    expect([bytes.length, bytes[128], bytes[17]]).toEqual([129, 7, 0xcc]);
  });

  it("are copied when they are given", () => {
    const assembler = new Assembler();
    const data = Uint8Array.of(1, 2, 3, 4);
    assembler.emit("lea", rax, atLabel(assembler.literal(data, 4)));
    data.fill(9);
    expect([...assembler.finish().bytes.slice(-4)]).toEqual([1, 2, 3, 4]);
  });
});

it("finish can be asked again, and again after more", () => {
  const assembler = new Assembler();
  assembler.emit("nop");
  expect(assembler.finish().bytes).toEqual(assembler.finish().bytes);
  assembler.emit("ret");
  expect([...assembler.finish().bytes]).toEqual([0x90, 0xc3]);
});

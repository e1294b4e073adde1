/**
 * Executes the rows that have no model: jumps and moves on flags, calls, the stack, division, addresses, gathers, and
 * those that change nothing that a program sees.
 */
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { nativeAvailability } from "../../native/availability.ts";
import { thisCpu } from "../../native/cpu.ts";
import { loadCode } from "../../native/executable.ts";
import { addressOf } from "../../native/foreign.ts";
import { Assembler, type InstructionName } from "./assembler.ts";
import { atLabel, type MemoryOperand, memory, memoryAtIndex } from "./operands.ts";
import { type Gpr, low, mask, r8, r9, r10, r11, rax, rbx, rcx, rdi, rdx, rsp, vector } from "./registers.ts";

/** Where the only argument arrives, kept in r11 because some instructions overwrite rcx. */
const argument = process.platform === "win32" ? rcx : rdi;
const word = (at: number): MemoryOperand => memory(r11, { displacement: 8 * at });

/** Runs code on 64 words and gives them back; r11 holds their address. */
function run(words: readonly (bigint | number)[], write: (assembler: Assembler) => void): BigInt64Array {
  const assembler = new Assembler();
  assembler.emit("mov", r11, argument);
  write(assembler);
  assembler.emit("ret");
  const block = new BigInt64Array(64);
  words.forEach((value, at) => {
    block[at] = BigInt.asIntN(64, BigInt(value));
  });
  const code = loadCode(assembler.finish().bytes);
  code.entry()(addressOf(block));
  code.release();
  return block;
}

const edges = [0n, 1n, -1n, 5n, 2n ** 31n - 1n, -(2n ** 31n), 2n ** 32n, 2n ** 63n - 1n, -(2n ** 63n)];
const pairs = edges.flatMap((a) => edges.map((b) => [a, b] as const));
const unsigned = (value: bigint, bits: number): bigint => BigInt.asUintN(bits, value);
const evenParity = (value: bigint): boolean =>
  [...(value & 255n).toString(2)].filter((bit) => bit === "1").length % 2 === 0;

/** Conditions after `cmp a, b` on numbers of so many bits. */
const conditions: Readonly<Record<string, (a: bigint, b: bigint, bits: number) => boolean>> = {
  e: (a, b) => a === b,
  ne: (a, b) => a !== b,
  l: (a, b) => a < b,
  le: (a, b) => a <= b,
  g: (a, b) => a > b,
  ge: (a, b) => a >= b,
  b: (a, b, bits) => unsigned(a, bits) < unsigned(b, bits),
  be: (a, b, bits) => unsigned(a, bits) <= unsigned(b, bits),
  a: (a, b, bits) => unsigned(a, bits) > unsigned(b, bits),
  ae: (a, b, bits) => unsigned(a, bits) >= unsigned(b, bits),
  p: (a, b) => evenParity(BigInt.asUintN(64, a - b)),
  np: (a, b) => !evenParity(BigInt.asUintN(64, a - b)),
};
const names = Object.keys(conditions);

/** Stores 1 in word 8 + i where the jump of condition i is taken, else 0. */
function storeConditions(assembler: Assembler, chosen: readonly string[] = names): void {
  chosen.forEach((name, at) => {
    const taken = assembler.label(`taken${at}`);
    // mov leaves the flags alone.
    assembler.emit("mov", r8, 1);
    assembler.emit(`j${name}` as InstructionName, taken);
    assembler.emit("mov", r8, 0);
    assembler.bind(taken);
    assembler.emit("mov", word(8 + at), r8);
  });
}

const stored = (block: BigInt64Array, count = names.length): boolean[] =>
  [...block.subarray(8, 8 + count)].map((value) => value === 1n);

describe.runIf(nativeAvailability().available)("flags and jumps", () => {
  it.each([64, 32] as const)("cmp decides every jump on %i bits", (bits) => {
    const sized = (register: Gpr): Gpr => (bits === 64 ? register : low(register));
    for (const [a, b] of pairs) {
      const block = run([a, b], (assembler) => {
        assembler.emit("mov", rax, word(0));
        assembler.emit("mov", rdx, word(1));
        assembler.emit("cmp", sized(rax), sized(rdx));
        storeConditions(assembler);
      });
      const [x, y] = [BigInt.asIntN(bits, a), BigInt.asIntN(bits, b)];
      expect([a, b, ...stored(block)]).toEqual([
        a,
        b,
        ...names.map((name) => conditions[name]?.(x, y, bits)),
      ]);
    }
  });

  it("cmp compares with immediates and memory too", () => {
    const block = run([7, 300], (assembler) => {
      assembler.emit("mov", rax, word(0));
      for (const [at, other] of [7, 300, word(1)].entries()) {
        const equal = assembler.label(`equal${at}`);
        assembler.emit("mov", r8, 1);
        assembler.emit("cmp", rax, other);
        assembler.emit("je", equal);
        assembler.emit("mov", r8, 0);
        assembler.bind(equal);
        assembler.emit("mov", word(8 + at), r8);
        if (at === 0) assembler.emit("mov", rax, 300);
      }
    });
    expect(stored(block, 3)).toEqual([true, true, true]);
  });

  it("cmov moves where the jump would be taken", () => {
    const moves = ["e", "ne", "l", "le", "g", "ge"];
    for (const [a, b] of pairs) {
      const block = run([a, b, 111, 222], (assembler) => {
        assembler.emit("mov", rax, word(0));
        assembler.emit("mov", rdx, word(1));
        for (const [at, name] of moves.entries()) {
          assembler.emit("mov", r8, word(2));
          assembler.emit("mov", r9, word(3));
          assembler.emit("cmp", rax, rdx);
          assembler.emit(`cmov${name}` as InstructionName, r8, at % 2 === 0 ? r9 : word(3));
          assembler.emit("mov", word(8 + at), r8);
        }
      });
      const expected = moves.map((name) => (conditions[name]?.(a, b, 64) ? 222n : 111n));
      expect([...block.subarray(8, 8 + moves.length)]).toEqual(expected);
    }
  });

  it("test sets zero and sign of a and b", () => {
    for (const [a, b] of pairs) {
      const block = run([a, b], (assembler) => {
        assembler.emit("mov", rax, word(0));
        assembler.emit("mov", rdx, word(1));
        assembler.emit("test", rax, rdx);
        storeConditions(assembler, ["e", "ne", "l", "ge"]);
      });
      const both = a & b;
      expect(stored(block, 4)).toEqual([both === 0n, both !== 0n, both < 0n, both >= 0n]);
    }
  });

  const unordered = [0, -0, 1, -2.5, Infinity, -Infinity, Number.NaN, 5e-324];
  it.each([
    ["vucomiss", "vmovss", Float32Array],
    ["vucomisd", "vmovsd", Float64Array],
  ] as const)("%s orders floats, and says what has no order", (name, load, View) => {
    for (const x of unordered) {
      for (const y of unordered) {
        const [a, b] = [View.of(x)[0] as number, View.of(y)[0] as number];
        const bits = [a, b].map((value) => new BigUint64Array(Float64Array.of(value).buffer)[0] ?? 0n);
        const narrow = [a, b].map((value) => BigInt(new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0));
        const block = run(View === Float32Array ? narrow : bits, (assembler) => {
          assembler.emit(load, vector(1, 128), word(0));
          assembler.emit(load, vector(2, 128), word(1));
          assembler.emit(name, vector(1, 128), vector(2, 128));
          storeConditions(assembler, ["p", "e", "a", "b"]);
        });
        const none = Number.isNaN(a) || Number.isNaN(b);
        expect([a, b, ...stored(block, 4)]).toEqual([a, b, none, none || a === b, a > b, none || a < b]);
      }
    }
  });

  it.each([
    ["b", 8],
    ["w", 16],
    ["d", 32],
    ["q", 64],
  ] as const)("kortest%s says whether no bit is set, or all", (size, width) => {
    if (!thisCpu().features.includes("avx512bw")) return;
    const all = (1n << BigInt(width)) - 1n;
    for (const [a, b] of [
      [0n, 0n],
      [1n, 0n],
      [all, 0n],
      [all ^ 1n, 1n],
      [0n, all >> 1n],
    ] as const) {
      const block = run([a, b], (assembler) => {
        assembler.emit("kmovq", mask(1), word(0));
        assembler.emit("kmovq", mask(2), word(1));
        assembler.emit(`kortest${size}`, mask(1), mask(2));
        storeConditions(assembler, ["e", "b"]);
      });
      expect(stored(block, 2)).toEqual([(a | b) === 0n, (a | b) === all]);
    }
  });

  it("jumps reach near and far, forwards and backwards", () => {
    for (const distance of [0, 1, 126, 127, 128, 1000]) {
      const block = run([0], (assembler) => {
        const [back, ahead, end] = ["back", "ahead", "end"].map((name) => assembler.label(name));
        if (!back || !ahead || !end) return;
        assembler.emit("mov", rax, 1);
        assembler.emit("jmp", ahead);
        assembler.bind(back);
        assembler.emit("add", rax, 10);
        assembler.emit("jmp", end);
        for (let at = 0; at < distance; at++) assembler.emit("nop");
        assembler.align(16);
        assembler.bind(ahead);
        assembler.emit("jmp", back);
        assembler.bind(end);
        assembler.emit("mov", word(1), rax);
      });
      expect(block[1]).toBe(11n);
    }
  });
});

describe.runIf(nativeAvailability().available)("calls, stack and division", () => {
  it("call comes back, push and pop keep", () => {
    const block = run([5], (assembler) => {
      const [callee, over] = [assembler.label("callee"), assembler.label("over")];
      assembler.emit("push", rbx);
      assembler.emit("mov", rbx, word(0));
      assembler.emit("lea", rax, atLabel(callee));
      assembler.emit("call", rax);
      assembler.emit("mov", word(1), rbx);
      assembler.emit("pop", rbx);
      assembler.emit("jmp", over);
      assembler.bind(callee);
      assembler.emit("add", rbx, 37);
      assembler.emit("ret");
      assembler.bind(over);
    });
    expect(block[1]).toBe(42n);
  });

  it("push makes room for eight bytes", () => {
    const block = run([77], (assembler) => {
      assembler.emit("mov", rax, rsp);
      assembler.emit("mov", r9, word(0));
      assembler.emit("push", r9);
      assembler.emit("sub", rax, rsp);
      assembler.emit("mov", word(1), rax);
      assembler.emit("mov", r10, memory(rsp));
      assembler.emit("mov", word(2), r10);
      assembler.emit("pop", r10);
    });
    expect([...block.subarray(1, 3)]).toEqual([8n, 77n]);
  });

  it.each([
    [64, "cqo"],
    [32, "cdq"],
  ] as const)("idiv divides %i bits after %s", (bits, extend) => {
    const sized = (register: Gpr): Gpr => (bits === 64 ? register : low(register));
    for (const [a, b] of pairs.map(([x, y]) => [BigInt.asIntN(bits, x), BigInt.asIntN(bits, y)] as const)) {
      // Both are faults of the CPU: no divisor, and a quotient that does not fit.
      if (b === 0n || (b === -1n && a === -(2n ** BigInt(bits - 1)))) continue;
      const block = run([a, b], (assembler) => {
        assembler.emit("mov", rax, word(0));
        assembler.emit("mov", r9, word(1));
        assembler.emit(extend);
        assembler.emit("idiv", sized(r9));
        assembler.emit("mov", word(2), rax);
        assembler.emit("mov", word(3), rdx);
      });
      const [quotient, rest] = [block[2] ?? 0n, block[3] ?? 0n].map((value) => BigInt.asIntN(bits, value));
      expect([a, b, quotient, rest]).toEqual([a, b, a / b, a % b]);
    }
  });

  it.each([64, 32] as const)("div divides %i unsigned bits", (bits) => {
    const sized = (register: Gpr): Gpr => (bits === 64 ? register : low(register));
    for (const [a, b] of pairs.map(([x, y]) => [BigInt.asUintN(bits, x), BigInt.asUintN(bits, y)] as const)) {
      if (b === 0n) continue;
      const block = run([a, b], (assembler) => {
        assembler.emit("mov", rax, word(0));
        assembler.emit("mov", r9, word(1));
        assembler.emit("xor", low(rdx), low(rdx));
        assembler.emit("div", sized(r9));
        assembler.emit("mov", word(2), rax);
        assembler.emit("mov", word(3), rdx);
      });
      const [quotient, rest] = [block[2] ?? 0n, block[3] ?? 0n].map((value) => BigInt.asUintN(bits, value));
      expect([a, b, quotient, rest]).toEqual([a, b, a / b, a % b]);
    }
  });

  it("lock xadd adds and gives what was there", () => {
    const block = run([40, 2], (assembler) => {
      assembler.emit("mov", rax, word(1));
      assembler.emit("lock xadd", word(0), rax);
      assembler.emit("mov", word(2), rax);
      assembler.emit("mov", low(rax), 1);
      assembler.emit("lock xadd", word(3), low(rax));
    });
    expect([...block.subarray(0, 4)]).toEqual([42n, 2n, 40n, 1n]);
  });
});

describe.runIf(nativeAvailability().available)("addresses", () => {
  it("lea adds base, scaled index and displacement", () => {
    const cases = ([1, 2, 4, 8] as const).flatMap((scale) =>
      [0, 1, -1, 127, 128, -129, 0x7fffffff].map((displacement) => ({ scale, displacement })),
    );
    const block = run([1000, 7], (assembler) => {
      assembler.emit("mov", r8, word(0));
      assembler.emit("mov", r9, word(1));
      for (const [at, { scale, displacement }] of cases.entries()) {
        assembler.emit("lea", rax, memory(r8, { index: r9, scale, displacement }));
        assembler.emit("mov", word(8 + at), rax);
      }
      assembler.emit("lea", rax, memoryAtIndex(r9, { scale: 8, displacement: 3 }));
      assembler.emit("mov", word(2), rax);
    });
    const expected = cases.map(({ scale, displacement }) => BigInt(1000 + 7 * scale + displacement));
    expect([...block.subarray(8, 8 + cases.length)]).toEqual(expected);
    expect(block[2]).toBe(59n);
  });

  it.each([
    ["vgatherdps", 128],
    ["vgatherdps", 256],
    ["vpgatherdd", 128],
    ["vpgatherdd", 256],
  ] as const)("%s gathers by %i bits of indexes, with a mask in a vector", (name, bits) => {
    const lanes = bits / 32;
    const indexes = Array.from({ length: lanes }, (_, at) => (5 * at + 3) % 16);
    const block = run([], (assembler) => {
      fillTable(assembler, indexes);
      assembler.emit("vmovdqu", vector(2, bits), memory(r11, { displacement: 128 }));
      assembler.emit("vpcmpeqd", vector(3, bits), vector(3, bits), vector(3, bits));
      assembler.emit(
        name,
        vector(1, bits),
        memory(r11, { index: vector(2, bits), scale: 4 }),
        vector(3, bits),
      );
      assembler.emit("vmovups", memory(r11, { displacement: 256 }), vector(1, bits));
    });
    expect([...new Int32Array(block.buffer, 256, lanes)]).toEqual(indexes.map((index) => 100 + index));
  });

  it.each(["vgatherdps", "vpgatherdd"] as const)("%s gathers what a mask selects", (name) => {
    if (!thisCpu().features.includes("avx512bw")) return;
    const indexes = Array.from({ length: 16 }, (_, at) => (7 * at + 1) % 16);
    const selected = 0b1010_0110_0000_1111;
    const block = run([], (assembler) => {
      fillTable(assembler, indexes);
      assembler.emit("vmovdqu32", vector(20, 512), memory(r11, { displacement: 128 }));
      assembler.emit("mov", low(rax), selected);
      assembler.emit("kmovw", mask(3), low(rax));
      assembler.emit("vpxorq", vector(21, 512), vector(21, 512), vector(21, 512));
      assembler.emitMasked(
        name,
        mask(3),
        false,
        vector(21, 512),
        memory(r11, { index: vector(20, 512), scale: 4 }),
      );
      assembler.emit("vmovups", memory(r11, { displacement: 256 }), vector(21, 512));
    });
    const expected = indexes.map((index, at) => ((selected >> at) & 1 ? 100 + index : 0));
    expect([...new Int32Array(block.buffer, 256, 16)]).toEqual(expected);
  });
});

/** A table of 100, 101 … in the first 16 words of 32 bits, and indexes at byte 128. */
function fillTable(assembler: Assembler, indexes: readonly number[]): void {
  for (let at = 0; at < 16; at++) store32(assembler, 4 * at, 100 + at);
  for (const [at, index] of indexes.entries()) store32(assembler, 128 + 4 * at, index);
}

function store32(assembler: Assembler, displacement: number, value: number): void {
  assembler.emit("mov", low(rax), value);
  assembler.emit("mov", memory(r11, { displacement }), low(rax));
}

describe.runIf(nativeAvailability().available)("what a program does not see, or asks", () => {
  it.each<[InstructionName, ...MemoryOperand[]]>([
    ["pause"],
    ["nop"],
    ["mfence"],
    ["sfence"],
    ["prefetcht0", memory(r11)],
    ["prefetcht1", memory(r11, { displacement: 64 })],
    ["prefetcht2", memory(r11, { index: r9, scale: 8 })],
    // A prefetch of no memory at all is no fault.
    ["prefetchnta", memory(r9)],
  ])("%s changes nothing", (name, ...operands) => {
    const block = run([11, 22], (assembler) => {
      assembler.emit("mov", rax, word(0));
      assembler.emit("mov", r9, word(4));
      assembler.emit(name, ...operands);
      assembler.emit("mov", word(2), rax);
    });
    expect([...block.subarray(0, 4)]).toEqual([11n, 22n, 11n, 0n]);
  });

  it("vzeroupper clears all but the lowest 128 bits", () => {
    const block = run([1, 2, 3, 4], (assembler) => {
      assembler.emit("vmovups", vector(1, 256), word(0));
      assembler.emit("vzeroupper");
      assembler.emit("vmovups", word(8), vector(1, 256));
    });
    expect([...block.subarray(8, 12)]).toEqual([1n, 2n, 0n, 0n]);
  });

  it("cpuid and xgetbv say what the CPU has", () => {
    const block = run([], (assembler) => {
      assembler.emit("push", rbx);
      assembler.emit("mov", low(rax), 1);
      assembler.emit("mov", low(rcx), 0);
      assembler.emit("cpuid");
      assembler.emit("mov", word(1), rcx);
      assembler.emit("mov", low(rcx), 0);
      assembler.emit("xgetbv");
      assembler.emit("mov", word(2), rax);
      assembler.emit("pop", rbx);
    });
    expect(((block[1] ?? 0n) >> 12n) & 1n).toBe(thisCpu().features.includes("fma") ? 1n : 0n);
    // Bits 1 and 2: the system keeps xmm and ymm.
    expect((block[2] ?? 0n) & 6n).toBe(6n);
  });

  it("rdtsc counts up", () => {
    const block = run([], (assembler) => {
      for (const at of [1, 2]) {
        assembler.emit("rdtsc");
        assembler.emit("shl", rdx, 32);
        assembler.emit("or", rax, rdx);
        assembler.emit("mov", word(at), rax);
      }
    });
    expect(block[2]).toBeGreaterThan(block[1] ?? 0n);
  });

  it.runIf(process.platform !== "win32")("ud2 is an illegal instruction", () => {
    const files = ["./assembler.ts", "../../native/executable.ts"].map(
      (path) => new URL(path, import.meta.url).href,
    );
    const script = `
      const { Assembler } = await import(${JSON.stringify(files[0])});
      const { loadCode } = await import(${JSON.stringify(files[1])});
      const assembler = new Assembler();
      assembler.emit("ud2");
      loadCode(assembler.finish().bytes).entry()(0);`;
    const { signal } = spawnSync(process.execPath, ["--input-type=module", "-e", script]);
    expect(signal).toBe("SIGILL");
  });
});

/**
 * Bytes, dot products of parts of a lane and products of 64 bits: the interpreter against models in BigInt, and every
 * target and level, with VNNI and without, against the interpreter.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nativeAvailability } from "../native/availability.ts";
import { type CompileOptions, compile, hasVnni, type KernelTarget } from "./compile.ts";
import { at, constant, load } from "./expressions.ts";
import { interpret } from "./interpret.ts";
import { dotBytes, dotPairs, multiplyShift, unsignedQuotient } from "./js/packed-integers.ts";
import { Memory } from "./memory.ts";
import { packedInputs, packedIntegers, packedOutputs } from "./packed-integers.fixture.ts";
import {
  dotBytes as dotOfBytes,
  unsignedQuotient as quotient,
  multiplyShift as shiftedProduct,
} from "./packed-integers.ts";
import { program } from "./program.ts";
import { isaRows } from "./x64/isa.ts";

const edges = [0, 1, -1, 2147483647, -2147483648, 0x7fff8000, -0x7fff7f80, 0x40000000, 12345, -77];
const word = fc.oneof(fc.integer(), fc.constantFrom(...edges, -128, 127, 128, 255, 256, -129));

interface Level {
  readonly title: string;
  readonly target: KernelTarget;
  readonly lanes: number;
  readonly options: CompileOptions;
}

function levels(): Level[] {
  const portable = (["js", "wasm"] as const).map(
    (target): Level => ({ title: target, target, lanes: 4, options: { arithmetic: "strict" } }),
  );
  const availability = nativeAvailability();
  if (!availability.available) return portable;
  const isas = availability.isa === "avx512" ? (["avx2", "avx512"] as const) : (["avx2"] as const);
  const native = isas.flatMap((isa) =>
    [4, 8, 16]
      .filter((lanes) => lanes * 32 <= isaRows[isa].bits)
      .flatMap((lanes) =>
        (hasVnni(isa) ? [true, false] : [false]).map(
          (vnni): Level => ({
            title: `native ${isa} of ${lanes} lanes ${vnni ? "with" : "without"} VNNI`,
            target: "native",
            lanes,
            options: { isa, vnni },
          }),
        ),
      ),
  );
  return [...portable, ...native];
}

describe.each(levels())("$title", ({ target, lanes, options }) => {
  test("every operation on packed and wide integers gives the interpreter's bits", () => {
    const memory = new Memory(2 ** 18);
    const kinds = ["i8", "u8", "i32"] as const;
    const inputs = kinds.map((kind) => memory.allocate(kind, packedInputs));
    const outputs = kinds.map((kind) => memory.allocate(kind, packedOutputs));
    const args = [...inputs, ...outputs].map(({ address }) => address);
    const written = packedIntegers(lanes);
    const kernel = compile(written, target, memory, options);
    const values = fc.array(word, { minLength: packedInputs, maxLength: packedInputs });
    fc.assert(
      fc.property(values, (data) => {
        for (const { view } of inputs) view.set(data);
        // The fourth vector stands for bytes of seven bits.
        inputs[2]?.view.set(
          data.slice(0, lanes).map((x) => x & 0x7f7f7f7f),
          3 * lanes,
        );
        const run = (call: () => unknown): number[][] => {
          for (const { view } of outputs) view.fill(0x55);
          call();
          return outputs.map(({ view }) => [...view]);
        };
        const expected = run(() => interpret(written, memory, args));
        expect(run(() => kernel.call(...args))).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });

  test("bytes at the very end of memory are read and written with a tail, and nothing behind them", () => {
    const memory = new Memory(65536 - 64);
    const end = memory.bytes;
    const copy = program("copy", (b) => {
      const from = b.pointer("from", "u8");
      const to = b.pointer("to", "i8");
      const tail = b.tail("tail", b.let("count", constant(3)), { element: "i32", lanes });
      b.store(at(to), load(at(from), lanes, tail), tail);
    });
    const bytes = memory.view("i8", end - 8, 8);
    bytes.set([1, 2, 3, 4, 5, 250, 7, 100]);
    compile(copy, target, memory, options).call(end - 3, end - 3);
    expect([...bytes]).toEqual([1, 2, 3, 4, 5, 127, 7, 100]);
  });
});

const signedPart = (value: number, bits: number, part: number): bigint =>
  BigInt.asIntN(bits, BigInt(value) >> BigInt(bits * part));
const unsignedPart = (value: number, bits: number, part: number): bigint =>
  BigInt.asUintN(bits, BigInt(value) >> BigInt(bits * part));
const wrapped = (value: bigint): number => Number(BigInt.asIntN(32, value));

test("a dot product is the sum of all products: bytes are unsigned on the left, halves are signed", () => {
  fc.assert(
    fc.property(word, word, word, (x, y, z) => {
      let [four, two] = [BigInt(z), BigInt(z)];
      for (let part = 0; part < 4; part++) four += unsignedPart(x, 8, part) * signedPart(y, 8, part);
      for (let part = 0; part < 2; part++) two += signedPart(x, 16, part) * signedPart(y, 16, part);
      expect([dotBytes(x, y, z), dotPairs(x, y, z)]).toEqual([wrapped(four), wrapped(two)]);
    }),
    { numRuns: 1000 },
  );
});

test("a product is shifted back to 32 bits as BigInt does it, with or without half of one", () => {
  fc.assert(
    fc.property(word, word, fc.integer({ min: 1, max: 62 }), fc.boolean(), (x, y, shift, rounds) => {
      const half = rounds ? 1n << BigInt(shift - 1) : 0n;
      const expected = (BigInt(x) * BigInt(y) + half) >> BigInt(shift);
      expect(multiplyShift(x, y, shift, Number(half))).toBe(wrapped(expected));
    }),
    { numRuns: 2000 },
  );
});

test("quotients are those of unsigned numbers, and dividing by 0 is dividing by 1", () => {
  fc.assert(
    fc.property(word, word, (x, y) => {
      const divisor = unsignedPart(y, 32, 0) || 1n;
      expect(unsignedQuotient(x, y)).toBe(wrapped(unsignedPart(x, 32, 0) / divisor));
    }),
    { numRuns: 1000 },
  );
});

test("operands that do not fit are refused with the remedy", () => {
  const scalar = constant(1);
  const vector = constant(1, { element: "i32", lanes: 4 });
  const real = constant(1, { element: "f32", lanes: 4 });
  expect(() => dotOfBytes(scalar, scalar, scalar)).toThrow(
    /vectors of i32 of one length; found i32, i32, i32/,
  );
  expect(() => dotOfBytes(vector, real, vector)).toThrow(/found i32x4, f32x4, i32x4/);
  expect(() => shiftedProduct(vector, scalar, 31)).toThrow(/one number of lanes/);
  for (const shift of [0, 63, 1.5]) expect(() => shiftedProduct(scalar, 3, shift)).toThrow(/1 to 62 bits/);
  expect(() => quotient(vector, scalar)).toThrow(/two scalar i32/);
  const wrong = (): unknown =>
    program("wrong", (b) => b.store(at(b.pointer("p", "i8")), constant(1, { element: "f32", lanes: 1 })));
  expect(wrong).toThrow(/a value of i32, as the pointer to i8 says; found f32/);
});

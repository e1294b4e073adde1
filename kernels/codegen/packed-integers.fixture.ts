/**
 * A program with every operation on bytes, packed and wide integers, for the tests that leave nothing out: operands read
 * from memory, results one after the other.
 */
import {
  at,
  broadcast,
  constant,
  type DotParts,
  load,
  type MemoryElement,
  type Name,
  type PointerName,
  sum,
  type Tail,
  type Value,
} from "./expressions.ts";
import { dotBytes, dotPairs, dotSevenBits, multiplyShift, unsignedQuotient } from "./packed-integers.ts";
import { type ProgramBuilder, program } from "./program.ts";
import type { Program } from "./statements.ts";

/** Elements that one run reads from each input, and writes at most to each output. */
export const packedInputs = 64;
export const packedOutputs = 4096;

/** Shifts of 64-bit products that take different ways: below, at and above 16 and 32 bits. */
export const shifts = [1, 15, 16, 17, 31, 32, 33, 46, 62] as const;

const dots: Readonly<Record<DotParts, (left: Value, right: Value, addend: Value) => Value>> = {
  bytes: dotBytes,
  sevenBits: dotSevenBits,
  pairs: dotPairs,
};

/** Parameters `(i8 in, u8 in, i32 in, i8 out, u8 out, i32 out)`. `u8` holds at most 127 where it stands for seven bits. */
export const packedIntegers = (lanes: number): Program =>
  program("packed-integers", (b) => {
    const signedIn = b.pointer("signedIn", "i8");
    const unsignedIn = b.pointer("unsignedIn", "u8");
    const input = b.pointer("input", "i32");
    const signedOut = b.pointer("signedOut", "i8");
    const unsignedOut = b.pointer("unsignedOut", "u8");
    const output = b.pointer("output", "i32");
    const put = [output, signedOut, unsignedOut].map((pointer) => writer(b, pointer)) as [Put, Put, Put];
    for (const width of [1, lanes]) {
      bytes(b, [signedIn, unsignedIn], input, width, put);
      wide(b, input, width, put[0]);
    }
    packed(b, input, lanes, put[0]);
  });

type Put = (value: Value, tail?: Tail) => void;

function writer(b: ProgramBuilder, pointer: PointerName<MemoryElement>): Put {
  let next = 0;
  return (value, tail) => {
    b.store(at(pointer, 0, next), value, tail);
    next += value.type.lanes;
  };
}

function bytes(
  b: ProgramBuilder,
  inputs: readonly PointerName<"i8" | "u8">[],
  input: PointerName<"i32">,
  lanes: number,
  put: readonly Put[],
): void {
  for (const from of inputs) {
    for (const write of put) write(load(at(from, 0, 3), lanes));
    for (const write of put) write(broadcast(at(from, 0, 5), lanes));
  }
  for (const write of put) write(load(at(input, 0, 1), lanes));
  if (lanes === 1) return;
  for (let count = -1; count <= lanes + 1; count++) {
    const tail = b.tail("tail", b.let("count", constant(count)), { element: "i32", lanes });
    for (const from of inputs) put[0]?.(load(at(from, 0, 1), lanes, tail));
    for (const write of put) write(load(at(input, 0, 2), lanes), tail);
  }
}

function wide(b: ProgramBuilder, input: PointerName<"i32">, lanes: number, put: Put): void {
  const [x, y] = [b.let("x", load(at(input), lanes)), b.let("y", load(at(input, 0, lanes), lanes))];
  for (const shift of shifts) for (const rounds of [false, true]) put(multiplyShift(x, y, shift, { rounds }));
  put(multiplyShift(x, 0x40000001, 33));
  if (lanes > 1) return;
  put(unsignedQuotient(x, y));
  put(unsignedQuotient(0x80000000, y));
  put(unsignedQuotient(x, 0));
}

function packed(b: ProgramBuilder, input: PointerName<"i32">, lanes: number, put: Put): void {
  const all = { element: "i32", lanes } as const;
  const [x, y, z] = [0, 1, 2].map((i) => b.let("v", load(at(input, 0, i * lanes), lanes))) as [
    Name,
    Name,
    Name,
  ];
  const seven = b.let("seven", load(at(input, 0, 3 * lanes), lanes));
  for (const [parts, dot] of Object.entries(dots)) {
    const left = parts === "sevenBits" ? seven : x;
    put(dot(left, y, z));
    put(dot(left, load(at(input, 0, 1), lanes), constant(0, all)));
    put(dot(left, broadcast(at(input, 0, 1), lanes), constant(-7, all)));
    const total = b.variable("total", z);
    b.loop("i", 0, 3, {}, () => b.set(total, dot(left, total, total)));
    b.set(total, dot(left, y, total));
    put(total);
    put(sum(dot(left, y, z)));
  }
}

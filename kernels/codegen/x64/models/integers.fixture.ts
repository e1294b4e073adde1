/**
 * Models of rows/integers.ts.
 */
import {
  countOf,
  type Element,
  family,
  type Lane,
  type Lanes,
  type Model,
  type Models,
  perLane,
  whole,
} from "./model.fixture.ts";

const shiftCounts = [0, 1, 7, 15, 16, 31, 32, 63, 64, 255];

const endings: Readonly<Record<string, Element>> = { b: "i8", w: "i16", d: "i32", q: "i64" };
const unsigned = { b: "u8", w: "u16", d: "u32", q: "u64" } as const;

/** Rows that end in b, w, d or q for the size of their lanes. */
const sized = (
  stem: string,
  sizes: string,
  lane: (...lanes: Lane[]) => Lane,
  options: Partial<Model> = {},
): Models =>
  family(stem, [...sizes], (size) =>
    perLane(endings[size] as Element, endings[size] as Element, lane, options),
  );

const unsignedSized = (
  stem: string,
  sizes: string,
  lane: (...lanes: Lane[]) => Lane,
  options: Partial<Model> = {},
): Models =>
  family(stem, [...sizes], (size) => {
    const element = unsigned[size as keyof typeof unsigned];
    return perLane(element, element, lane, options);
  });

const add = (a: Lane, b: Lane): Lane => a + b;
const subtract = (a: Lane, b: Lane): Lane => a - b;
const smaller = (a: Lane, b: Lane): Lane => (a < b ? a : b);
const larger = (a: Lane, b: Lane): Lane => (a > b ? a : b);

/** Left and right shifts of unsigned lanes; more than all bits leave nothing. */
const left = (bits: number) => (a: Lane, n: Lane) => (n >= bits ? zeroOf(a) : shiftedLeft(a, n));
const right = (bits: number) => (a: Lane, n: Lane) => (n >= bits ? zeroOf(a) : shiftedRight(a, n));
const zeroOf = (a: Lane): Lane => (typeof a === "bigint" ? 0n : 0);
const shiftedLeft = (a: Lane, n: Lane): Lane => (typeof a === "bigint" ? a << BigInt(n) : a * 2 ** Number(n));
const shiftedRight = (a: Lane, n: Lane): Lane =>
  typeof a === "bigint" ? a >> BigInt(n) : Math.floor(a / 2 ** Number(n));
/** Of signed lanes; more than all bits leave the sign. */
const signedRight = (bits: number) => (a: Lane, n: Lane) => shiftedRight(a, n >= bits ? bits - 1 : n);

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
const to = { i8: (v: number) => clamp(v, -128, 127), u8: (v: number) => clamp(v, 0, 255) };
const wide = { i16: (v: number) => clamp(v, -32768, 32767), u16: (v: number) => clamp(v, 0, 65535) };

/** Sums of products of `group` neighbours; the first source of vpdpbusd and vpmaddubsw is unsigned, the second signed. */
function dots(
  group: 2 | 4,
  bytes: boolean,
  saturate: boolean,
): (result: Lanes, sources: readonly Lanes[], bits: number) => void {
  return (result, [old, a, b], bits) => {
    for (let at = 0; at < bits / 32; at++) {
      let sum = 0;
      for (let part = 0; part < group; part++) {
        const [x, y] = [(a as Lanes)[group * at + part], (b as Lanes)[group * at + part]];
        sum += bytes ? (x & 255) * y : x * y;
      }
      const total = (old as Lanes)[at] + sum;
      result[at] = saturate ? clamp(total, -(2 ** 31), 2 ** 31 - 1) : total;
    }
  };
}

function dotModel(group: 2 | 4, saturate: boolean): Model {
  const bytes = group === 4;
  const from = bytes ? "i8" : "i16";
  return {
    element: "i32",
    from,
    accumulates: true,
    compute(result, { operands, bits }) {
      const [old, a, b] = operands as [Uint8Array, Uint8Array, Uint8Array];
      const view = (each: Uint8Array): Lanes =>
        (bytes
          ? new Int8Array(each.buffer, each.byteOffset, 64)
          : new Int16Array(each.buffer, each.byteOffset, 32)) as unknown as Lanes;
      const sums = new Int32Array(old.buffer, old.byteOffset, 16) as unknown as Lanes;
      dots(group, bytes, saturate)(result, [sums, view(a), view(b)], bits);
    },
  };
}

/** Lanes of a, then of b, halved in size; within each 128 bits. */
function pack(element: Element, from: Element, convert: (value: number) => number): Model {
  return whole(
    element,
    (result, [, a, b], { bits }) => {
      const half = countOf(from, 128);
      for (let at = 0; at < countOf(element, bits); at++) {
        const block = Math.floor(at / (2 * half)) * half;
        const within = at % (2 * half);
        result[at] = convert(
          within < half ? (a as Lanes)[block + within] : (b as Lanes)[block + within - half],
        );
      }
    },
    { from },
  );
}

const comparing = (
  element: Element,
  lane: (a: Lane, b: Lane, imm: number) => boolean,
  immediates?: readonly number[],
): Model =>
  perLane(element, element, (a, b, imm) => typed(a, lane(a, b, imm)), {
    truth: true,
    ...(immediates ? { immediates } : {}),
  });

/** 1 or 0 in the type of a lane. */
const typed = (like: Lane, value: boolean): Lane =>
  typeof like === "bigint" ? BigInt(value) : Number(value);

const integerPredicates: readonly ((a: Lane, b: Lane) => boolean)[] = [
  (a, b) => a === b,
  (a, b) => a < b,
  (a, b) => a <= b,
  () => false,
  (a, b) => a !== b,
  (a, b) => a >= b,
  (a, b) => a > b,
  () => true,
];
const byPredicate = (a: Lane, b: Lane, imm: number): boolean => integerPredicates[imm & 7]?.(a, b) === true;
const eight = [0, 1, 2, 3, 4, 5, 6, 7];

const logic = (stem: string, lane: (a: Lane, b: Lane) => Lane): Models => ({
  [stem]: perLane("u64", "u64", lane),
  ...unsignedSized(stem, "dq", lane),
});

/** Each bit of the result is the bit of the immediate that the three source bits number. */
function ternary(a: bigint, b: bigint, c: bigint, immediate: number): bigint {
  let result = 0n;
  for (let row = 0n; row < 8n; row++) {
    if (!((BigInt(immediate) >> row) & 1n)) continue;
    result |= (row & 4n ? a : ~a) & (row & 2n ? b : ~b) & (row & 1n ? c : ~c);
  }
  return result;
}

const ternaries = { accumulates: true, immediates: [0, 0xff, 0x96, 0xe8, 0xca, 0x1b, 0x80] } as const;

const low32 = (value: bigint, signed: boolean): bigint =>
  signed ? BigInt.asIntN(32, value) : BigInt.asUintN(32, value);

const narrowing = (
  stem: string,
  element: Element,
  from: Element,
  convert: (value: number) => number,
): Models => ({
  [stem]: perLane(element, from, convert),
});

const oneBits = (value: number): number => (value.toString(2).match(/1/g) ?? []).length;

export const integerModels: Models = {
  ...sized("vpadd", "bwdq", add),
  ...sized("vpsub", "bwdq", subtract),
  vpmullw: perLane("i16", "i16", (a, b) => a * b),
  vpmulld: perLane("i32", "i32", Math.imul),
  vpmullq: perLane("i64", "i64", (a, b) => a * b),
  vpmulhw: perLane("i16", "i16", (a, b) => (a * b) >> 16),
  vpmulhrsw: perLane("i16", "i16", (a, b) => (((a * b) >> 14) + 1) >> 1),
  vpmuludq: perLane("u64", "u64", (a, b) => low32(a, false) * low32(b, false)),
  vpmuldq: perLane("i64", "i64", (a, b) => low32(a, true) * low32(b, true)),
  vpmaddubsw: whole(
    "i16",
    (result, [, a, b], { bits }) => {
      for (let at = 0; at < bits / 16; at++) {
        const product = (part: number): number =>
          ((a as Lanes)[2 * at + part] & 255) * (b as Lanes)[2 * at + part];
        result[at] = wide.i16(product(0) + product(1));
      }
    },
    { from: "i8" },
  ),
  vpmaddwd: whole(
    "i32",
    (result, [, a, b], { bits }) => {
      const zeros = new Int32Array(16) as unknown as Lanes;
      dots(2, false, false)(result, [zeros, a as Lanes, b as Lanes], bits);
    },
    { from: "i16" },
  ),
  vpdpbusd: dotModel(4, false),
  vpdpbusds: dotModel(4, true),
  vpdpwssd: dotModel(2, false),
  vpdpwssds: dotModel(2, true),
  ...sized("vpmins", "bwd", smaller),
  ...sized("vpmaxs", "bwd", larger),
  ...unsignedSized("vpminu", "bd", smaller),
  ...unsignedSized("vpmaxu", "bd", larger),
  vpabsd: perLane("i32", "i32", Math.abs),
  ...logic("vpand", (a, b) => a & b),
  ...logic("vpandn", (a, b) => ~a & b),
  ...logic("vpor", (a, b) => a | b),
  ...logic("vpxor", (a, b) => a ^ b),
  vpternlogd: perLane(
    "u32",
    "u32",
    (a, b, c, imm) => Number(BigInt.asUintN(32, ternary(BigInt(a), BigInt(b), BigInt(c), imm))),
    ternaries,
  ),
  vpternlogq: perLane("u64", "u64", ternary, ternaries),
  ...shifts("vpsll", "wdq", unsigned, left),
  ...shifts("vpsrl", "wdq", unsigned, right),
  ...shifts("vpsra", "wdq", endings, signedRight),
  vpsllvd: perLane("u32", "u32", left(32)),
  vpsrlvd: perLane("u32", "u32", right(32)),
  vpsravd: perLane("i32", "i32", (a, n) => signedRight(32)(a, n >>> 0)),
  vpsllvq: perLane("u64", "u64", left(64)),
  vpsrlvq: perLane("u64", "u64", right(64)),
  ...family("vpcmpeq", ["b", "d"], (size) => comparing(endings[size] as Element, (a, b) => a === b)),
  ...family("vpcmpgt", ["b", "d"], (size) => comparing(endings[size] as Element, (a, b) => a > b)),
  ...family("vpcmp", ["d", "q"], (size) => comparing(endings[size] as Element, byPredicate, eight)),
  ...family("vpcmpu", ["d", "q"], (size) => comparing(unsigned[size], byPredicate, eight)),
  vptestmd: comparing("i32", (a, b) => (a & b) !== 0),
  vpacksswb: pack("i8", "i16", to.i8),
  vpackuswb: pack("u8", "i16", to.u8),
  vpackssdw: pack("i16", "i32", wide.i16),
  vpackusdw: pack("u16", "i32", wide.u16),
  ...narrowing("vpmovsxbw", "i16", "i8", (a) => a),
  ...narrowing("vpmovsxbd", "i32", "i8", (a) => a),
  ...narrowing("vpmovsxwd", "i32", "i16", (a) => a),
  vpmovsxdq: perLane("i64", "i32", BigInt),
  ...narrowing("vpmovzxbw", "i16", "u8", (a) => a),
  ...narrowing("vpmovzxbd", "i32", "u8", (a) => a),
  ...narrowing("vpmovzxwd", "i32", "u16", (a) => a),
  vpmovzxdq: perLane("i64", "u32", BigInt),
  ...narrowing("vpmovwb", "i8", "i16", (a) => a),
  ...narrowing("vpmovdb", "i8", "i32", (a) => a),
  ...narrowing("vpmovdw", "i16", "i32", (a) => a),
  ...narrowing("vpmovswb", "i8", "i16", to.i8),
  ...narrowing("vpmovsdb", "i8", "i32", to.i8),
  ...narrowing("vpmovsdw", "i16", "i32", wide.i16),
  ...narrowing("vpmovuswb", "u8", "u16", to.u8),
  ...narrowing("vpmovusdb", "u8", "u32", to.u8),
  ...narrowing("vpmovusdw", "u16", "u32", wide.u16),
  vpopcntd: perLane("u32", "u32", oneBits),
  vplzcntd: perLane("u32", "u32", Math.clz32),
};

function shifts(
  stem: string,
  sizes: string,
  elements: Readonly<Record<string, Element>>,
  make: (bits: number) => (a: Lane, n: Lane) => Lane,
): Models {
  return family(stem, [...sizes], (size) => {
    const element = elements[size] as Element;
    return perLane(element, element, make(512 / countOf(element, 512)), { immediates: shiftCounts });
  });
}

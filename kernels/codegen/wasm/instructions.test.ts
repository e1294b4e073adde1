/**
 * Walks the table of instructions and executes every row on edge values against a model in JavaScript. A row that no
 * case below executes fails the last test.
 */
import { afterAll, expect, test } from "vitest";
import { Memory } from "../memory.ts";
import { encodeModule, signedLeb, unsignedLeb, type WasmType } from "./encode.ts";
import {
  type CodeItem,
  type Instruction,
  type InstructionName,
  instructionRow,
  instructionRows,
} from "./instructions.ts";

type Lane = "i32" | "f32" | "f64";
const memory = new Memory(65536);
const result = memory.allocate("f64", 2).address;
const executed = new Set<string>();

const edges: Readonly<Record<Lane, readonly number[]>> = {
  f32: [
    0,
    -0,
    1,
    -1.5,
    Number.NaN,
    Infinity,
    -Infinity,
    2 ** -149,
    -(2 ** -130),
    3.4028234663852886e38,
    0.1,
    7e9,
  ].map(Math.fround),
  f64: [0, -0, 1, -1.5, Number.NaN, Infinity, -Infinity, 5e-324, -1e-310, 1.7976931348623157e308, 0.1, 7e9],
  i32: [0, 1, -1, 2147483647, -2147483648, 12345, -7],
};

const views = { f32: Float32Array, f64: Float64Array, i32: Int32Array } as const;
const lanesOf = { f32: 4, f64: 2, i32: 4 } as const;
const shapeOf = { f32: "f32x4", f64: "f64x2", i32: "i32x4" } as const;
const round = (lane: Lane, value: number): number =>
  lane === "f32" ? Math.fround(value) : lane === "i32" ? value | 0 : value;

/** Runs a body that leaves one value of `type` on the stack; gives its bytes' lanes. */
function run(code: readonly CodeItem[], type: WasmType, lane: Lane): number[] {
  for (const item of code) if ("name" in item) executed.add(item.name);
  const store = (type === "v128" ? "v128.store" : `${type}.store`) as InstructionName;
  executed.add(store);
  const bytes = encodeModule({
    name: "row",
    parameters: [],
    locals: [{ name: "l", type: "i32" }],
    code: [{ name: "i32.const", immediate: result }, ...code, { name: store }],
  });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    kdaccel: { memory: memory.webAssembly },
  });
  (instance.exports.run as () => void)();
  return [...new views[lane](memory.buffer, result, type === "v128" ? lanesOf[lane] : 1)];
}

function push(type: string, lane: Lane, value: number | readonly number[]): Instruction {
  if (type !== "v128") return { name: `${type}.const` as InstructionName, immediate: value as number };
  const lanes = Array.isArray(value)
    ? (value as number[])
    : Array.from({ length: lanesOf[lane] }, () => value as number);
  return { name: "v128.const", shape: shapeOf[lane], lanes };
}

type Model = (a: number, b: number, lane: Lane) => number;
const truth =
  (compare: (a: number, b: number) => boolean): Model =>
  (a, b) =>
    compare(a, b) ? 1 : 0;
const binary: Readonly<Record<string, Model>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b, lane) => (lane === "i32" ? Math.imul(a, b) : a * b),
  div: (a, b) => a / b,
  min: (a, b) => Math.min(a, b),
  max: (a, b) => Math.max(a, b),
  // biome-ignore lint/complexity/useMathMinMax: not Math.min where either is NaN or both are 0
  pmin: (a, b) => (b < a ? b : a),
  // biome-ignore lint/complexity/useMathMinMax: not Math.max where either is NaN or both are 0
  pmax: (a, b) => (a < b ? b : a),
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
};
const compare: Readonly<Record<string, Model>> = {
  eq: truth((a, b) => a === b),
  ne: truth((a, b) => a !== b),
  lt: truth((a, b) => a < b),
  gt: truth((a, b) => a > b),
  le: truth((a, b) => a <= b),
  ge: truth((a, b) => a >= b),
};
const unary: Readonly<Record<string, (a: number) => number>> = {
  abs: Math.abs,
  neg: (a) => -a,
  sqrt: Math.sqrt,
  floor: Math.floor,
  nearest: (a) => (Math.abs(a % 1) === 0.5 ? 2 * Math.round(a / 2) : Math.round(a)),
};

const laneOfName = (name: string): Lane => (/^(f32|f64|i32)/.exec(name)?.[1] ?? "i32") as Lane;
const operation = (name: string): string => (name.split(".")[1] ?? "").replace(/_s$/, "");
const pairs = (lane: Lane): [number, number][] =>
  edges[lane].flatMap((a) => edges[lane].map((b): [number, number] => [a, b]));
const elementwise = instructionRows.filter(
  (row) => row.immediate === "none" && row.operands.length > 0 && /^(f32|f64|i32)(x\d)?\./.test(row.name),
);

test.each(
  elementwise
    .filter((row) => operation(row.name) in binary || operation(row.name) in compare)
    .map((row) => row.name),
)("%s on all pairs of edge values", (name) => {
  const row = instructionRow(name);
  const lane = laneOfName(name);
  const vector = row.operands[0] === "v128";
  const model = (binary[operation(name)] ?? compare[operation(name)]) as Model;
  for (const [a, b] of pairs(lane)) {
    const [type] = row.results as [WasmType];
    const compares = operation(name) in compare;
    const code = [
      push(row.operands[0] as string, lane, a),
      push(row.operands[1] as string, lane, b),
      { name },
    ];
    const found = run(code, type, compares ? "i32" : lane);
    const expected = compares ? model(a, b, lane) * (vector ? -1 : 1) : round(lane, model(a, b, lane));
    for (const value of found)
      expect([a, b, value]).toEqual([a, b, expected === 0 && compares ? 0 : expected]);
  }
});

test.each(elementwise.filter((row) => operation(row.name) in unary).map((row) => row.name))(
  "%s on all edge values",
  (name) => {
    const lane = laneOfName(name);
    const type = instructionRow(name).operands[0] as WasmType;
    for (const a of edges[lane])
      for (const value of run([push(type, lane, a), { name }], type, lane))
        expect([a, value]).toEqual([a, round(lane, unary[operation(name)]?.(a) as number)]);
  },
);

const saturate = (value: number): number => Math.max(-2147483648, Math.min(2147483647, value)) | 0;
test.each([
  ["f32.convert_i32_s", "i32", "f32"],
  ["f64.convert_i32_s", "i32", "f64"],
  ["f32.demote_f64", "f64", "f32"],
  ["f64.promote_f32", "f32", "f64"],
  ["i32.trunc_sat_f32_s", "f32", "i32"],
  ["i32.trunc_sat_f64_s", "f64", "i32"],
  ["f32x4.convert_i32x4_s", "i32", "f32"],
  ["i32x4.trunc_sat_f32x4_s", "f32", "i32"],
] as const)("%s converts and saturates", (name, from, to) => {
  const row = instructionRow(name);
  for (const a of edges[from])
    for (const value of run(
      [push(row.operands[0] as string, from, a), { name }],
      row.results[0] as WasmType,
      to,
    ))
      expect([a, value]).toEqual([a, to === "i32" ? saturate(a) : round(to, a)]);
});

test.each([
  ["i32.shl", (a: number, bits: number) => a << bits],
  ["i32.shr_s", (a: number, bits: number) => a >> bits],
  ["i32.shr_u", (a: number, bits: number) => (a >>> bits) | 0],
  ["i32x4.shr_u", (a: number, bits: number) => (a >>> bits) | 0],
  ["i32x4.shl", (a: number, bits: number) => a << bits],
  ["i32x4.shr_s", (a: number, bits: number) => a >> bits],
  ["i32.rem_s", (a: number, divisor: number) => (divisor === 0 ? 0 : a % divisor)],
] as const)("%s on all edge values", (name, model) => {
  const row = instructionRow(name);
  for (const a of edges.i32)
    for (const b of [1, 3, 31])
      for (const value of run(
        [push(row.operands[0] as string, "i32", a), push("i32", "i32", b), { name }],
        row.results[0] as WasmType,
        "i32",
      ))
        expect([a, b, value + 0]).toEqual([a, b, model(a, b) + 0]);
});

test.each(["f32x4.relaxed_madd", "f64x2.relaxed_madd"] as const)(
  "%s is fused, or multiplies and adds",
  (name) => {
    const lane = laneOfName(name);
    // Products of these are exact in double precision, so that one rounding of the sum is what fusing gives.
    const values = edges[lane].filter(
      (value) =>
        lane === "f32" ||
        !(value === 0.1 || Math.abs(value) > 1e300 || (value !== 0 && Math.abs(value) < 1e-300)),
    );
    for (const a of values)
      for (const b of values)
        for (const c of values) {
          const fused = round(lane, a * b + c);
          const apart = round(lane, round(lane, a * b) + c);
          const code = [push("v128", lane, a), push("v128", lane, b), push("v128", lane, c), { name }];
          for (const value of run(code, "v128", lane))
            expect([a, b, c, [fused, apart].some((model) => Object.is(model, value))]).toEqual([
              a,
              b,
              c,
              true,
            ]);
        }
  },
);

test("vectors are selected by bits, shuffled by bytes, splatted and taken apart", () => {
  const a = [1, -2, 3, -4];
  const b = [5, 6, -7, 8];
  const [va, vb] = [push("v128", "i32", a), push("v128", "i32", b)];
  expect(
    run([va, vb, push("v128", "i32", [-1, 0, -1, 15]), { name: "v128.bitselect" }], "v128", "i32"),
  ).toEqual([1, 6, 3, (-4 & 15) | (8 & ~15)]);
  expect(run([va, vb, { name: "v128.and" }], "v128", "i32")).toEqual(a.map((x, l) => x & (b[l] as number)));
  expect(run([va, vb, { name: "v128.or" }], "v128", "i32")).toEqual(a.map((x, l) => x | (b[l] as number)));
  expect(run([va, vb, { name: "v128.xor" }], "v128", "i32")).toEqual(a.map((x, l) => x ^ (b[l] as number)));
  const lanes = [4, 5, 6, 7, 16, 17, 18, 19, 0, 1, 2, 3, 28, 29, 30, 31];
  expect(run([va, vb, { name: "i8x16.shuffle", lanes }], "v128", "i32")).toEqual([-2, 5, 1, 8]);
  for (const lane of ["i32", "f32", "f64"] as const) {
    const shape = shapeOf[lane];
    expect(run([push(lane, lane, -3), { name: `${shape}.splat` }], "v128", lane)).toEqual(
      Array(lanesOf[lane]).fill(-3),
    );
    for (let l = 0; l < lanesOf[lane]; l++)
      expect(
        run(
          [
            push("v128", lane, [9, 8, 7, 6].slice(0, lanesOf[lane])),
            { name: `${shape}.extract_lane`, immediate: l },
          ],
          lane,
          lane,
        ),
      ).toEqual([9 - l]);
    for (let l = 0; l < lanesOf[lane]; l++) {
      const replaced = [push("v128", lane, Array(lanesOf[lane]).fill(9)), push(lane, lane, -3)];
      expect(run([...replaced, { name: `${shape}.replace_lane`, immediate: l }], "v128", lane)).toEqual(
        Array.from({ length: lanesOf[lane] }, (_, at) => (at === l ? -3 : 9)),
      );
    }
  }
});

test("lanes of 64 bits are shifted as a whole, and numbers are seen as bits", () => {
  const wide = push("v128", "i32", [0x12345678, -0x76543211, 3, 5]);
  const bits = push("i32", "i32", 52);
  expect(run([wide, bits, { name: "i64x2.shl" }], "v128", "i32")).toEqual([0, 0x67800000, 0, 3 << 20]);
  expect(run([wide, bits, { name: "i64x2.shr_u" }], "v128", "i32")).toEqual([0x89a, 0, 0, 0]);
  expect(run([push("f32", "f32", -2), { name: "i32.reinterpret_f32" }], "i32", "i32")).toEqual([-(2 ** 30)]);
  expect(run([push("i32", "i32", 0x7f800000), { name: "f32.reinterpret_i32" }], "f32", "f32")).toEqual([
    Infinity,
  ]);
});

/** Four i32 lanes as narrower or wider ones. */
const as = {
  i8: (lanes: readonly number[]) => [...new Int8Array(Int32Array.from(lanes).buffer)],
  u8: (lanes: readonly number[]) => [...new Uint8Array(Int32Array.from(lanes).buffer)],
  i16: (lanes: readonly number[]) => [...new Int16Array(Int32Array.from(lanes).buffer)],
  u16: (lanes: readonly number[]) => [...new Uint16Array(Int32Array.from(lanes).buffer)],
  i64: (lanes: readonly number[]) => [...new BigInt64Array(Int32Array.from(lanes).buffer)],
} as const;
const words = (values: readonly bigint[]): number[] => [...new Int32Array(BigInt64Array.from(values).buffer)];
const from16 = (values: readonly number[]): number[] => [...new Int32Array(Int16Array.from(values).buffer)];
const from8 = (values: readonly number[]): number[] => [...new Int32Array(Int8Array.from(values).buffer)];
const kept = (low: number, high: number) => (value: number) => Math.min(high, Math.max(low, value));
const shifted =
  (view: "i16" | "u16", shift: (value: number, bits: number) => number) =>
  (a: number[], [bits = 0]: number[]): number[] =>
    from16(as[view](a).map((value) => shift(value, bits & 15)));
const products = (a: number[], b: number[], first: number): number[] =>
  words([first, first + 1].map((l) => BigInt(a[l] as number) * BigInt(b[l] as number)));
const twice = (bits: number[]): bigint => BigInt((bits[0] as number) & 63);

test.each([
  ["i8x16.narrow_i16x8_s", (a, b) => from8([...as.i16(a), ...as.i16(b)].map(kept(-128, 127)))],
  ["i8x16.narrow_i16x8_u", (a, b) => from8([...as.i16(a), ...as.i16(b)].map(kept(0, 255)))],
  ["i16x8.narrow_i32x4_s", (a, b) => from16([...a, ...b].map(kept(-32768, 32767)))],
  ["i16x8.extend_low_i8x16_s", (a) => from16(as.i8(a).slice(0, 8))],
  ["i16x8.extend_low_i8x16_u", (a) => from16(as.u8(a).slice(0, 8))],
  ["i32x4.extend_low_i16x8_s", (a) => as.i16(a).slice(0, 4)],
  ["i32x4.extend_low_i16x8_u", (a) => as.u16(a).slice(0, 4)],
  ["i16x8.shl", shifted("i16", (value, bits) => value << bits)],
  ["i16x8.shr_s", shifted("i16", (value, bits) => value >> bits)],
  ["i16x8.shr_u", shifted("u16", (value, bits) => value >>> bits)],
  ["i64x2.shr_s", (a, bits) => words(as.i64(a).map((value) => value >> twice(bits)))],
  ["i64x2.add", (a, b) => words(as.i64(a).map((value, l) => value + (as.i64(b)[l] as bigint)))],
  ["i64x2.extmul_low_i32x4_s", (a, b) => products(a, b, 0)],
  ["i64x2.extmul_high_i32x4_s", (a, b) => products(a, b, 2)],
  [
    "i32x4.dot_i16x8_s",
    (a, b) => {
      const terms = as.i16(a).map((value, l) => value * (as.i16(b)[l] as number));
      return [0, 2, 4, 6].map((l) => ((terms[l] as number) + (terms[l + 1] as number)) | 0);
    },
  ],
] as const satisfies readonly [InstructionName, (a: number[], b: number[]) => number[]][])(
  "%s on lanes of edge values",
  (name, model) => {
    const { operands } = instructionRow(name);
    const random = [0x7fff8000, -0x7fff7f81, 0x01ff80fe, -1, 0x12345678, -2147483648, 300, -40000];
    for (let at = 0; at < random.length; at++) {
      const lanes = (from: number): number[] => [0, 1, 2, 3].map((l) => random[(from + l) % 8] as number);
      const [a, b] = [lanes(at), lanes(3 * at + 1)];
      const second = operands[1] === "i32" ? [at * 5] : b;
      const code = operands.map((type, o) =>
        push(type, "i32", o === 0 ? a : type === "i32" ? (second[0] as number) : second),
      );
      expect(run([...code, { name }], "v128", "i32")).toEqual(model(a, second));
    }
  },
);

test("the relaxed dot product is exact where the second operand has seven bits", () => {
  const a = [0x7f80ff01, -0x7f7f7f80, 0x01020304, -1];
  const b = [0x7f7f7f7f, 0x7f017f00, 0x10203040, 0x7f7f7f7f];
  const addend = [1, -2, 3, 2147483647];
  const expected = addend.map((sum, l) => {
    const terms = [0, 1, 2, 3].map(
      (part) => (as.i8(a)[4 * l + part] as number) * (as.i8(b)[4 * l + part] as number),
    );
    return terms.reduce((total, term) => total + term, sum) | 0;
  });
  const operands = [a, b, addend].map((lanes) => push("v128", "i32", lanes));
  expect(run([...operands, { name: "i32x4.relaxed_dot_i8x16_i7x16_add_s" }], "v128", "i32")).toEqual(
    expected,
  );
});

test("64-bit products of scalars, zero asked for, unsigned quotients", () => {
  for (const a of edges.i32) {
    for (const b of edges.i32) {
      const product = (BigInt(a) * BigInt(b) + 2n ** 40n) >> 21n;
      const extended = [a, b].flatMap((value): Instruction[] => [
        push("i32", "i32", value),
        { name: "i64.extend_i32_s" },
      ]);
      const code: Instruction[] = [
        ...extended,
        { name: "i64.mul" },
        { name: "i64.const", immediate: 2 ** 40 },
        { name: "i64.add" },
        { name: "i64.const", immediate: 21 },
        { name: "i64.shr_s" },
        { name: "i32.wrap_i64" },
      ];
      expect(run(code, "i32", "i32")).toEqual([Number(BigInt.asIntN(32, product))]);
      if (b === 0) continue;
      const quotient = run(
        [push("i32", "i32", a), push("i32", "i32", b), { name: "i32.div_u" }],
        "i32",
        "i32",
      );
      expect(quotient).toEqual([Math.floor((a >>> 0) / (b >>> 0)) | 0]);
    }
    expect(run([push("i32", "i32", a), { name: "i32.eqz" }], "i32", "i32")).toEqual([a === 0 ? 1 : 0]);
  }
});

test("bytes are loaded, and lanes stored, at address plus offset", () => {
  const place = memory.allocate("u8", 16);
  for (const value of [0, 1, 127, 128, 255]) {
    place.view.fill(0).fill(value, 5, 9);
    const address = { name: "i32.const", immediate: place.address } as const;
    for (const [name, expected] of [
      ["i32.load8_u", value],
      ["i32.load8_s", (value << 24) >> 24],
    ] as const)
      expect(run([address, { name, immediate: 5 }], "i32", "i32")).toEqual([expected]);
    const loaded = run([address, { name: "v128.load32_zero", immediate: 5 }], "v128", "i32");
    expect(loaded).toEqual([(value * 0x01010101) | 0, 0, 0, 0]);
  }
  for (const [name, lane, expected] of [
    ["v128.store8_lane", 5, [0, 0, 0, 2, 0, 0, 0]],
    ["v128.store32_lane", 1, [0, 0, 0, 1, 2, 3, 4]],
  ] as const) {
    place.view.fill(0);
    const code: Instruction[] = [
      { name: "i32.const", immediate: place.address },
      push("v128", "i32", [7, 0x04030201, 8, 9]),
      { name, immediate: 3, lanes: [lane] },
      { name: "i32.const", immediate: 0 },
    ];
    run(code, "i32", "i32");
    expect([...place.view.slice(0, 7)]).toEqual(expected);
  }
});

test("every load reads, and every store writes, at address plus offset", () => {
  const place = memory.allocate("f64", 4);
  const cases = [
    ["i32.load", "i32", "i32"],
    ["f32.load", "f32", "f32"],
    ["f64.load", "f64", "f64"],
    ["v128.load", "v128", "f32"],
    ["v128.load32_splat", "v128", "f32"],
    ["v128.load64_splat", "v128", "f64"],
  ] as const;
  for (const [name, type, lane] of cases)
    for (const value of edges[lane]) {
      const view = new views[lane](memory.buffer, place.address, 4 * (lane === "f64" ? 1 : 2));
      view.fill(0).fill(value, 2);
      const offset = 2 * view.BYTES_PER_ELEMENT;
      const found = run(
        [
          { name: "i32.const", immediate: place.address },
          { name, immediate: offset },
        ],
        type,
        lane,
      );
      expect(found).toEqual(found.map(() => value));
    }
});

test("locals, blocks, loops and branches", () => {
  const local = (name: "local.get" | "local.set" | "local.tee"): Instruction => ({ name, immediate: 0 });
  const i32 = (immediate: number): Instruction => ({ name: "i32.const", immediate });
  const countTo5 = [
    { name: "block" },
    { name: "loop" },
    local("local.get"),
    i32(1),
    { name: "i32.add" },
    local("local.tee"),
    i32(5),
    { name: "i32.lt_s" },
    { name: "br_if", immediate: 0 },
    { name: "end" },
    { name: "end" },
    local("local.get"),
  ] as const;
  expect(run(countTo5, "i32", "i32")).toEqual([5]);
  for (const condition of [0, 1]) {
    const branch: CodeItem[] = [
      i32(condition),
      { name: "if" },
      i32(10),
      local("local.set"),
      { name: "else" },
      i32(20),
      local("local.set"),
      { name: "end" },
      local("local.get"),
    ];
    expect(run(branch, "i32", "i32")).toEqual([condition ? 10 : 20]);
    expect(run([i32(1), i32(2), i32(condition), { name: "select" }], "i32", "i32")).toEqual([
      condition ? 1 : 2,
    ]);
  }
});

test("LEB128 of every length decodes to the number", () => {
  for (const value of [0, 1, 63, 64, 127, 128, 8191, 8192, 2 ** 21, 2 ** 28, 2 ** 31 - 1, 2 ** 32 - 1]) {
    const bytes = unsignedLeb(value);
    expect(bytes.reduceRight((rest, byte) => rest * 128 + (byte & 127), 0)).toBe(value);
    for (const signed of [value | 0, -(value | 0) | 0])
      expect(run([{ name: "i32.const", immediate: signed }], "i32", "i32")).toEqual([signed]);
    expect(signedLeb(value | 0).length).toBeLessThanOrEqual(5);
  }
});

afterAll(() => {
  expect(instructionRows.map((row) => row.name).filter((name) => !executed.has(name))).toEqual([]);
});

/**
 * Both back ends and the interpreter on the same programs: the same bits, on everything that can be written and on
 * programs that nobody would write. NaN is compared as NaN: WebAssembly leaves its payload open.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { nativeAvailability } from "../native/availability.ts";
import { compile } from "./compile.ts";
import { everything, everythingInputs, everythingOutputs } from "./everything.fixture.ts";
import {
  abs,
  add,
  advance,
  at,
  broadcast,
  constant,
  convert,
  div,
  equal,
  everySecond,
  floor,
  interleave,
  lane,
  less,
  lessOrEqual,
  load,
  max,
  min,
  mul,
  multiplyAdd,
  type Name,
  negate,
  reinterpret,
  round,
  scale,
  select,
  splat,
  squareRoot,
  sub,
  sum,
  type Value,
  xor,
} from "./expressions.ts";
import { interpret } from "./interpret.ts";
import { Memory } from "./memory.ts";
import { program } from "./program.ts";
import type { Program } from "./statements.ts";
import { traceAccesses, type Visit } from "./trace.ts";
import { type Isa, isaRows } from "./x64/isa.ts";

const single = fc.oneof(
  fc.float({ noNaN: false }),
  fc.constantFrom(
    0,
    -0,
    1,
    -1,
    Number.NaN,
    Infinity,
    -Infinity,
    2 ** -149,
    -(2 ** -126),
    3.4028234663852886e38,
  ),
);

test("every operation gives the same bits on js, wasm and in the interpreter", () => {
  sameBitsEverywhere(16, (written, memory) => [
    compile(written, "js", memory, { arithmetic: "strict" }).call,
    compile(written, "wasm", memory, { arithmetic: "strict" }).call,
  ]);
});

/** Vector lengths of each level of x86-64 that this machine has. */
const nativeLevels = levelsHere().flatMap((isa) =>
  [16, 32, 64].filter((bytes) => bytes * 8 <= isaRows[isa].bits).map((bytes) => [isa, bytes] as const),
);

function levelsHere(): readonly Isa[] {
  const availability = nativeAvailability();
  if (!availability.available) return [];
  return availability.isa === "avx512" ? ["avx2", "avx512"] : ["avx2"];
}

test.for(nativeLevels)(
  "every operation gives the same bits on %s with vectors of %i bytes",
  ([isa, bytes]) => {
    sameBitsEverywhere(bytes, (written, memory) => [
      compile(written, "native", memory, { arithmetic: "strict", isa }).call,
    ]);
  },
);

test.runIf(nativeLevels.length === 0)("machine code cannot run here, which is said with its reason", () => {
  expect(() => compile(everything(16), "native", new Memory(4096))).toThrow(/Choose wasm/);
});

/** Runs the program of everything on random data: each of the kernels must leave what the interpreter leaves. */
function sameBitsEverywhere(
  vectorBytes: number,
  kernelsOf: (written: Program, memory: Memory) => ((...args: number[]) => void)[],
): void {
  const written = everything(vectorBytes);
  const memory = new Memory(2 ** 20);
  const elements = ["f32", "f64", "i32"] as const;
  const inputs = elements.map((element) => memory.allocate(element, everythingInputs(vectorBytes)));
  const outputs = elements.map((element) => memory.allocate(element, everythingOutputs(vectorBytes)));
  const args = [...inputs, ...outputs].map(({ address }) => address);
  const kernels = [...kernelsOf(written, memory), () => void interpret(written, memory, args)];
  const length = everythingInputs(vectorBytes);
  const values = (element: fc.Arbitrary<number>) =>
    fc.array(element, { minLength: length, maxLength: length });
  fc.assert(
    fc.property(values(single), values(fc.double()), values(fc.integer()), (...data) => {
      for (const [e, column] of data.entries()) inputs[e]?.view.set(column);
      const results = kernels.map((kernel) => {
        for (const { view } of outputs) view.fill(0);
        kernel(...args);
        return outputs.map(({ view }) => [...view]);
      });
      for (const result of results) expect(result).toEqual(results.at(-1));
    }),
    { numRuns: 60 },
  );
}

/** One step of a random program: an operation and three operands among the vectors that exist so far. */
type Step = readonly [number, number, number, number];

const operations: readonly ((a: Name, b: Name, c: Name, lanes: number) => Value)[] = [
  add,
  sub,
  mul,
  div,
  min,
  max,
  multiplyAdd,
  (a) => negate(a),
  (a) => abs(a),
  (a) => squareRoot(abs(a)),
  (a, b, c) => select(less(a, b), c, a),
  (a, b, c) => select(lessOrEqual(c, b), a, b),
  (a, _, __, lanes) => splat(sum(a), lanes),
  (a, b) => interleave("low", a, b),
  (a, b) => interleave("high", a, b),
  (a, b) => everySecond("even", a, b),
  (a, b) => everySecond("odd", a, b),
  (a, _, c, lanes) => add(splat(lane(a, lanes - 2), lanes), c),
  (a) => convert(convert(a, "i32"), "f32"),
  (a) => round(a),
  (a, b) => floor(min(a, b)),
  (a) => max(min(a, 100), -100),
  (a) => reinterpret(xor(reinterpret(select(equal(a, a), a, 0), "i32"), 0x00700001), "f32"),
];

const inputVectors = 4;
const passes = 3;

function randomProgram(steps: readonly Step[], lanes = 4): Program {
  return program("random", (b) => {
    const x = b.pointer("x", "f32");
    const out = b.pointer("out", "f32");
    const n = b.integer("n");
    const vectors = Array.from({ length: inputVectors }, (_, i) =>
      b.variable("v", load(at(x, i * lanes), lanes)),
    );
    const source = b.variable("source", x);
    b.loop("pass", 0, n, { unroll: 2 }, (pass) => {
      b.set(vectors[0] as Name, add(vectors[0] as Name, broadcast(at(source, pass), lanes)));
      b.set(source, advance(source, 1));
      for (const [operation, ...operands] of steps) {
        const [a, c, d] = operands.map((index) => vectors[index % vectors.length] as Name) as [
          Name,
          Name,
          Name,
        ];
        const apply = operations[operation % operations.length] as (typeof operations)[number];
        b.if(
          less(pass, operation % 4),
          () => b.set(d, apply(a, c, d, lanes)),
          () => b.set(a, b.let("t", apply(c, d, a, lanes))),
        );
      }
    });
    for (const [i, vector] of vectors.entries()) b.store(at(out, 0, i * lanes), vector);
  });
}

/** Random programs on random data: each kernel must leave what the interpreter leaves. */
function sameBitsOfRandomPrograms(
  lanes: number,
  kernelsOf: (written: Program, memory: Memory) => ((...args: number[]) => void)[],
): void {
  const memory = new Memory(65536);
  const x = memory.allocate("f32", inputVectors * lanes);
  const out = memory.allocate("f32", inputVectors * lanes);
  const step = fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99), fc.nat(99));
  const length = inputVectors * lanes;
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 12 }),
      fc.array(single, { minLength: length, maxLength: length }),
      (steps, data) => {
        x.view.set(data);
        const written = randomProgram(steps, lanes);
        const args = [x.address, out.address, passes];
        const results = kernelsOf(written, memory).map((kernel) => {
          kernel(...args);
          return [...out.view];
        });
        interpret(written, memory, args);
        for (const result of results) expect(result).toEqual([...out.view]);
      },
    ),
    { numRuns: 150 },
  );
}

test("random programs give the same bits on js, wasm and in the interpreter", () => {
  sameBitsOfRandomPrograms(4, (written, memory) =>
    (["js", "wasm"] as const).map(
      (target) => compile(written, target, memory, { arithmetic: "strict" }).call,
    ),
  );
});

test.for(nativeLevels)(
  "random programs give the same bits on %s with vectors of %i bytes",
  ([isa, bytes]) => {
    sameBitsOfRandomPrograms(bytes / 4, (written, memory) => [
      compile(written, "native", memory, { arithmetic: "strict", isa }).call,
    ]);
  },
);

test("0, infinity and NaN times a power of two stay what they are", () => {
  const memory = new Memory(65536);
  for (const element of ["f32", "f64"] as const) {
    const data = memory.allocate(element, 16);
    const cases = [0, -0, Infinity, -Infinity, Number.NaN];
    for (const [bytes, calls] of targetsHere())
      for (const lanes of [1, bytes / (element === "f32" ? 4 : 8)]) {
        const scaled = program("scaled", (b) => {
          const x = b.pointer("x", element);
          const k = b.integer("k");
          b.store(at(x), scale(load(at(x), lanes), splat(convert(k, element), lanes)));
        });
        const kernel = calls(scaled, memory);
        for (const k of [-250, -1, 0, 1, 250])
          for (const x of cases) {
            data.view.fill(x);
            kernel(data.address, k);
            expect([...data.view.slice(0, lanes)]).toEqual(Array(lanes).fill(x));
          }
      }
  }
});

/** Every way to run a program here, with the bytes of its vectors. */
function targetsHere(): [
  bytes: number,
  calls: (written: Program, memory: Memory) => (...args: number[]) => void,
][] {
  return [
    [16, (written, memory) => compile(written, "js", memory).call],
    [16, (written, memory) => compile(written, "wasm", memory).call],
    ...nativeLevels.map(([isa, bytes]): ReturnType<typeof targetsHere>[number] => [
      bytes,
      (written, memory) => compile(written, "native", memory, { isa }).call,
    ]),
  ];
}

test("the address trace is what the interpreter touches, in the same order", () => {
  const memory = new Memory(8192);
  const x = memory.allocate("f32", inputVectors * 4);
  const out = memory.allocate("f32", inputVectors * 4);
  const args = [x.address, out.address, passes];
  const written = randomProgram([
    [0, 1, 2, 3],
    [12, 0, 0, 1],
    [6, 3, 2, 1],
  ]);
  const collect = (run: (visit: Visit) => unknown): unknown[] => {
    const seen: unknown[] = [];
    run((...access) => seen.push(access));
    return seen;
  };
  const traced = collect((visit) => traceAccesses(written, args, visit));
  expect(traced).toEqual(collect((visit) => interpret(written, memory, args, visit)));
  expect(traced).toHaveLength(inputVectors + passes + inputVectors);
});

test("a trace is refused where data decide what is touched", () => {
  const indirect = program("indirect", (b) => {
    const x = b.pointer("x", "i32");
    b.store(at(x, load(at(x))), constant(1));
  });
  expect(() => traceAccesses(indirect, [64], () => {})).toThrow(/depends on what is loaded/);
});

test("fused and separate multiply-add differ by at most one rounding of the product", () => {
  const memory = new Memory(4096);
  const data = memory.allocate("f32", 16);
  const fma = program("fma", (b) => {
    const x = b.pointer("x", "f32");
    b.store(at(x, 12), multiplyAdd(load(at(x), 4), load(at(x, 4), 4), load(at(x, 8), 4)));
  });
  const fast = compile(fma, "wasm", memory);
  const strict = compile(fma, "wasm", memory, { arithmetic: "strict" });
  data.view.fill(Math.fround(0.1)).fill(-Math.fround(Math.fround(0.1) * Math.fround(0.1)), 8, 12);
  strict.call(data.address);
  expect([...data.view.slice(12)]).toEqual([0, 0, 0, 0]);
  fast.call(data.address);
  const error = Math.fround(0.1) ** 2 - Math.fround(Math.fround(0.1) ** 2);
  for (const value of data.view.slice(12)) expect([0, Math.fround(error)]).toContain(value);
});

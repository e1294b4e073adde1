/**
 * Operands as other programs leave them: transposed, with strides in both directions, column-major. The same product
 * must come out, and nothing that lies between the elements of C may change.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Memory } from "../codegen/memory.ts";
import { randomStream } from "../random.ts";
import type { GemmArguments } from "./arguments.ts";
import { createGemm } from "./gemm.ts";
import { differsFromReference, referenceGemm } from "./reference.ts";

const largest = { m: 33, n: 35, k: 37 };
const memory = new Memory(2 ** 21);
const gemm = createGemm({ variant: "packed-blocked", target: "wasm", memory, shape: largest });
const room = 3 * 40 * 3 * 40;
const [a, b, c] = [0, 1, 2].map(() => memory.allocate("f32", room)) as [Operand, Operand, Operand];
type Operand = ReturnType<typeof memory.allocate<"f32">>;

/** How a matrix lies: by rows or by columns, elements `step` apart, lines `gap` longer than they need to be. */
interface Layout {
  readonly byColumns: boolean;
  readonly step: number;
  readonly gap: number;
}

const layout: fc.Arbitrary<Layout> = fc.record({
  byColumns: fc.boolean(),
  step: fc.constantFrom(1, 1, 2, 3),
  gap: fc.nat(3),
});

function stridesOf({ byColumns, step, gap }: Layout, rows: number, columns: number): [number, number] {
  const line = (byColumns ? rows : columns) * step + gap;
  return byColumns ? [step, line] : [line, step];
}

/** The elements of a matrix, row by row. */
function gather(
  view: Float32Array,
  rows: number,
  columns: number,
  [stride, step]: [number, number],
): Float32Array {
  return Float32Array.from({ length: rows * columns }, (_, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns];
    return view[i * stride + j * step] as number;
  });
}

test("any layout of A, B and C gives the product of the same matrices laid out plainly", () => {
  const side = (most: number) => fc.integer({ min: 1, max: most });
  const problem = fc.record({
    m: side(largest.m),
    n: side(largest.n),
    k: side(largest.k),
    layouts: fc.tuple(layout, layout, layout),
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
    beta: fc.constantFrom(0, 1, 0.5),
    seed: fc.nat(),
  });
  fc.assert(
    fc.property(problem, ({ m, n, k, layouts, transposeA, transposeB, beta, seed }) => {
      const random = randomStream(seed);
      for (const { view } of [a, b, c]) for (let i = 0; i < room; i++) view[i] = 2 * random() - 1;
      const storedA = transposeA ? ([k, m] as const) : ([m, k] as const);
      const storedB = transposeB ? ([n, k] as const) : ([k, n] as const);
      const [sa, sb, sc] = [
        stridesOf(layouts[0], ...storedA),
        stridesOf(layouts[1], ...storedB),
        stridesOf(layouts[2], m, n),
      ];
      const flip = ([stride, step]: [number, number], flipped: boolean): [number, number] =>
        flipped ? [step, stride] : [stride, step];
      const plain = {
        ...{ m, n, k, beta },
        a: gather(a.view, m, k, flip(sa, transposeA)),
        b: gather(b.view, k, n, flip(sb, transposeB)),
        c: gather(c.view, m, n, sc),
      };
      const before = c.view.slice();
      const strides = { lda: sa[0], csa: sa[1], ldb: sb[0], csb: sb[1], ldc: sc[0], csc: sc[1] };
      const call: GemmArguments = { ...{ m, n, k, beta, transposeA, transposeB }, ...strides, ...addresses };
      gemm.run(call);
      expect(differsFromReference(referenceGemm(plain), gather(c.view, m, n, sc))).toBeNull();
      const owned = new Set<number>();
      for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) owned.add(i * sc[0] + j * sc[1]);
      for (const [at, value] of c.view.entries())
        if (!owned.has(at) && value !== before[at]) expect.fail(`wrote between the elements of C at ${at}`);
    }),
    { numRuns: 150 },
  );
});

const addresses = { a: a.address, b: b.address, c: c.address };

test("strides that would put two elements in one place are refused, and so are strides of a variant without packing", () => {
  const call = { m: 4, n: 4, k: 4, ...addresses };
  expect(() => gemm.run({ ...call, csc: 2, ldc: 4 })).toThrow(/expected ldc to be at least the row length 7/);
  expect(() => gemm.run({ ...call, csa: 0 })).toThrow(/lda|csa/);
  expect(() => gemm.run({ ...call, csb: 1.5 })).toThrow(/csb to be a whole number/);
  const plain = createGemm({ variant: "naive-ijk", target: "js", memory, shape: call });
  expect(() => plain.run({ ...call, transposeA: true })).toThrow(/Choose a packed variant/);
});

test("a column-major C larger than a block finds room for the panels of its transpose", () => {
  const shape = { m: 62, n: 121, k: 380 };
  const { m, n, k } = shape;
  const own = new Memory(2 ** 21);
  const [left, right, out] = [m * k, k * n, m * n].map((length) => own.allocate("f32", length)) as [
    Operand,
    Operand,
    Operand,
  ];
  const random = randomStream(5);
  for (const { view } of [left, right]) for (let i = 0; i < view.length; i++) view[i] = 2 * random() - 1;
  const at = { a: left.address, b: right.address, c: out.address };
  createGemm({ variant: "packed-blocked", target: "wasm", memory: own, shape }).run({
    ...{ ...shape, ...at, ldc: 1, csc: m },
  });
  const expected = referenceGemm({ ...shape, a: left.view, b: right.view });
  expect(differsFromReference(expected, gather(out.view, m, n, [1, m]))).toBeNull();
});

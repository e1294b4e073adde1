/** Products with turned operands: the way that is chosen, and the numbers of every way. */
import { describe, expect, it } from "vitest";
import { Memory } from "../../codegen/memory.ts";
import { differsFromReference, referenceGemm } from "../../gemm/reference.ts";
import { nativeAvailability } from "../../native/availability.ts";
import { randomStream } from "../../random.ts";
import { createProduct, type ProductWay, productWay } from "./product.ts";

/** A layer's forward pass, with few and with many rows, its weights' gradient, and small ones. */
const products: readonly (readonly [ProductWay, boolean, boolean, number, number, number])[] = [
  ["turn-result", false, true, 16, 200, 190],
  ["turn-b", false, true, 130, 33, 20],
  ["turn-a", true, false, 20, 70, 50],
  ["turn-a", true, false, 64, 32, 65],
  ["as-stored", true, false, 300, 40, 70],
  ["as-stored", true, true, 30, 40, 50],
  ["as-stored", false, false, 30, 40, 50],
];

describe.skipIf(!nativeAvailability().available)("a product in machine code", () => {
  it.each(products)("%s, transposed: %s and %s, %dx%dx%d", (way, transposeA, transposeB, m, n, k) => {
    const shape = { m, n, k };
    expect(productWay(shape, transposeA, transposeB)).toBe(way);
    const memory = new Memory(2 ** 22);
    const random = randomStream(3);
    const [a, b, c] = [m * k, k * n, m * n].map((size) => memory.allocate("f32", size)) as [
      ReturnType<Memory["allocate"]>,
      ReturnType<Memory["allocate"]>,
      ReturnType<Memory["allocate"]>,
    ];
    for (const { view } of [a, b]) for (let i = 0; i < view.length; i++) view[i] = random() - 0.5;
    const product = createProduct({ shape, transposeA, transposeB, element: "f32", memory, threads: 1 });
    c.view.fill(Number.NaN);
    product({ a: a.address, b: b.address, c: c.address });
    const plain = (view: ArrayLike<number>, rows: number, columns: number, turned: boolean): Float32Array =>
      Float32Array.from({ length: rows * columns }, (_, at) => {
        const [row, column] = [Math.floor(at / columns), at % columns];
        return view[turned ? column * rows + row : at] as number;
      });
    const operands = { a: plain(a.view, m, k, transposeA), b: plain(b.view, k, n, transposeB) };
    expect(differsFromReference(referenceGemm({ ...shape, ...operands }), c.view as Float32Array)).toBeNull();
  });
});

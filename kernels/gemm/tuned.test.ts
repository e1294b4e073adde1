import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Memory } from "../codegen/memory.ts";
import { nativeAvailability } from "../native/availability.ts";
import type { NativeIsa } from "../native/cpu-features.ts";
import { createGemm, gemmText } from "./gemm.ts";
import { outerOrders } from "./loops/any-order.ts";
import { differsFromReference, referenceGemm } from "./reference.ts";
import { blockingOfId, inPlace, type TunedBlocking, tunedId } from "./tuned.ts";
import { planGemm } from "./variants.ts";

const small = fc.integer({ min: 1, max: 6 });
const blockings: fc.Arbitrary<TunedBlocking> = fc
  .tuple(
    small,
    small,
    small,
    small,
    fc.integer({ min: 1, max: 20 }),
    fc.constantFrom(1, 2, 4, 8),
    fc.boolean(),
    fc.constantFrom(0, 1, 16),
    fc.boolean(),
  )
  .chain(([mr, vectors, tilesDown, tilesAcross, kc, unroll, prefetch, ahead, packed]) =>
    fc.constantFrom(...outerOrders).map((order) => {
      const tile = { mr, nr: 4 * vectors, vectorBits: 128, ahead };
      return packed
        ? { ...tile, mc: mr * tilesDown, nc: tile.nr * tilesAcross, kc, unroll, order, prefetch, packed }
        : { ...tile, mc: mr, nc: tile.nr, ...inPlace };
    }),
  );

/** Runs a plan on the operands and says what differs from the reference, which is the same for all. */
function productOf(target: "js" | "native", isa?: NativeIsa): (blocking: TunedBlocking) => string | null {
  const memory = new Memory(1 << 22);
  const shape = { m: 23, n: 29, k: 31 };
  const [a, b, c] = [23 * 31, 31 * 29, 23 * 29].map((room) => memory.allocate("f32", room));
  if (!a || !b || !c) throw new Error("three operands were expected");
  for (const { view } of [a, b]) for (let i = 0; i < view.length; i++) view[i] = Math.sin(1 + i * i);
  const expected = referenceGemm({ ...shape, a: a.view, b: b.view });
  return (blocking) => {
    c.view.fill(Number.NaN);
    createGemm({ variant: tunedId(blocking), target, memory, shape, ...(isa && { isa }) }).run({
      ...shape,
      ...{ a: a.address, b: b.address, c: c.address },
    });
    return differsFromReference(expected, c.view);
  };
}

describe("the id of a tuned plan", () => {
  it("says everything about its blocking", () => {
    fc.assert(
      fc.property(blockings, (blocking) => {
        expect(blockingOfId(tunedId(blocking))).toEqual(blocking);
      }),
    );
  });

  it.each([
    "tuned-6x8v128-mc95-nc1024-kc512-u4-jpi",
    "tuned-6x8v128-mc96-nc1020-kc512-u4-jpi",
    "tuned-6x6v128-mc96-nc1020-kc512-u4-jpi",
    "tuned-6x8v128-mc96-nc1024-kc512-u3-jpi",
    "tuned-6x8v128-mc96-nc1024-kc0-u4-jpi",
    "tuned-60x80v128-mc60-nc80-kc512-u4-jpi",
  ])("is refused where it names no plan: %s", (id) => {
    expect(() => planGemm(id)).toThrow(/whole tiles/);
  });
});

it("multiplies right whatever the blocks and the order of the outer loops, packed or in place", () => {
  const product = productOf("js");
  fc.assert(
    fc.property(blockings, (blocking) => {
      expect(product(blocking)).toBeNull();
    }),
    { numRuns: 60 },
  );
});

describe.runIf(nativeAvailability().available)("as machine code", () => {
  it.each(["tuned-6x16v256-mc12-nc32-kc8-u4-jpi-prefetch-ahead16", "tuned-6x16v256-inplace-ahead4"])(
    "%s asks for lines ahead and multiplies right, beyond the ends of its operands too",
    (id) => {
      const blocking = blockingOfId(id);
      if (!blocking) throw new Error(`no plan: ${id}`);
      const asked = (given: TunedBlocking): number =>
        gemmText(tunedId(given), "native", { isa: "avx2" }).match(/prefetcht0/g)?.length ?? 0;
      expect(asked(blocking)).toBeGreaterThan(asked({ ...blocking, ahead: 0 }));
      expect(productOf("native", "avx2")(blocking)).toBeNull();
    },
  );
});

it("computes the same bits in every order of the outer loops", () => {
  const shape = { m: 17, n: 21, k: 33 };
  const results = outerOrders.map((order) => {
    const memory = new Memory(1 << 16);
    const [a, b, c] = [17 * 33, 33 * 21, 17 * 21].map((room) => memory.allocate("f32", room));
    if (!a || !b || !c) throw new Error("three operands were expected");
    for (const { view } of [a, b]) for (let i = 0; i < view.length; i++) view[i] = Math.cos(i * i);
    const id = tunedId({
      ...{
        mr: 3,
        nr: 4,
        vectorBits: 128,
        mc: 6,
        nc: 8,
        kc: 10,
        unroll: 2,
        order,
        prefetch: false,
        packed: true,
        ahead: 0,
      },
    });
    const gemm = createGemm({ variant: id, target: "wasm", memory, shape, arithmetic: "strict" });
    gemm.run({ ...shape, a: a.address, b: b.address, c: c.address });
    return [...c.view];
  });
  for (const result of results) expect(result).toEqual(results[0]);
});

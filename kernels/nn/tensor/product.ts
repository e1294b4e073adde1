/**
 * Which way a product with turned operands is computed in fast machine code. Tiles that read operands where they lie are
 * the fastest, and want contiguous rows; turning a small operand over costs less than packing a large one. Measured on
 * Zen 5: 128x1200x1200 with B turned took 5.0 ms packed, 2.3 ms with B copied, 1.8 ms as the product of the other side.
 */
import type { Memory } from "../../codegen/memory.ts";
import type { GemmArguments, GemmShape, Real } from "../../gemm/arguments.ts";
import { createGemm, type GemmOptions } from "../../gemm/gemm.ts";
import { kernelIsa } from "../../gemm/machines.ts";
import { planGemm } from "../../gemm/variants.ts";
import { settingOf } from "../operation.ts";
import { transposed } from "../programs/transpose.ts";

export interface ProductOptions {
  readonly shape: GemmShape;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly element: Real;
  readonly memory: Memory;
  readonly threads: number;
}

/** Dense operands by address, of the shape that it was made for. */
export type ProductOperands = Pick<GemmArguments, "a" | "b" | "c">;

/** Rows up to which turning A over is less work than packing B. */
const fewRows = 32;

/** How a product with turned operands becomes one without. */
export type ProductWay = "as-stored" | "turn-a" | "turn-b" | "turn-result";

/**
 * `turn-result`: C^T = B A^T, where B is stored as it is wanted there, for a B larger than A and C together.
 */
export function productWay({ m, n, k }: GemmShape, transposeA: boolean, transposeB: boolean): ProductWay {
  if (transposeA === transposeB) return "as-stored";
  if (transposeA) return m <= fewRows || m * k <= smallOperand ? "turn-a" : "as-stored";
  return m * (n + k) < n * k ? "turn-result" : "turn-b";
}

/** Elements that are turned over within the second-level cache, where no stride is a bad one. */
const smallOperand = 2 ** 14;

/** A product of this shape, made once. Its workspace is allocated here. */
export function createProduct(options: ProductOptions): (operands: ProductOperands) => void {
  const { shape, transposeA, transposeB, element, memory, threads } = options;
  const { m, n, k } = shape;
  const base = { target: "native", element, memory, threads } as const;
  const anyStride = (sides: GemmShape): boolean => {
    return planGemm("auto", element, kernelIsa("native"), sides).anyStride === true;
  };
  const product = (sides: GemmShape, variant: GemmOptions["variant"] = "auto") =>
    createGemm({ ...base, variant, shape: sides });
  const way = productWay(shape, transposeA, transposeB);
  const plain = !transposeA && !transposeB;
  const sides = way === "turn-result" ? { m: n, n: m, k } : shape;
  if (way === "as-stored" || anyStride(sides)) {
    const gemm = product(shape, plain ? "auto" : "packed-blocked");
    return (operands) => gemm.run({ ...shape, ...operands, transposeA, transposeB });
  }
  const gemm = product(sides);
  const turn = settingOf({ target: "native", memory, element }).kernel(transposed);
  const room = (length: number): number => memory.room(element, length);
  if (way === "turn-result") {
    const [turnedA, turnedC] = [room(m * k), room(m * n)];
    return ({ a, b, c }) => {
      turn(m, k, a, turnedA);
      gemm.run({ ...sides, a: b, b: turnedA, c: turnedC });
      turn(n, m, turnedC, c);
    };
  }
  const copy = room(way === "turn-a" ? m * k : n * k);
  return ({ a, b, c }) => {
    if (way === "turn-a") turn(k, m, a, copy);
    else turn(n, k, b, copy);
    gemm.run({ ...shape, a: way === "turn-a" ? copy : a, b: way === "turn-b" ? copy : b, c });
  };
}

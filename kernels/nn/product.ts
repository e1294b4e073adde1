/**
 * One product of a layer, C = A B + beta C where A or B lies turned over. The plan of GEMM that suits the shape may want
 * contiguous rows: then the operand is turned over into a workspace first, which costs one pass over it.
 */
import { createGemm, type GemmOptions } from "../gemm/gemm.ts";
import { kernelIsa } from "../gemm/machines.ts";
import { planGemm } from "../gemm/variants.ts";
import type { Setting } from "./operation.ts";
import { transposed } from "./programs/transpose.ts";

export interface ProductOptions extends Pick<GemmOptions, "shape" | "threads"> {
  /** Which operand is stored turned over: A as k x m, or B as n x k. */
  readonly turned?: "a" | "b";
}

export interface Product {
  /** Dense operands by byte address; beta is 0 or 1. */
  run(a: number, b: number, c: number, beta?: number): void;
  release(): void;
}

/** A product of this shape. Its workspace is allocated here, so that it may outlive marks that are set later. */
export function createProduct(setting: Setting, { shape, threads, turned }: ProductOptions): Product {
  const { options, memory, element } = setting;
  const { m, n, k } = shape;
  const gemm = createGemm({ ...options, element, shape, variant: "auto", ...(threads ? { threads } : {}) });
  const run = (a: number, b: number, c: number, beta = 0, asStored = false): void =>
    gemm.run({
      ...{ m, n, k, a, b, c, beta },
      ...(asStored ? { transposeA: turned === "a", transposeB: turned === "b" } : {}),
    });
  const release = (): void => gemm.release();
  const isa = kernelIsa(options.target, options.isa);
  if (!turned) return { run, release };
  if (planGemm("auto", element, isa, shape).anyStride)
    return { run: (a, b, c, beta) => run(a, b, c, beta, true), release };
  const copy = memory.allocate(element, turned === "a" ? k * m : n * k).address;
  const turn = setting.kernel(transposed);
  return {
    run(a, b, c, beta) {
      if (turned === "a") turn(k, m, a, copy);
      else turn(n, k, b, copy);
      if (turned === "a") run(copy, b, c, beta);
      else run(a, copy, c, beta);
    },
    release,
  };
}

/** Products by name: the workloads of the GEMM experiments. Light, for plans and rules. */
import type { GemmShape } from "./arguments.ts";

/** The workload of an n x n x n product, as the field writes it. */
export function cube(n: number): string {
  return `${n}x${n}x${n}`;
}

/** n of a workload made by `cube`. */
export function sideOf(workload: string): number {
  const side = /^(\d+)x\1x\1$/.exec(workload)?.[1];
  if (!side) throw new RangeError(`expected a workload such as 512x512x512; found ${workload}`);
  return Number(side);
}

/** The shape of an n x n x n product. */
export function cubeShape(n: number): GemmShape {
  return { m: n, n, k: n };
}

/** Shape of a workload `MxNxK`: A is M x K, B is K x N. @throws RangeError for any other name */
export function shapeOf(workload: string): GemmShape {
  const [m, n, k] = /^([1-9]\d*)x([1-9]\d*)x([1-9]\d*)$/.exec(workload)?.slice(1).map(Number) ?? [];
  if (m && n && k) return { m, n, k };
  throw new RangeError(`expected a workload MxNxK such as 300x500x700; found ${workload}`);
}

/** The side of the cube with as many multiply-adds: what decides how long a product takes. */
export function equivalentSide({ m, n, k }: GemmShape): number {
  return Math.cbrt(m * n * k);
}

/** Square products by name: the workloads of the GEMM experiments. Light, for plans and rules. */

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
export function cubeShape(n: number): { readonly m: number; readonly n: number; readonly k: number } {
  return { m: n, n, k: n };
}

/**
 * The three outer of the five loops around the micro-kernel (Goto & van de Geijn 2008; Van Zee & van de Geijn 2015,
 * figure 1): columns by nc, the sum by kc with packing of B, rows by mc with packing of A; the other two are in the
 * macro-kernel. One level of blocking is the same with mc and nc as large as the matrix.
 */
import { bytesOf } from "../codegen/expressions.ts";
import type { GemmCall, GemmShape, Real } from "./arguments.ts";
import type { Blocking } from "./machines.ts";
import type { Calls, GemmPlan } from "./plan.ts";
import { macroKernelProgram } from "./programs/macro-kernel.ts";
import { packAProgram, packBProgram } from "./programs/pack.ts";

/** The plan of a packed and blocked GEMM; `mc` and `nc` may be Infinity (one level), `unroll` is the micro-kernel's. */
export function packedPlan(
  variant: string,
  element: Real,
  blocking: Blocking,
  lanes: number,
  unroll?: number,
): GemmPlan {
  const { mr, nr } = blocking;
  return {
    variant,
    element,
    grain: { rows: mr, columns: nr },
    programs: {
      macro: macroKernelProgram({ mr, nr, lanes }, element, unroll),
      packA: packAProgram(mr, element, lanes),
      packB: packBProgram(nr, element, lanes),
    },
    workspace: (largest) => {
      const { sizeA, sizeB } = panels(largest, blocking);
      return sizeA + sizeB + mr * nr;
    },
    multiply: (calls, call, workspace, largest) => {
      const { sizeA, sizeB } = panels(largest, blocking);
      const bytes = bytesOf[element];
      const packedA = workspace;
      const packedB = packedA + sizeA * bytes;
      fiveLoops(calls, call, blocking, { packedA, packedB, edge: packedB + sizeB * bytes, bytes });
    },
  };
}

const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;

/** Elements of the packed block of A and of B, each up to whole panels and whole cache lines. */
function panels(largest: GemmShape, { mr, nr, mc, nc, kc }: Blocking): { sizeA: number; sizeB: number } {
  const depth = Math.min(kc, largest.k);
  return {
    sizeA: roundUp(roundUp(Math.min(mc, largest.m), mr) * depth, 16),
    sizeB: roundUp(roundUp(Math.min(nc, largest.n), nr) * depth, 16),
  };
}

interface Buffers {
  readonly packedA: number;
  readonly packedB: number;
  readonly edge: number;
  readonly bytes: number;
}

function fiveLoops(calls: Calls, call: GemmCall, { mc, nc, kc }: Blocking, buffers: Buffers): void {
  const { m, n, k, alpha, a, lda, b, ldb, c, ldc } = call;
  const { packedA, packedB, edge, bytes } = buffers;
  const { macro, packA, packB } = calls as Record<"macro" | "packA" | "packB", (...args: number[]) => void>;
  for (let jc = 0; jc < n; jc += nc) {
    const columns = Math.min(nc, n - jc);
    for (let pc = 0; pc < k; pc += kc) {
      const depth = Math.min(kc, k - pc);
      packB(depth, columns, b + (pc * ldb + jc) * bytes, ldb, packedB);
      for (let ic = 0; ic < m; ic += mc) {
        const rows = Math.min(mc, m - ic);
        packA(rows, depth, a + (ic * lda + pc) * bytes, lda, packedA);
        macro(rows, columns, depth, alpha, packedA, packedB, c + (ic * ldc + jc) * bytes, ldc, edge);
      }
    }
  }
}

/**
 * The macro-kernel: the two innermost blocked loops (jr over panels of B, ir over panels of A) around one register
 * micro-kernel, all in one program, so that a call does megaflops and the cost of calling vanishes.
 *
 * Assumptions: A and B are packed (programs/pack.ts), short panels filled up with zeros; accumulators, one row of B
 * and one broadcast of A fit the vector registers (mr * nr / lanes + nr / lanes + 1 <= 15 in V8, <= 16 with AVX2);
 * a panel of B (kc * nr) stays in L1 over the ir loop, the block of A (mc * kc) in L2 over the jr loop.
 */
import {
  add,
  advance,
  and,
  at,
  broadcast,
  constant,
  greaterOrEqual,
  load,
  min,
  mul,
  multiplyAdd,
  type Name,
  type PointerName,
  splat,
  sub,
  type Value,
} from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import type { Real } from "../arguments.ts";
import { addTile, type Tile } from "./register-tile.ts";

/** Steps of k in one pass of the innermost loop, a power of two: enough that its counting costs little, few enough to stay in L1i. */
export const kUnroll = 4;

/**
 * Parameters `(mc, nc, kc, alpha, a, b, c, ldc, edge)`: C += alpha * packed A * packed B for an mc x nc block of C.
 * `edge` is room for one tile (mr * nr), in which tiles at the border are formed before their valid part is added.
 * @param unroll steps of k in one pass of the innermost loop; a power of two
 */
export function macroKernelProgram(tile: Tile, element: Real, unroll = kUnroll): Program {
  const { mr, nr, lanes } = tile;
  return program(`micro-${mr}x${nr}-${element}`, (b) => {
    const mc = b.integer("mc");
    const nc = b.integer("nc");
    const kc = b.integer("kc");
    const alpha = b.scalar("alpha", element);
    const packedA = b.pointer("a", element);
    const packedB = b.pointer("b", element);
    const c = b.pointer("c", element);
    const ldc = b.integer("ldc");
    const edge = b.pointer("edge", element);
    b.loop("jr", 0, nc, { step: nr }, (jr) => {
      const panelB = b.let("panelB", advance(packedB, mul(jr, kc)));
      b.loop("ir", 0, mc, { step: mr }, (ir) => {
        const a = b.variable("ap", advance(packedA, mul(ir, kc)));
        const sums = microKernel(b, tile, a, b.variable("bp", panelB), kc, unroll);
        const firstC = b.let("cTile", advance(c, add(mul(ir, ldc), jr)));
        b.comment("a whole tile is added where it belongs, one at the border by way of the edge buffer");
        b.if(
          greaterOrEqual(min(sub(mc, add(ir, mr)), sub(nc, add(jr, nr))), 0),
          () => addTile(b, firstC, ldc, b.let("alphaLanes", splat(alpha, lanes)), sums, lanes),
          () => addEdge(b, tile, { firstC, ldc, alpha, edge, sums, rows: sub(mc, ir), columns: sub(nc, jr) }),
        );
      });
    });
  });
}

/** The innermost loop: mr x nr sums over kc, operands read front to back. */
function microKernel(
  b: ProgramBuilder,
  tile: Tile,
  a: PointerName,
  bp: PointerName,
  kc: Name,
  unroll: number,
): Name[][] {
  const { mr, nr, lanes } = tile;
  const vectors = nr / lanes;
  const sums = Array.from({ length: mr }, (_, r) =>
    Array.from({ length: vectors }, (_, v) =>
      b.variable(`c${r}v${v}`, constant(0, { element: a.element, lanes })),
    ),
  );
  const step = (copy: number): void => {
    const row = Array.from({ length: vectors }, (_, v) =>
      b.let(`b${v}`, load(at(bp, 0, copy * nr + v * lanes), lanes)),
    );
    for (const [r, accumulators] of sums.entries()) {
      const factor = b.let(`a${r}`, broadcast(at(a, 0, copy * mr + r), lanes));
      for (const [v, sum] of accumulators.entries()) b.set(sum, multiplyAdd(factor, row[v] as Name, sum));
    }
  };
  const pass = (copies: number) => (): void => {
    for (let copy = 0; copy < copies; copy++) step(copy);
    b.set(a, advance(a, copies * mr));
    b.set(bp, advance(bp, copies * nr));
  };
  b.loop("p", 0, b.let("kWhole", and(kc, -unroll)), { step: unroll }, pass(unroll));
  if (unroll > 1) b.loop("p", 0, b.let("kRest", and(kc, unroll - 1)), {}, pass(1));
  return sums;
}

interface Edge {
  readonly firstC: PointerName;
  readonly ldc: Name;
  readonly alpha: Name;
  readonly edge: PointerName;
  readonly sums: readonly (readonly Name[])[];
  /** What is left of the block; tiles inside have more than they need. */
  readonly rows: Value;
  readonly columns: Value;
}

/** Writes the whole tile to the edge buffer, then adds the part of it that belongs to C. */
function addEdge(b: ProgramBuilder, { mr, nr, lanes }: Tile, parts: Edge): void {
  const { firstC, ldc, alpha, edge } = parts;
  for (const [r, row] of parts.sums.entries())
    for (const [v, sum] of row.entries()) b.store(at(edge, 0, r * nr + v * lanes), sum);
  const rows = b.let("rows", min(parts.rows, mr));
  const columns = b.let("columns", min(parts.columns, nr));
  b.loop("i", 0, rows, {}, (i) => {
    const rowC = b.let("rowC", advance(firstC, mul(i, ldc)));
    const rowEdge = b.let("rowEdge", advance(edge, mul(i, nr)));
    b.loop("j", 0, columns, {}, (j) =>
      b.store(at(rowC, j), multiplyAdd(alpha, load(at(rowEdge, j)), load(at(rowC, j)))),
    );
  });
}

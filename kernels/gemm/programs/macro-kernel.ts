/**
 * The macro-kernel: the second loop around the micro-kernel (jr, over panels of B) and the first (ir, over panels of A),
 * all in one program, so that a call does megaflops and the cost of calling vanishes.
 *
 * Assumptions: A and B are packed (pack.ts), short panels filled up with zeros; a panel of B (kc * nr) stays in L1 over
 * the ir loop, the block of A (mc * kc) in L2 over the jr loop.
 */
import {
  add,
  advance,
  at,
  greaterOrEqual,
  min,
  mul,
  type Name,
  type PointerName,
  sub,
} from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import type { Real } from "../arguments.ts";
import { depthUnroll, microKernel } from "./micro-kernel.ts";
import type { Tile } from "./register-tile.ts";
import { type Destination, type Edges, writeBufferedTile, writeMaskedTile, writeRows } from "./write-tile.ts";

export interface MacroKernelOptions {
  /** Steps of k in one pass of the innermost loop; a power of two (default: by the tile). */
  readonly unroll?: number | undefined;
  /** Steps of k by which lines of the packed panels are asked for ahead (default: none). */
  readonly ahead?: number | undefined;
  /** How tiles at the border are written (default: by way of a buffer, which every target can). */
  readonly edges?: Edges | undefined;
  /** Whether the lines of C that a tile will change are asked for before its sum begins. */
  readonly prefetch?: boolean | undefined;
}

interface Block {
  readonly mc: Name;
  readonly nc: Name;
  readonly kc: Name;
  readonly a: PointerName;
  readonly b: PointerName;
  readonly c: PointerName;
  readonly ldc: Name;
  readonly csc?: Name | undefined;
  readonly alpha: Name;
  readonly overwrite: Name;
  readonly edge: PointerName;
}

/**
 * Parameters `(mc, nc, kc, alpha, overwrite, a, b, c, ldc, edge)`: an mc x nc block of C becomes alpha * packed A *
 * packed B, which is added to it where `overwrite` is 0. `edge` is room for one tile (mr * nr).
 */
export function macroKernelProgram(tile: Tile, element: Real, options: MacroKernelOptions = {}): Program {
  const { mr, nr } = tile;
  const { edges = "buffer" } = options;
  return program(`micro-${mr}x${nr}-${element}`, (b) => {
    const block = blockParameters(b, element, false);
    const border = edges === "masks" ? writeMaskedTile : writeBufferedTile;
    everyTile(b, tile, block, options, (sums, to) => {
      b.comment("a whole tile goes where it belongs at once, one at the border by the lanes that it has");
      b.if(
        greaterOrEqual(min(sub(to.rows, mr), sub(to.columns, nr)), 0),
        () => writeRows(b, tile.lanes, sums, to),
        () => border(b, tile, sums, to),
      );
    });
  });
}

/**
 * Parameters `(mc, nc, kc, alpha, overwrite, a, b, c, ldc, csc, edge)`: as above for a C whose columns do not lie side
 * by side, `csc` elements from one to the next; every tile goes by way of the buffer.
 */
export function scatteringMacroKernelProgram(tile: Tile, element: Real): Program {
  return program(`micro-${tile.mr}x${tile.nr}-${element}-scattered`, (b) => {
    const block = blockParameters(b, element, true);
    everyTile(b, tile, block, {}, (sums, to) => writeBufferedTile(b, tile, sums, to));
  });
}

function blockParameters(b: ProgramBuilder, element: Real, scattered: boolean): Block {
  return {
    mc: b.integer("mc"),
    nc: b.integer("nc"),
    kc: b.integer("kc"),
    alpha: b.scalar("alpha", element),
    overwrite: b.integer("overwrite"),
    a: b.pointer("a", element),
    b: b.pointer("b", element),
    c: b.pointer("c", element),
    ldc: b.integer("ldc"),
    csc: scattered ? b.integer("csc") : undefined,
    edge: b.pointer("edge", element),
  };
}

/** The two loops and the micro-kernel; `write` gets its sums and where they belong. */
function everyTile(
  b: ProgramBuilder,
  tile: Tile,
  block: Block,
  { unroll = depthUnroll(tile), prefetch = false, ahead = 0 }: MacroKernelOptions,
  write: (sums: Name[][], to: Destination) => void,
): void {
  const { mr, nr } = tile;
  const { mc, nc, kc, ldc, csc } = block;
  const column = (j: Name): Name => (csc ? b.let("firstColumn", mul(j, csc)) : j);
  b.loop("jr", 0, nc, { step: nr }, (jr) => {
    const panelB = b.let("panelB", advance(block.b, mul(jr, kc)));
    b.loop("ir", 0, mc, { step: mr }, (ir) => {
      const firstC = b.let("cTile", advance(block.c, add(mul(ir, ldc), column(jr as Name))));
      if (prefetch) prefetchTile(b, tile, firstC, ldc);
      const a = b.variable("ap", advance(block.a, mul(ir, kc)));
      const sums = microKernel(b, tile, a, b.variable("bp", panelB), kc, { unroll, ahead });
      const { alpha, overwrite, edge } = block;
      const rows = b.let("rowsLeft", sub(mc, ir));
      const columns = b.let("columnsLeft", sub(nc, jr));
      write(sums, { firstC, ldc, csc, alpha, overwrite, edge, rows, columns });
    });
  });
}

/** Elements of an f32 line, the shorter distance: asking twice for one line costs next to nothing. */
const lineElements = 16;

function prefetchTile(b: ProgramBuilder, { mr, nr }: Tile, firstC: PointerName, ldc: Name): void {
  const rowC = b.variable("ahead", firstC);
  for (let r = 0; r < mr; r++) {
    for (let j = 0; j < nr; j += lineElements) b.prefetch(at(rowC, 0, j));
    b.set(rowC, advance(rowC, ldc));
  }
}

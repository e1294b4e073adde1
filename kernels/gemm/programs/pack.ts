/**
 * Packing: a block is copied once into the order in which the micro-kernel will read it many times, so that every
 * access there is to the next address. Panels of A are MR rows, of B NR columns; a short last panel is filled up with
 * zeros, so that the micro-kernel knows no edge (Goto & van de Geijn 2008, section 4.2).
 */
import {
  add,
  advance,
  and,
  at,
  constant,
  interleave,
  lessOrEqual,
  load,
  min,
  mul,
  type Name,
  type PointerName,
  sub,
  type Value,
} from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import type { Real } from "../arguments.ts";

/**
 * Parameters `(mc, kc, a, lda, packed)`: the mc x kc block at `a` into panels of `mr` rows, each column by column.
 * `packed` has room for ceil(mc / mr) * mr * kc elements.
 */
export function packAProgram(mr: number, element: Real, lanes: number): Program {
  return program(`pack-a-${mr}-${element}`, (b) => {
    const mc = b.integer("mc");
    const kc = b.integer("kc");
    const a = b.pointer("a", element);
    const lda = b.integer("lda");
    const packed = b.pointer("packed", element);
    b.loop("ir", 0, mc, { step: mr }, (ir) => {
      const panel = b.variable("panel", advance(packed, mul(ir, kc)));
      const first = b.let("first", advance(a, mul(ir, lda)));
      b.if(
        lessOrEqual(add(ir, mr), mc),
        () => {
          const rows = Array.from({ length: mr }, (_, r) => b.let(`row${r}`, advance(first, mul(lda, r))));
          b.loop("p", 0, b.let("whole", and(kc, -lanes)), { step: lanes }, (p) => {
            packColumns(b, rows, p, panel, lanes);
            b.set(panel, advance(panel, lanes * mr));
          });
          b.loop("p", and(kc, -lanes), kc, {}, (p) => {
            for (const [r, row] of rows.entries()) b.store(at(panel, 0, r), load(at(row, p)));
            b.set(panel, advance(panel, mr));
          });
        },
        () => {
          const rest = b.let("rest", sub(mc, ir));
          b.loop("p", 0, kc, {}, (p) => {
            b.loop("r", 0, rest, {}, (r) => b.store(at(panel, r), load(at(first, add(mul(r, lda), p)))));
            fillUp(b, panel, rest, mr, element);
            b.set(panel, advance(panel, mr));
          });
        },
      );
    });
  });
}

/** Columns p … p + lanes - 1 of all rows to the panel: squares of lanes x lanes by transposing, the rest singly. */
function packColumns(
  b: ProgramBuilder,
  rows: readonly PointerName[],
  p: Value,
  panel: PointerName,
  lanes: number,
): void {
  const square = lanes > 1 ? rows.length - (rows.length % lanes) : 0;
  for (let r = 0; r < square; r += lanes) {
    const loaded = rows.slice(r, r + lanes).map((row, l) => b.let(`v${l}`, load(at(row, p), lanes)));
    for (const [column, vector] of transpose(b, loaded).entries())
      b.store(at(panel, 0, column * rows.length + r), vector);
  }
  for (const [r, row] of rows.entries())
    if (r >= square)
      for (let column = 0; column < lanes; column++)
        b.store(at(panel, 0, column * rows.length + r), load(at(row, p, column)));
}

/** Rows to columns by log2(lanes) rounds of interleaving a vector with the one half the square away. */
function transpose(b: ProgramBuilder, rows: readonly Name[]): readonly Name[] {
  const half = rows.length / 2;
  let vectors = rows;
  for (let round = 1; round < rows.length; round *= 2) {
    const pairs = vectors.slice(0, half).map((low, i) => [low, vectors[i + half] as Name] as const);
    vectors = pairs.flatMap(([left, right]) => [
      b.let("low", interleave("low", left, right)),
      b.let("high", interleave("high", left, right)),
    ]);
  }
  return vectors;
}

/**
 * Parameters `(kc, nc, b, ldb, packed)`: the kc x nc block at `b` into panels of `nr` columns, each row by row.
 * `packed` has room for kc * ceil(nc / nr) * nr elements.
 */
export function packBProgram(nr: number, element: Real, lanes: number): Program {
  return program(`pack-b-${nr}-${element}`, (b) => {
    const kc = b.integer("kc");
    const nc = b.integer("nc");
    const source = b.pointer("b", element);
    const ldb = b.integer("ldb");
    const packed = b.pointer("packed", element);
    b.loop("jr", 0, nc, { step: nr }, (jr) => {
      const panel = b.variable("panel", advance(packed, mul(jr, kc)));
      const row = b.variable("row", advance(source, jr));
      const next = (): void => {
        b.set(panel, advance(panel, nr));
        b.set(row, advance(row, ldb));
      };
      b.if(
        lessOrEqual(add(jr, nr), nc),
        () =>
          b.loop("p", 0, kc, {}, () => {
            for (let v = 0; v < nr; v += lanes) b.store(at(panel, 0, v), load(at(row, 0, v), lanes));
            next();
          }),
        () => {
          const rest = b.let("rest", min(sub(nc, jr), nr));
          b.loop("p", 0, kc, {}, () => {
            b.loop("j", 0, rest, {}, (j) => b.store(at(panel, j), load(at(row, j))));
            fillUp(b, panel, rest, nr, element);
            next();
          });
        },
      );
    });
  });
}

function fillUp(b: ProgramBuilder, panel: PointerName, from: Value, to: number, element: Real): void {
  b.loop("fill", from, constant(to), {}, (i) => b.store(at(panel, i), constant(0, { element, lanes: 1 })));
}

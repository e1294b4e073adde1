/**
 * What follows when all keys have been seen: the output is divided by the sum of powers, the logarithm of that sum is
 * kept for the backward pass, and panels of queries are turned into rows again.
 */
import {
  add,
  advance,
  at,
  constant,
  div,
  equal,
  load,
  min,
  mul,
  type Name,
  type PointerName,
  select,
  sub,
} from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import { log } from "../../elementary/log.ts";
import type { NamedProgram } from "../../nn/operation.ts";
import type { AttentionTiles } from "../tiles.ts";
import { eachLane, type Tiled } from "./tile.ts";

/** What a query gets that sees no key: zeros, or NaN as softmax of nothing but -∞ gives. */
export type EmptyQuery = "zeros" | "nan";

/**
 * `(rows, elements, paddedElements, most, total, panels, o, stride, lse)`: `rows` queries of a group. `lse` is ln of the
 * sum of powers of a query's scores; +∞ where it sees no key, so that every power e^(score - lse) of it is 0.
 */
export const finishGroup = (tiles: AttentionTiles, empty: EmptyQuery): NamedProgram => ({
  name: `attention-finish-${tiles.queries}-${empty}`,
  write: (name, type) =>
    program(name, (b) => {
      const tiled = { tiles, type };
      const [rows, elements, padded] = [
        b.integer("rows"),
        b.integer("elements"),
        b.integer("paddedElements"),
      ];
      const pointer = (called: string): PointerName => b.pointer(called, type.element);
      const [most, total, panels, o] = [pointer("most"), pointer("total"), pointer("panels"), pointer("o")];
      const stride = b.integer("stride");
      const lse = pointer("lse");
      b.loop("first", 0, rows, { step: tiles.queries }, (first) => {
        const panel = b.let("panel", advance(panels, mul(first, padded)));
        eachLane(tiled, (_, offset) => {
          const sum = b.let("sum", load(at(total, first, offset), tiles.lanes));
          const inverse = b.let("inverse", div(constant(1, type), sum));
          const kept = empty === "zeros" ? b.let("kept", select(equal(sum, 0), 0, inverse)) : inverse;
          b.loop("e", 0, elements, {}, (e) => {
            const row = b.let("row", mul(e, tiles.queries));
            b.store(at(panel, row, offset), mul(load(at(panel, row, offset), tiles.lanes), kept));
          });
          const ln = b.let("lnSum", log(b, sum));
          const above = b.let("above", add(load(at(most, first, offset), tiles.lanes), ln));
          b.store(at(total, first, offset), select(equal(sum, 0), Number.POSITIVE_INFINITY, above));
        });
        const here = b.let("here", min(sub(rows, first), tiles.queries));
        turn(b, tiled, {
          panel,
          elements,
          rows: here,
          to: b.let("to", advance(o, mul(first, stride))),
          stride,
        });
        b.loop("r", 0, here, {}, (r) => {
          const query = b.let("query", add(first, r));
          b.store(at(lse, query), load(at(total, query)));
        });
      });
    }),
});

interface Turned {
  readonly panel: PointerName;
  readonly elements: Name;
  readonly rows: Name;
  readonly to: PointerName;
  readonly stride: Name;
  readonly factor?: Name;
}

/** Writes the panel [element][query] as rows of queries. */
function turn(
  b: ProgramBuilder,
  { tiles }: Tiled,
  { panel, elements, rows, to, stride, factor }: Turned,
): void {
  b.loop("r", 0, rows, {}, (r) => {
    const row = b.let("rowOfResult", advance(to, mul(r, stride)));
    const from = b.variable("from", advance(panel, r));
    b.loop("e", 0, elements, {}, (e) => {
      const value = load(at(from));
      b.store(at(row, e), factor ? mul(value, factor) : value);
      b.set(from, advance(from, tiles.queries));
    });
  });
}

/** `(rows, elements, paddedElements, factor, panels, to, stride)`: panels [element][query], times a factor, as rows. */
export const turnGroup = (tiles: AttentionTiles): NamedProgram => ({
  name: `attention-turn-${tiles.queries}`,
  write: (name, type) =>
    program(name, (b) => {
      const [rows, elements, padded] = [
        b.integer("rows"),
        b.integer("elements"),
        b.integer("paddedElements"),
      ];
      const factor = b.scalar("factor", type.element);
      const [panels, to] = [b.pointer("panels", type.element), b.pointer("to", type.element)];
      const stride = b.integer("stride");
      b.loop("first", 0, rows, { step: tiles.queries }, (first) => {
        const panel = b.let("panel", advance(panels, mul(first, padded)));
        const here = b.let("here", min(sub(rows, first), tiles.queries));
        const target = b.let("target", advance(to, mul(first, stride)));
        turn(b, { tiles, type }, { panel, elements, rows: here, to: target, stride, factor });
      });
    }),
});

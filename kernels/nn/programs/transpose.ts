/**
 * The transpose of a matrix, copied. By square blocks of 128-bit vectors, which two rounds of interleaving (one for
 * doubles) turn over, so that memory is read and written by whole vectors; the border goes one by one.
 */
import { add, and, at, interleave, load, mul, type Name, type Value } from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { NamedProgram } from "../operation.ts";

/** Parameters `(rows, columns, x, y)`: y, columns x rows, is x, rows x columns, turned over. */
export const transposed: NamedProgram = {
  name: "transpose",
  write: (name, { element }) =>
    program(name, (b) => {
      const rows = b.integer("rows");
      const columns = b.integer("columns");
      const x = b.pointer("x", element);
      const y = b.pointer("y", element);
      const side = element === "f32" ? 4 : 2;
      const wholeRows = b.let("wholeRows", and(rows, -side));
      const wholeColumns = b.let("wholeColumns", and(columns, -side));
      const from = (r: Value, j: Value) => at(x, add(mul(r, columns), j));
      const to = (r: Value, j: Value) => at(y, add(mul(j, rows), r));
      b.loop("r", 0, wholeRows, { step: side }, (r) => {
        b.loop("j", 0, wholeColumns, { step: side }, (j) => {
          const lines = Array.from({ length: side }, (_, i) => b.let("line", load(from(add(r, i), j), side)));
          for (const [i, line] of turned(b, lines).entries()) b.store(to(r, add(j, i)), line);
        });
        b.loop("j", wholeColumns, columns, {}, (j) => {
          for (let i = 0; i < side; i++) b.store(to(add(r, i), j), load(from(add(r, i), j)));
        });
      });
      b.loop("r", wholeRows, rows, {}, (r) =>
        b.loop("j", 0, columns, {}, (j) => b.store(to(r, j), load(from(r, j)))),
      );
    }),
};

/** The lines of a square turned over: line i of the result holds lane i of each line. */
export function turned(b: ProgramBuilder, lines: readonly Name[]): readonly Name[] {
  if (lines.length === 1) return lines;
  const half = lines.length / 2;
  const evens = lines.slice(0, half);
  const odds = lines.slice(half);
  if (lines.length === 2) return pairs(b, lines[0] as Name, lines[1] as Name);
  // Lines i and i + half together, then again: a perfect shuffle each time.
  const shuffled = evens.flatMap((line, i) => pairs(b, line, odds[i] as Name));
  const second = shuffled.slice(0, half);
  return second.flatMap((line, i) => pairs(b, line, shuffled[half + i] as Name));
}

const pairs = (b: ProgramBuilder, left: Name, right: Name): readonly [Name, Name] => [
  b.let("low", interleave("low", left, right)),
  b.let("high", interleave("high", left, right)),
];

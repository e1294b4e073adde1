/**
 * The gradient of softmax, y (g - Σ g y), and of its logarithm, g - e^y Σ g, from the result y and the gradient g of it.
 */
import {
  add,
  advance,
  at,
  constant,
  load,
  mul,
  multiplyAdd,
  type Name,
  negate,
  type PointerName,
  splat,
  sub,
  sum,
  type Value,
} from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import { exp } from "../../elementary/exp.ts";
import type { RealElement } from "../../elementary/intervals.ts";
import { along, eachColumns } from "./columns.ts";
import type { SoftmaxKind } from "./rows.ts";
import { eachVector, rowWalk } from "./vectors.ts";

interface Shape {
  readonly element: RealElement;
  readonly lanes: number;
}

/** What an element adds to the slice's sum. */
const summand: Readonly<Record<SoftmaxKind, (sum: Name, g: Value, y: Value) => Value>> = {
  softmax: (total, g, y) => multiplyAdd(g, y, total),
  "log-softmax": (total, g) => add(total, g),
};

/** The gradient of an element. */
const gradient: Readonly<Record<SoftmaxKind, (b: ProgramBuilder, g: Value, y: Value, sum: Name) => Value>> = {
  softmax: (_, g, y, total) => mul(y, sub(g, total)),
  "log-softmax": (b, g, y, total) => multiplyAdd(negate(exp(b, y)), total, g),
};

/** `(rows, n, laneNumbers, y, g, dx)`: rows in one piece; dx may be y or g. */
export function backwardRowsProgram(kind: SoftmaxKind, { element, lanes }: Shape): Program {
  return program(`${kind}-backward-${element}x${lanes}`, (b) => {
    const [rows, n] = [b.integer("rows"), b.integer("n")];
    const laneNumbers = b.pointer("laneNumbers", element);
    const parameters = ["firstY", "firstG", "firstX"].map((name) => b.pointer(name, element));
    const pointers = parameters.map((first) => b.variable("p", first));
    const [y, g, dx] = pointers as [PointerName, PointerName, PointerName];
    const walk = rowWalk(b, { n, laneNumbers, type: { element, lanes } });
    b.loop("row", 0, rows, {}, () => {
      const total = b.variable("total", constant(0, walk.type));
      // Lanes behind the end are loaded as 0 and add nothing.
      eachVector(b, walk, 1, ([index], end) => {
        const value = (from: PointerName) => load(at(from, index as Value), lanes, end?.tail);
        b.set(total, summand[kind](total, value(g), value(y)));
      });
      const all = b.let("all", splat(b.let("sum", sum(total)), lanes));
      eachVector(b, walk, 1, ([index], end) => {
        const value = (from: PointerName) => load(at(from, index as Value), lanes, end?.tail);
        b.store(at(dx, index as Value), gradient[kind](b, value(g), value(y), all), end?.tail);
      });
      for (const pointer of pointers) b.set(pointer, advance(pointer, n));
    });
  });
}

/** `(outer, n, inner, y, g, dx)`: slices along the middle dimension; dx may be y or g. */
export function backwardColumnsProgram(kind: SoftmaxKind, { element, lanes }: Shape): Program {
  return program(`${kind}-backward-columns-${element}x${lanes}`, (b) => {
    const [outer, n, inner] = [b.integer("outer"), b.integer("n"), b.integer("inner")];
    const pointers = ["y", "g", "dx"].map((name) => b.pointer(name, element));
    eachColumns(b, { outer, n, inner, type: { element, lanes } }, pointers, (columns, starts) => {
      const [y, g, dx] = starts as [PointerName, PointerName, PointerName];
      const value = (from: PointerName) => load(at(from), lanes, columns.tail);
      const total = b.variable("total", constant(0, columns.type));
      along(b, columns, [y, g], (places) => {
        const [atY, atG] = places as [PointerName, PointerName];
        b.set(total, summand[kind](total, value(atG), value(atY)));
      });
      along(b, columns, [y, g, dx], (places) => {
        const [atY, atG, atX] = places as [PointerName, PointerName, PointerName];
        b.store(at(atX), gradient[kind](b, value(atG), value(atY), total), columns.tail);
      });
    });
  });
}

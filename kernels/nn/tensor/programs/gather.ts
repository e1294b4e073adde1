/** Rows taken from a table by their numbers, and given back to it, as vector programs. */
import {
  add,
  advance,
  at,
  constant,
  load,
  mul,
  type Operand,
  type PointerName,
  type Tail,
  type VectorType,
} from "../../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../../codegen/program.ts";
import type { Program } from "../../../codegen/statements.ts";
import type { Real } from "../../../gemm/arguments.ts";

export interface GatherOptions {
  readonly element: Real;
  readonly lanes: number;
  /** Elements of a row. */
  readonly width: number;
}

/** Parameters `(count, indices, table, rows)`: rows[i] = table[indices[i]]. */
export function gatherProgram(options: GatherOptions): Program {
  return rowsProgram("gather", options, (b, type, table, row) =>
    overRow(b, options, type, (j, lanes, tail) => b.store(at(row, j), load(at(table, j), lanes, tail), tail)),
  );
}

/** The same parameters: table[indices[i]] += rows[i], in the order of i, so that equal indices add up alike everywhere. */
export function scatterAddProgram(options: GatherOptions): Program {
  return rowsProgram("scatterAdd", options, (b, type, table, row) =>
    overRow(b, options, type, (j, lanes, tail) =>
      b.store(at(table, j), add(load(at(table, j), lanes, tail), load(at(row, j), lanes, tail)), tail),
    ),
  );
}

function rowsProgram(
  name: string,
  { element, lanes, width }: GatherOptions,
  write: (b: ProgramBuilder, type: VectorType, table: PointerName, row: PointerName) => void,
): Program {
  return program(name, (b) => {
    const count = b.integer("count");
    const indices = b.pointer("indices", "i32");
    const table = b.pointer("table", element);
    const rows = b.pointer("rows", element);
    b.loop("i", 0, count, {}, (i) => {
      const index = b.let("index", load(at(indices, i)));
      const from = b.let("from", advance(table, mul(index, width)));
      write(b, { element, lanes }, from, b.let("row", advance(rows, mul(i, width))));
    });
  });
}

function overRow(
  b: ProgramBuilder,
  { width }: GatherOptions,
  type: VectorType,
  step: (j: Operand, lanes: number, tail?: Tail) => void,
): void {
  const whole = width - (width % type.lanes);
  b.loop("j", 0, whole, { step: type.lanes }, (j) => step(j, type.lanes));
  if (whole < width) step(whole, type.lanes, b.tail("tail", constant(width - whole), type));
}

/**
 * Every instruction that the assembler knows: the tables of rows/ as one list, and what the list says of names and CPU
 * features. A row is read when its instruction is first used.
 */
import { type Form, formsOfRow, type Row } from "./forms.ts";
import { floatRows } from "./rows/floats.ts";
import { generalRows } from "./rows/general.ts";
import { integerRows } from "./rows/integers.ts";
import { maskRows } from "./rows/masks.ts";
import { moveRows } from "./rows/moves.ts";

const tables = [generalRows, moveRows, floatRows, integerRows, maskRows] as const;

/** Mnemonic of an instruction, as Intel writes it. */
export type InstructionName = (typeof tables)[number][number][0];

/** The rows of all tables. Several may have one name: they differ in their operands. */
export const instructionRows: readonly Row[] = tables.flat();

/** Every name once, in the order of the tables. */
export const instructionNames = [...new Set(instructionRows.map(([name]) => name))] as InstructionName[];

const rowsByName = Map.groupBy(instructionRows, ([name]) => name);
const formsByName = new Map<InstructionName, readonly Form[]>();

/** The forms of an instruction in the order in which they are tried: in each row VEX before EVEX, narrow before wide. */
export function formsOf(name: InstructionName): readonly Form[] {
  let forms = formsByName.get(name);
  if (!forms) {
    forms = (rowsByName.get(name) ?? []).flatMap(formsOfRow);
    formsByName.set(name, forms);
  }
  return forms;
}

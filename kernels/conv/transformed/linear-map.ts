/**
 * Small constant matrices times vectors of lanes, as straight-line code: what the transforms of Winograd's convolution
 * consist of. Their rows and columns come in pairs that differ in signs alone, so each pair is computed as a sum and a
 * difference of common parts, which halves the work.
 */
import {
  add,
  constant,
  mul,
  multiplyAdd,
  type Name,
  sub,
  type Value,
  type VectorType,
} from "../../codegen/expressions.ts";
import type { ProgramBuilder } from "../../codegen/program.ts";

/** Rows of equal length. */
export type Matrix = readonly (readonly number[])[];

/** The matrix times one vector of numbers, in double precision. */
export function times(matrix: Matrix, vector: readonly number[]): number[] {
  return matrix.map((row) => row.reduce((sum, factor, j) => sum + factor * (vector[j] as number), 0));
}

/** Every entry made positive: bounds what rounding may do to a product with the matrix. */
export const magnitudes = (matrix: Matrix): Matrix => matrix.map((row) => row.map(Math.abs));

/** A vector for each row of the matrix: its entries times the inputs, added. */
export function linearMap(
  b: ProgramBuilder,
  matrix: Matrix,
  inputs: readonly Name[],
  type: VectorType,
): readonly Name[] {
  const paired = pairColumns(b, matrix, inputs);
  const outputs: Name[] = [];
  for (let i = 0; i < matrix.length; i++) {
    const row = paired.matrix[i] as readonly number[];
    const next = paired.matrix[i + 1];
    const halves = next && halvesOf(row, next);
    if (!halves) {
      outputs.push(combination(b, row, paired.inputs, type));
      continue;
    }
    const [even, odd] = halves.map((half) => combination(b, half, paired.inputs, type)) as [Name, Name];
    outputs.push(b.let("sum", add(even, odd)), b.let("difference", sub(even, odd)));
    i++;
  }
  return outputs;
}

/** Neighbouring columns that are equal up to signs are replaced by those of their inputs' sum and difference. */
function pairColumns(
  b: ProgramBuilder,
  matrix: Matrix,
  inputs: readonly Name[],
): { readonly matrix: Matrix; readonly inputs: readonly Name[] } {
  const columns: number[][] = [];
  const reduced: Name[] = [];
  for (let j = 0; j < inputs.length; j++) {
    const [left, right] = [matrix.map((row) => row[j] as number), matrix.map((row) => row[j + 1])];
    const [x, y] = [inputs[j] as Name, inputs[j + 1]];
    const equal = left.some((value, i) => value !== 0 && right[i] === value);
    const opposite = left.some((value, i) => value !== 0 && right[i] === -value);
    if (
      y &&
      equal &&
      opposite &&
      left.every((value, i) => Math.abs(right[i] as number) === Math.abs(value))
    ) {
      columns.push(
        left.map((value, i) => (right[i] === value ? value : 0)),
        left.map((value, i) => (right[i] === value ? 0 : value)),
      );
      reduced.push(b.let("sum", add(x, y)), b.let("difference", sub(x, y)));
      j++;
    } else {
      columns.push(left);
      reduced.push(x);
    }
  }
  return { matrix: matrix.map((_, i) => columns.map((column) => column[i] as number)), inputs: reduced };
}

const terms = (row: readonly number[]): number => row.filter((factor) => factor !== 0).length;

/** Half the sum and half the difference of two rows, where the two together have fewer terms than the rows. */
function halvesOf(
  row: readonly number[],
  next: readonly number[],
): readonly [readonly number[], readonly number[]] | undefined {
  const even = row.map((factor, j) => (factor + (next[j] as number)) / 2);
  const odd = row.map((factor, j) => (factor - (next[j] as number)) / 2);
  const saves = terms(even) > 0 && terms(odd) > 0 && terms(even) + terms(odd) < terms(row) + terms(next);
  return saves ? [even, odd] : undefined;
}

/** Inputs times the factors of one row, added; a term with factor 1 comes first and costs nothing. */
function combination(
  b: ProgramBuilder,
  row: readonly number[],
  inputs: readonly Name[],
  type: VectorType,
): Name {
  const used = row.flatMap((factor, j) => (factor === 0 ? [] : [{ factor, input: inputs[j] as Name }]));
  const first = used.find(({ factor }) => factor === 1) ?? used[0];
  if (!first) return b.let("nothing", constant(0, type));
  const start: Value = first.factor === 1 ? first.input : mul(first.input, constant(first.factor, type));
  const others = used.filter((term) => term !== first);
  if (others.length === 0 && start === first.input) return first.input;
  const total = others.reduce<Value>((sum, { factor, input }) => {
    if (factor === 1) return add(sum, input);
    if (factor === -1) return sub(sum, input);
    return multiplyAdd(input, constant(factor, type), sum);
  }, start);
  return b.let("mapped", total);
}

/**
 * Sums down the columns of a row-major matrix, several at once: gradients of biases and of what scales columns. Memory is
 * read row by row. Four rows are added up in registers, their sum goes to partial sums in the first-level cache, and the
 * partial sums of a block of rows to the result, so that no chain of roundings is longer than rows / 256 + 64.
 */
import {
  add,
  advance,
  and,
  constant,
  min,
  mul,
  type Name,
  type PointerName,
  sub,
  type Value,
  type VectorType,
} from "../../codegen/expressions.ts";
import type { ProgramBuilder } from "../../codegen/program.ts";
import { read, type Span, type Stretch, stretchOf, sweep, write } from "./sweep.ts";

/** Rows between two additions to the result. */
const blockRows = 256;

/** Rows that are added up in registers. */
const rowsAtOnce = 4;

export interface ColumnSums<Row, Column> {
  readonly rows: Name;
  readonly columns: Name;
  readonly type: VectorType;
  /** The matrices that are read. */
  readonly tensors: readonly PointerName[];
  /** One result of `columns` elements for each sum. */
  readonly results: readonly PointerName[];
  /** Room for as many elements as all results together. */
  readonly partials: PointerName;
  /** What all columns of one row share, such as its mean. */
  readonly row: (row: Value) => Row;
  /** What all rows of a span of columns share. */
  readonly column: (span: Span) => Column;
  /** What is summed at a span of a row: a term for each result. The matrices stand so that the span's index fits. */
  readonly terms: (span: Span, tensors: readonly PointerName[], row: Row, column: Column) => readonly Value[];
}

/** Writes the sums over all rows; returns the columns cut into vectors. */
export function columnSums<Row, Column>(b: ProgramBuilder, sums: ColumnSums<Row, Column>): Stretch {
  const { rows, columns, type, results } = sums;
  const stretch = stretchOf(b, columns, type);
  const partials = results.map((_, r) => b.let("partial", advance(sums.partials, mul(columns, r))));
  const clear = (pointers: readonly PointerName[]): void =>
    sweep(b, stretch, 1, (span) => {
      for (const pointer of pointers) write(b, pointer, span, constant(0, type));
    });
  clear(results);
  b.loop("from", 0, rows, { step: blockRows }, (from) => {
    const to = b.let("to", min(add(from, blockRows), rows));
    const whole = b.let("wholeRows", add(from, and(sub(to, from), -rowsAtOnce)));
    clear(partials);
    b.loop("row", from, whole, { step: rowsAtOnce }, (row) =>
      addRows(b, sums, stretch, partials, row, rowsAtOnce),
    );
    b.loop("row", whole, to, {}, (row) => addRows(b, sums, stretch, partials, row, 1));
    sweep(b, stretch, 1, (span) => {
      for (const [r, result] of results.entries())
        write(b, result, span, add(read(result, span), read(partials[r] as PointerName, span)));
    });
  });
  return stretch;
}

/** Adds the terms of neighbouring rows to the partial sums. */
function addRows<Row, Column>(
  b: ProgramBuilder,
  { columns, tensors, row: shared, column, terms }: ColumnSums<Row, Column>,
  stretch: Stretch,
  partials: readonly PointerName[],
  first: Value,
  count: number,
): void {
  const start = b.let("start", mul(first, columns));
  const places = tensors.map((tensor) => b.let("line", advance(tensor, start)));
  const rows = Array.from({ length: count }, (_, i) => shared(add(first, i)));
  sweep(b, stretch, 1, (span) => {
    const indices = [span.index];
    for (let i = 1; i < count; i++) indices.push(b.let("index", add(indices[i - 1] as Value, columns)));
    const ofColumn = column(span);
    let sums: readonly Value[] = [];
    // Each row is added before the next is read: few vectors are alive at once.
    for (const [i, row] of rows.entries()) {
      const added = terms({ ...span, index: indices[i] as Value }, places, row, ofColumn);
      sums = added.map((term, r) => b.let("total", i === 0 ? term : add(sums[r] as Value, term)));
    }
    for (const [r, partial] of partials.entries())
      write(b, partial, span, add(read(partial, span), sums[r] as Value));
  });
}

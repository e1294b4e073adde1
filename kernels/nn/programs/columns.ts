/**
 * Sums down the columns of a row-major matrix, several at once: gradients of biases and of what scales columns. Rows are
 * taken in blocks and the sum of a block is added to those before it, so that the longest chain of roundings is
 * rows / 256 + 64 and a block stays in a near cache while all its columns are summed.
 */
import {
  add,
  constant,
  min,
  type Name,
  type PointerName,
  type Value,
  type VectorType,
} from "../../codegen/expressions.ts";
import type { ProgramBuilder } from "../../codegen/program.ts";
import { chains, read, type Span, type Stretch, stretchOf, sweep, vectorSums, write } from "./sweep.ts";

/** Rows of a block: one line of each is 16 KiB, half of a first-level cache. */
const blockRows = 256;

export interface ColumnSums<Head> {
  readonly rows: Name;
  readonly columns: Name;
  readonly type: VectorType;
  /** One result of `columns` elements for each sum. */
  readonly results: readonly PointerName[];
  /** What all rows of a span of columns share, such as the columns' means. */
  readonly head: (span: Span) => Head;
  /** What is summed at a span of columns in one row: a term for each result. */
  readonly terms: (row: Value, span: Span, head: Head) => readonly Value[];
}

/** Writes the sums over all rows; returns the columns cut into vectors. */
export function columnSums<Head>(b: ProgramBuilder, sums: ColumnSums<Head>): Stretch {
  const { rows, columns, type, results } = sums;
  const stretch = stretchOf(b, columns, type);
  sweep(b, stretch, 1, (span) => {
    for (const result of results) write(b, result, span, constant(0, type));
  });
  b.loop("from", 0, rows, { step: blockRows }, (from) => {
    const to = b.let("to", min(add(from, blockRows), rows));
    sweep(b, stretch, 1, (span) => addBlock(b, sums, from, to, span));
  });
  return stretch;
}

function addBlock<Head>(
  b: ProgramBuilder,
  { type, results, head, terms }: ColumnSums<Head>,
  from: Value,
  to: Value,
  span: Span,
): void {
  const shared = head(span);
  const partial = vectorSums(b, type, results.length);
  b.loop("row", from, to, { unroll: chains }, (row, copy) =>
    partial.add({ ...span, copy }, terms(row, span, shared)),
  );
  for (const [r, total] of partial.vectors().entries()) {
    const result = results[r] as PointerName;
    write(b, result, span, add(read(result, span), total));
  }
}

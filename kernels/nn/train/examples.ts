/** Labelled examples in plain arrays, and their batches on an engine. */
import { columnsFor, fillBatch } from "../../data/batches.ts";
import { type DataSet, fieldCalled, type Split } from "../../data/data-set.ts";
import { randomOrder } from "../../random.ts";
import type { Engine } from "../tensor/engine.ts";
import type { Indices } from "../tensor/indices.ts";
import { type Shape, sizeOf } from "../tensor/shapes.ts";
import type { Tensor } from "../tensor/tensor.ts";

export interface Examples {
  /** Of one example. */
  readonly shape: Shape;
  /** One example after the other. */
  readonly inputs: Float32Array;
  readonly labels: ArrayLike<number>;
  readonly classes: number;
}

/**
 * The first examples of a split of a data set that has labels and an input of this name.
 * @throws DataError where it has not so many
 */
export function examplesOf(set: DataSet, split: Split, count: number, input = "image"): Examples {
  const columns = columnsFor(set, count, [input, "label"]);
  fillBatch(set, split, [...Array(count).keys()], columns);
  return {
    shape: fieldCalled(set, input).shape,
    inputs: columns[input] as Float32Array,
    labels: columns.label as Float32Array,
    classes: set.classes?.length ?? 0,
  };
}

/** Some examples on an engine. */
export interface Batch {
  /** [rows, …shape]. */
  readonly inputs: Tensor;
  readonly labels: Indices;
  /** Which examples these are: what was computed of each beforehand is found by it. */
  readonly rows: readonly number[];
}

/** Puts some examples into an engine's memory; freed with the scope. */
export function batchOf(engine: Engine, examples: Examples, rows: readonly number[]): Batch {
  const { shape, inputs, labels, classes } = examples;
  const placed = engine.tensor([rows.length, ...shape]);
  copyRows(inputs, sizeOf(shape), rows, placed.values);
  return {
    inputs: placed,
    labels: engine.indices(
      rows.map((row) => labels[row] as number),
      classes,
    ),
    rows,
  };
}

/** Rows of a table of so many columns, one after the other. */
export function copyRows(
  from: Float32Array,
  columns: number,
  rows: readonly number[],
  to: Float32Array | Float64Array,
): void {
  for (const [i, row] of rows.entries())
    to.set(from.subarray(row * columns, (row + 1) * columns), i * columns);
}

/** The numbers 0 to count - 1 in a random order, in batches; the last one may be smaller. */
export function shuffledBatches(count: number, size: number, random: () => number): readonly number[][] {
  return inBatches(randomOrder(count, random), size);
}

export function inBatches(order: readonly number[], size: number): readonly number[][] {
  return Array.from({ length: Math.ceil(order.length / size) }, (_, i) =>
    order.slice(i * size, (i + 1) * size),
  );
}

/**
 * From examples to mini-batches: a shuffled order for each epoch, filling straight into the memory of an engine, and a
 * table that draws each example once. Separate from the sets: all of this is the same for every set.
 */
import { labelSeed, randomOrder, randomStream } from "../random.ts";
import { DataError, type DataSet, fieldCalled, fieldLength, type Split, splits } from "./data-set.ts";

/** Where a batch goes: an array for each field that is wanted, with room for every row. */
export type Columns = Readonly<Record<string, NumberArray>>;

export type NumberArray = Float32Array | Float64Array | Int32Array | Uint8Array;

export interface BatchOrder {
  readonly batch: number;
  /** Of the shuffle. */
  readonly seed: number;
  readonly epoch: number;
  /** Whether the last rows that fill no whole batch are given too, as a shorter one (default: no). */
  readonly keepRest?: boolean;
}

/** The numbers 0 to `size - 1` in random order, another one for each seed and epoch. */
export function shuffled(size: number, seed: number, epoch: number): Int32Array {
  return Int32Array.from(randomOrder(size, randomStream(labelSeed(seed, `epoch ${epoch}`))));
}

/** Indices of the examples of each batch of an epoch: every example once, in shuffled order. */
export function* batches(size: number, { batch, seed, epoch, keepRest }: BatchOrder): Generator<Int32Array> {
  const order = shuffled(size, seed, epoch);
  for (let first = 0; first < size; first += batch) {
    const indices = order.subarray(first, first + batch);
    if (indices.length === batch || keepRest) yield indices;
  }
}

/** Indices in order, for evaluation; the last batch may be shorter. */
export function* inOrder(size: number, batch: number): Generator<Int32Array> {
  for (let first = 0; first < size; first += batch) {
    yield Int32Array.from({ length: Math.min(batch, size - first) }, (_, row) => first + row);
  }
}

/**
 * Writes examples into consecutive rows of the given columns; fields without a column are left out.
 * @throws DataError for a column that names no field or has no room for the rows
 */
export function fillBatch(set: DataSet, split: Split, indices: ArrayLike<number>, columns: Columns): void {
  const wanted = Object.entries(columns).map(([name, column]) => {
    const length = fieldLength(fieldCalled(set, name));
    requireRoom(set, name, column.length, length * indices.length);
    return { name, column, length };
  });
  for (let row = 0; row < indices.length; row++) {
    const example = set.example(split, indices[row] as number);
    for (const { name, column, length } of wanted) {
      column.set(example[name] as ArrayLike<number>, row * length);
    }
  }
}

/** Arrays with room for so many rows of the named fields (default: all of them). */
export function columnsFor(
  set: DataSet,
  rows: number,
  names?: readonly string[],
): Record<string, Float32Array> {
  const fields = names?.map((name) => fieldCalled(set, name)) ?? set.fields;
  return Object.fromEntries(
    fields.map((field) => [field.name, new Float32Array(rows * fieldLength(field))] as const),
  );
}

/**
 * The same set with every example drawn once and kept as float32: for training over several epochs. Drawing a glyph
 * takes longer than copying it. A split is drawn when it is first asked for.
 */
export function tabulated(set: DataSet): DataSet {
  const tables = new Map<Split, Record<string, Float32Array>>();
  const lengths = set.fields.map((field) => ({ name: field.name, length: fieldLength(field) }));
  const tableOf = (split: Split): Record<string, Float32Array> => {
    const table = columnsFor(set, set.sizes[split]);
    for (const indices of inOrder(set.sizes[split], 256)) {
      const first = indices[0] as number;
      const rows = lengths.map(({ name, length }) => [name, table[name]?.subarray(first * length)] as const);
      fillBatch(set, split, indices, Object.fromEntries(rows) as Columns);
    }
    tables.set(split, table);
    return table;
  };
  return {
    ...set,
    example(split, index) {
      if (!Number.isInteger(index) || index < 0 || index >= set.sizes[split])
        return set.example(split, index);
      const table = tables.get(split) ?? tableOf(split);
      return Object.fromEntries(
        lengths.map(({ name, length }) => [name, rowOf(table, name, index, length)] as const),
      );
    },
  };
}

/** The first examples of a set: for a profile that has less time. @throws DataError if there are not so many */
export function firstOf(set: DataSet, sizes: Partial<Readonly<Record<Split, number>>>): DataSet {
  for (const split of splits) {
    const wanted = sizes[split] ?? 0;
    if (wanted > set.sizes[split])
      throw new DataError(
        `set ${set.name}, split ${split}`,
        `at least ${wanted} examples`,
        String(set.sizes[split]),
        "Ask for fewer.",
      );
  }
  return { ...set, sizes: { ...set.sizes, ...sizes } };
}

function rowOf(table: Record<string, Float32Array>, name: string, row: number, length: number): Float32Array {
  return (table[name] as Float32Array).subarray(row * length, (row + 1) * length);
}

function requireRoom(set: DataSet, name: string, room: number, needed: number): void {
  if (room >= needed) return;
  throw new DataError(
    `set ${set.name}, column ${name}`,
    `room for ${needed} numbers`,
    String(room),
    "Give a longer array, or fewer rows at a time.",
  );
}

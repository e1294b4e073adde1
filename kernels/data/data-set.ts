/**
 * The contract of a data set: named fields of fixed shape, three splits, and any example by its number. Drawn sets and
 * sets read from files fulfil it alike, so that a study can take either. An example is a pure function of the set's
 * options, the split and the index: no state, no order of access.
 */

export const splits = ["train", "validation", "test"] as const;

/** What an example may be used for; examples of different splits never share their random stream. */
export type Split = (typeof splits)[number];

/**
 * - `input`: what a model is given;
 * - `target`: what it is to say;
 * - `privileged`: known when training only (a teacher may see it, a student in use does not);
 * - `truth`: of the generator (probabilities, latent variables), to judge with, never to train on.
 */
export type Role = "input" | "target" | "privileged" | "truth";

/** One named array of every example. */
export interface Field {
  readonly name: string;
  /** Without the batch; `[]` is a single number. Images are `[channels, rows, columns]`. */
  readonly shape: readonly number[];
  readonly role: Role;
  /** How many values an integer field may take (0 to `values - 1`); absent for real numbers. */
  readonly values?: number;
  readonly meaning: string;
}

/** The fields of one example by name, each flat in row-major order. */
export type Example = Readonly<Record<string, ArrayLike<number>>>;

export interface DataSet {
  /** Id in the registry. */
  readonly name: string;
  readonly fields: readonly Field[];
  /** Names of the values of the field `label`, where there is one. */
  readonly classes?: readonly string[];
  readonly sizes: Readonly<Record<Split, number>>;
  /** Example `index` of a split. The arrays may be views of the set's own: read them, do not write. */
  example(split: Split, index: number): Example;
}

/** Numbers in a field of one example. */
export function fieldLength(field: Field): number {
  return field.shape.reduce((product, side) => product * side, 1);
}

/** The field of that name. @throws DataError if the set has none */
export function fieldCalled(set: DataSet, name: string): Field {
  const field = set.fields.find((each) => each.name === name);
  if (field) return field;
  throw new DataError(
    `set ${set.name}`,
    `one of the fields ${set.fields.map((each) => each.name).join(", ")}`,
    name,
    "Ask for one of them.",
  );
}

/** Something about data that is not as it must be: where, what was expected and found, and what to do. */
export class DataError extends Error {
  readonly expected: string;
  readonly found: string;
  readonly remedy: string;

  constructor(where: string, expected: string, found: string, remedy: string) {
    super(`${where}: expected ${expected}; found ${found}`);
    this.name = "DataError";
    this.expected = expected;
    this.found = found;
    this.remedy = remedy;
  }
}

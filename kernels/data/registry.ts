/**
 * Every drawn data set by name: what lists, pictures, tests and studies choose from. A row is light to read; a set draws
 * nothing before an example is asked for.
 */
import { DataError, type DataSet } from "./data-set.ts";
import type { DrawnOptions } from "./drawn-set.ts";
import { glyphs } from "./glyphs/glyphs.ts";

export interface DataSetRow {
  readonly name: string;
  readonly summary: string;
  /** The structure that was put in, which a study may look for. */
  readonly planted: string;
  /** The set with its defaults; its own function takes more options. */
  readonly make: (options?: DrawnOptions) => DataSet;
}

export const dataSets: readonly DataSetRow[] = [
  {
    name: "glyphs",
    summary: "digits and letters of 28 x 28 pixels drawn from strokes, with difficulty as a setting",
    planted: "undistorted glyphs are told apart without an error; every error comes from the distortion",
    make: glyphs,
  },
];

/** The drawn set of that name. @throws DataError if there is none */
export function drawnSetCalled(name: string, options?: DrawnOptions): DataSet {
  const row = dataSets.find((each) => each.name === name);
  if (row) return row.make(options);
  throw new DataError(
    "data set",
    `one of ${dataSets.map((each) => each.name).join(", ")}`,
    name,
    "Choose one of them.",
  );
}

/**
 * Every drawn data set by name: what lists, pictures, tests and studies choose from. A row is light to read; a set draws
 * nothing before an example is asked for.
 */

import { clickLog } from "./click-log.ts";
import { DataError, type DataSet } from "./data-set.ts";
import type { DrawnOptions } from "./drawn-set.ts";
import { glyphs } from "./glyphs/glyphs.ts";
import { multiView } from "./multi-view.ts";
import { colouredShapes } from "./scenes/coloured-shapes.ts";
import { detection } from "./scenes/detection.ts";
import { segmentation } from "./scenes/segmentation.ts";
import { textMatching } from "./text/matching.ts";
import { sentences } from "./text/sentences.ts";
import { twoView } from "./two-view.ts";

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
  {
    name: "coloured-shapes",
    summary: "one of eight shapes in colour on a textured background, 32 x 32",
    planted: "colour says nothing of the shape, or is a shortcut of any strength (colourTie)",
    make: colouredShapes,
  },
  {
    name: "segmentation",
    summary: "several shapes on a textured background with a class for each pixel",
    planted: "the class is in the form alone, never in the colour of a pixel",
    make: segmentation,
  },
  {
    name: "detection",
    summary: "one to four shapes that do not overlap, with boxes, kinds and a grid of cells",
    planted: "boxes are exact to the pixel",
    make: detection,
  },
  {
    name: "click-log",
    summary: "sessions of ranked items with clicks and what is known after the click",
    planted:
      "position bias, and a hidden part of the appeal that the privileged features show; Bayes AUC known",
    make: clickLog,
  },
  {
    name: "sentences",
    summary: "running text of a probabilistic grammar, for language models",
    planted: "known entropy, and agreement of verbs across relative clauses of any depth",
    make: sentences,
  },
  {
    name: "text-matching",
    summary: "pairs of sentences that mean the same or not",
    planted: "paraphrases by voice, order and synonyms; half of the mismatches differ in one part alone",
    make: textMatching,
  },
  {
    name: "two-view",
    summary: "two descriptions of a thing of one of two classes",
    planted: "independent given the class, or correlated as asked; least errors known",
    make: twoView,
  },
  {
    name: "multi-view",
    summary: "patches that hold features of classes, after Allen-Zhu & Li",
    planted: "two features a class, one of which a share of the examples lacks",
    make: multiView,
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

/** The examples of a study: drawn by the run's seed, and the same for all methods and seeds of the study. */
import type { Split } from "../../data/data-set.ts";
import { glyphs } from "../../data/glyphs/glyphs.ts";
import { multiView } from "../../data/multi-view.ts";
import { sizeOf } from "../../nn/tensor/shapes.ts";
import { type Examples, examplesOf } from "../../nn/train/examples.ts";
import { integerIn } from "../../random.ts";
import type { StudyData, StudySize } from "./study.ts";

/** Pixels of a side: a quarter of the work of 28, and still told apart by eye. */
export const side = 16;
/** Digits that are easily taken for one another. */
const threeDigits = [3, 5, 8];

/** Training and held examples; label noise falls on the former alone. */
export function studyExamples(
  data: StudyData,
  { examples, held }: Pick<StudySize, "examples" | "held">,
  random: (label: string) => () => number,
): { readonly shown: Examples; readonly held: Examples } {
  const seed = Math.floor(random("data")() * 2 ** 31);
  const shown = drawn(data, seed, "train", examples);
  const noisy = data.labelNoise ? withNoise(shown, data.labelNoise, random("label noise")) : shown;
  return { shown: noisy, held: drawn(data, seed, "test", held) };
}

function drawn({ set }: StudyData, seed: number, split: Split, count: number): Examples {
  const sizes = { train: count, validation: 0, test: count };
  if (set === "multi-view") return examplesOf(multiView({ seed, sizes }), split, count, "patches");
  if (set === "three digits")
    return onlyClasses(digits(seed, split, Math.ceil((count * 10) / 3)), threeDigits, count);
  const alphabet = set === "letters" ? "letters" : "digits";
  return examplesOf(glyphs({ seed, side, alphabet, sizes }), split, count);
}

const digits = (seed: number, split: Split, count: number): Examples =>
  examplesOf(glyphs({ seed, side, sizes: { train: count, validation: 0, test: count } }), split, count);

/** The examples of these classes, numbered anew in their order. */
export function onlyClasses(all: Examples, classes: readonly number[], most = Infinity): Examples {
  const rows = [...Array(all.labels.length).keys()]
    .filter((row) => classes.includes(all.labels[row] as number))
    .slice(0, most);
  const { inputs, labels } = rowsOf(all, rows);
  return {
    ...all,
    inputs,
    labels: Array.from(labels, (label) => classes.indexOf(label)),
    classes: classes.length,
  };
}

/** Some of the examples. */
export function rowsOf(all: Examples, rows: readonly number[]): Examples {
  const width = sizeOf(all.shape);
  const inputs = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries())
    inputs.set(all.inputs.subarray(row * width, (row + 1) * width), i * width);
  return { ...all, inputs, labels: rows.map((row) => all.labels[row] as number) };
}

function withNoise(examples: Examples, share: number, random: () => number): Examples {
  const labels = Array.from(examples.labels, (label) =>
    random() < share ? integerIn(random, 0, examples.classes - 1) : label,
  );
  return { ...examples, labels };
}

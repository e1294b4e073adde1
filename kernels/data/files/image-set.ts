/**
 * A data set over images that are kept as bytes and become numbers from 0 to 1 when asked for: 60,000 colour images take
 * 184 MB as bytes and 737 MB as float32.
 */
import { DataError, type DataSet, type Example, type Split } from "../data-set.ts";

/** Images of one file or several, by number. */
export interface LabelledImages {
  readonly count: number;
  readonly pixels: (index: number) => Uint8Array;
  readonly label: (index: number) => number;
  /** A second, coarser label, where there is one. */
  readonly coarse?: (index: number) => number;
}

export interface ImageFiles {
  readonly name: string;
  readonly classes: readonly string[];
  /** Names of coarse labels. */
  readonly coarse?: readonly string[];
  readonly shape: readonly [channels: number, rows: number, columns: number];
  readonly training: LabelledImages;
  readonly test: LabelledImages;
}

/** A sixth of the training images, at most 10,000, are the validation split: the last ones, as the files are shuffled. */
export function imageSet({ name, classes, coarse, shape, training, test }: ImageFiles): DataSet {
  const validation = Math.min(10_000, Math.floor(training.count / 6));
  const sizes = { train: training.count - validation, validation, test: test.count };
  const first: Readonly<Record<Split, number>> = { train: 0, validation: sizes.train, test: 0 };
  const coarseField = {
    name: "coarse",
    shape: [],
    role: "target",
    values: coarse?.length ?? 0,
    meaning: "its superclass",
  } as const;
  return {
    name,
    classes,
    sizes,
    fields: [
      { name: "image", shape, role: "input", meaning: "pixels, 0 to 1" },
      { name: "label", shape: [], role: "target", values: classes.length, meaning: "the class" },
      ...(coarse ? [coarseField] : []),
    ],
    example(split, index): Example {
      if (!Number.isInteger(index) || index < 0 || index >= sizes[split])
        throw new DataError(
          `set ${name}, split ${split}`,
          `a whole number from 0 to ${sizes[split] - 1}`,
          String(index),
          "Ask within it.",
        );
      const images = split === "test" ? test : training;
      const at = first[split] + index;
      const image = Float32Array.from(images.pixels(at), (value) => value / 255);
      const coarseLabel = images.coarse ? { coarse: [images.coarse(at)] } : {};
      return { image, label: [images.label(at)], ...coarseLabel };
    },
  };
}

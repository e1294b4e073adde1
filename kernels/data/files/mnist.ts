/**
 * MNIST and the sets that took over its files (Fashion-MNIST): images of 28 x 28 grey bytes with labels, in four IDX files,
 * packed or not. The last 10,000 training images are the validation split.
 */
import { DataError, type DataSet } from "../data-set.ts";
import { type IdxArray, parseIdx } from "./idx.ts";
import { imageSet, type LabelledImages } from "./image-set.ts";
import { type DataFolder, readDataFile } from "./read-file.ts";

/** Reads the set in a folder. @throws DataError that names file and offset */
export function readMnist(from: DataFolder, classes: readonly string[]): DataSet {
  return imageSet({
    name: from.set,
    classes,
    shape: [1, 28, 28],
    training: readPair(from, "train", classes.length),
    test: readPair(from, "t10k", classes.length),
  });
}

function readPair(from: DataFolder, prefix: string, classes: number): LabelledImages {
  const images = parseIdx(readDataFile(from, bothForms(`${prefix}-images-idx3-ubyte`)), 3);
  const labels = parseIdx(readDataFile(from, bothForms(`${prefix}-labels-idx1-ubyte`)), 1);
  requireSides(images);
  const [count = 0] = images.shape;
  if (count !== labels.shape[0])
    throw new DataError(
      `${labels.path}, byte 4`,
      `${count} labels, as ${images.path} has so many images`,
      String(labels.shape[0]),
      "The two files do not belong together: download both again.",
    );
  const wrong = labels.values.findIndex((label) => label >= classes);
  if (wrong >= 0)
    throw new DataError(
      `${labels.path}, byte ${labels.offset + wrong}`,
      `a label from 0 to ${classes - 1}`,
      String(labels.values[wrong]),
      "It is another file, or a broken one: download it again.",
    );
  return {
    count,
    pixels: (index) => images.values.subarray(index * 784, (index + 1) * 784),
    label: (index) => labels.values[index] as number,
  };
}

function bothForms(name: string): readonly string[] {
  // Some unpackers write a dot in the name, as some downloads do.
  const dotted = name.replace("-idx", ".idx");
  return [name, `${name}.gz`, dotted, `${dotted}.gz`];
}

function requireSides({ path, shape }: IdxArray): void {
  const [, rows, columns] = shape;
  if (rows === 28 && columns === 28) return;
  throw new DataError(
    `${path}, byte 8`,
    "images of 28 x 28",
    `${rows} x ${columns}`,
    "It is another set: give the folder of this one.",
  );
}

/**
 * Every set that is read from files by name: what `kdaccel data` lists and studies choose from. What is downloaded from
 * where is known elsewhere; this floor only reads folders.
 */
import type { DataSet } from "../data-set.ts";
import { readCifar10, readCifar100 } from "./cifar.ts";
import { readMnist } from "./mnist.ts";
import type { DataFolder } from "./read-file.ts";

export interface FileSetRow {
  readonly name: string;
  readonly summary: string;
  /** Reads a folder. @throws DataError that names file and offset, what was expected and what to do */
  readonly read: (folder: string) => DataSet;
}

const digits = [..."0123456789"];
const clothes = [
  "T-shirt/top",
  "trouser",
  "pullover",
  "dress",
  "coat",
  "sandal",
  "shirt",
  "sneaker",
  "bag",
  "ankle boot",
];
const things = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];
/** CIFAR-100's names are in files beside its data; numbers serve where only labels count. */
const numbered = (count: number, what: string): string[] =>
  Array.from({ length: count }, (_, at) => `${what} ${at}`);

const row = (name: string, summary: string, read: (from: DataFolder) => DataSet): FileSetRow => ({
  name,
  summary,
  read: (folder) => read({ set: name, folder }),
});

export const fileSets: readonly FileSetRow[] = [
  row("mnist", "70,000 handwritten digits, 28 x 28 grey", (from) => readMnist(from, digits)),
  row("fashion-mnist", "70,000 articles of clothing, 28 x 28 grey", (from) => readMnist(from, clothes)),
  row("cifar-10", "60,000 photographs of ten kinds of things, 32 x 32 colour", (from) =>
    readCifar10(from, things),
  ),
  row("cifar-100", "60,000 photographs of a hundred kinds of things, 32 x 32 colour", (from) =>
    readCifar100(from, numbered(100, "class"), numbered(20, "superclass")),
  ),
];

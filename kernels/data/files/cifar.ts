/**
 * CIFAR-10 and CIFAR-100 in their binary form: records of one label (CIFAR-100: a coarse and a fine one) and 3072 bytes,
 * the red, green and blue plane of 32 x 32 pixels (Krizhevsky 2009, and the page of the data set).
 */
import { DataError, type DataSet } from "../data-set.ts";
import { imageSet, type LabelledImages } from "./image-set.ts";
import { type DataFolder, type FileBytes, readDataFile } from "./read-file.ts";

const pixels = 3072;

interface Form {
  readonly training: readonly string[];
  readonly test: string;
  /** Labels before the pixels, in order, with the number of their values. */
  readonly labels: readonly number[];
}

/** Both sets, by the number of their classes. */
const forms = {
  10: {
    training: [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`),
    test: "test_batch.bin",
    labels: [10],
  },
  100: { training: ["train.bin"], test: "test.bin", labels: [20, 100] },
} as const satisfies Record<number, Form>;

/** Reads CIFAR-10. @throws DataError that names file and offset */
export function readCifar10(from: DataFolder, classes: readonly string[]): DataSet {
  return imageSet({ name: from.set, classes, shape: [3, 32, 32], ...readForm(from, forms[10]) });
}

/** Reads CIFAR-100; the field `coarse` has the twenty superclasses. @throws DataError that names file and offset */
export function readCifar100(
  from: DataFolder,
  classes: readonly string[],
  coarse: readonly string[],
): DataSet {
  return imageSet({ name: from.set, classes, coarse, shape: [3, 32, 32], ...readForm(from, forms[100]) });
}

function readForm(from: DataFolder, form: Form): { training: LabelledImages; test: LabelledImages } {
  const read = (name: string): FileBytes => checked(readDataFile(from, [name]), form);
  return { training: joined(form.training.map(read), form), test: joined([read(form.test)], form) };
}

function checked(file: FileBytes, { labels }: Form): FileBytes {
  const { path, bytes } = file;
  const record = labels.length + pixels;
  if (bytes.length === 0 || bytes.length % record !== 0) {
    const whole = Math.floor(bytes.length / record);
    throw new DataError(
      `${path}, byte ${whole * record}`,
      `records of ${record} bytes`,
      `${bytes.length - whole * record} bytes after ${whole} records`,
      "The file is cut off, or another set: download it again.",
    );
  }
  for (let at = 0; at < bytes.length; at += record) {
    for (const [nth, count] of labels.entries()) {
      const label = bytes[at + nth] as number;
      if (label < count) continue;
      throw new DataError(
        `${path}, byte ${at + nth} (record ${at / record})`,
        `a label from 0 to ${count - 1}`,
        String(label),
        "It is another file, or a broken one: download it again.",
      );
    }
  }
  return file;
}

/** Files one after the other; all but the last may have any number of records. */
function joined(files: readonly FileBytes[], { labels }: Form): LabelledImages {
  const record = labels.length + pixels;
  const starts: { readonly first: number; readonly bytes: Uint8Array }[] = [];
  let count = 0;
  for (const { bytes } of files) {
    starts.push({ first: count, bytes });
    count += bytes.length / record;
  }
  const within = (index: number, from: number, length: number): Uint8Array => {
    const { first, bytes } = starts.findLast((start) => start.first <= index) as (typeof starts)[number];
    const at = (index - first) * record + from;
    return bytes.subarray(at, at + length);
  };
  const label = (nth: number) => (index: number) => within(index, nth, 1)[0] as number;
  return {
    count,
    pixels: (index) => within(index, labels.length, pixels),
    label: label(labels.length - 1),
    ...(labels.length > 1 ? { coarse: label(0) } : {}),
  };
}

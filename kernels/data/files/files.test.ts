import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DataError } from "../data-set.ts";
import { fileSets } from "./file-sets.ts";
import { parseIdx } from "./idx.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kdaccel-data-files-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const read = (name: string, from = folder) => fileSets.find((row) => row.name === name)?.read(from);

function idx(shape: readonly number[], values: ArrayLike<number>, type = 8): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + values.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, (type << 8) | shape.length);
  for (const [at, side] of shape.entries()) view.setUint32(4 + 4 * at, side);
  bytes.set(values, 4 + 4 * shape.length);
  return bytes;
}

const images = (count: number): Uint8Array =>
  idx(
    [count, 28, 28],
    Uint8Array.from({ length: count * 784 }, (_, at) => (at * 7) % 256),
  );
const labels = (count: number, first = 0): Uint8Array =>
  idx(
    [count],
    Uint8Array.from({ length: count }, (_, at) => (first + at) % 10),
  );

function writeMnist(changes: Readonly<Record<string, Uint8Array | undefined>> = {}): void {
  const files: Record<string, Uint8Array | undefined> = {
    "train-images-idx3-ubyte.gz": gzipSync(images(12)),
    "train-labels-idx1-ubyte.gz": gzipSync(labels(12)),
    "t10k-images-idx3-ubyte": images(3),
    "t10k-labels-idx1-ubyte": labels(3, 5),
    ...changes,
  };
  for (const [name, bytes] of Object.entries(files)) if (bytes) writeFileSync(join(folder, name), bytes);
}

describe("mnist", () => {
  it("reads packed and plain files, with the last training images for validation", () => {
    writeMnist();
    const set = read("mnist");
    expect(set?.sizes).toEqual({ train: 10, validation: 2, test: 3 });
    const { image, label } = set?.example("validation", 1) ?? {};
    expect(label).toEqual([1]);
    expect(image?.[5]).toBe(Math.fround((((11 * 784 + 5) * 7) % 256) / 255));
    expect(set?.example("test", 0).label).toEqual([5]);
    expect(() => set?.example("test", 3)).toThrow(DataError);
  });

  it.each([
    [
      "a wrong magic",
      { "t10k-labels-idx1-ubyte": idx([3], [1, 2, 3], 9) },
      /labels-idx1-ubyte, byte 0: expected the four bytes 0x00000801; found 0x00000901/,
    ],
    [
      "labels where images should be",
      { "t10k-images-idx3-ubyte": labels(3) },
      /byte 0: expected the four bytes 0x00000803; found 0x00000801/,
    ],
    [
      "a cut-off file",
      { "t10k-images-idx3-ubyte": images(3).subarray(0, 2000) },
      /images-idx3-ubyte, byte 16: expected 2352 bytes \(3 x 28 x 28\); found 1984 bytes/,
    ],
    [
      "bytes too many",
      { "t10k-labels-idx1-ubyte": Buffer.concat([labels(3), Buffer.of(1)]) },
      /byte 8: expected 3 bytes \(3\); found 4/,
    ],
    [
      "a cut-off head",
      { "t10k-labels-idx1-ubyte": labels(3).subarray(0, 6) },
      /byte 4: expected 1 sizes.*found a file of 6 bytes/,
    ],
    ["an empty file", { "t10k-labels-idx1-ubyte": new Uint8Array(0) }, /byte 0: .*a file of 0 bytes/],
    [
      "other counts",
      { "t10k-labels-idx1-ubyte": labels(4) },
      /labels-idx1-ubyte, byte 4: expected 3 labels.*found 4/,
    ],
    [
      "a label too large",
      { "t10k-labels-idx1-ubyte": idx([3], [1, 10, 2]) },
      /byte 9: expected a label from 0 to 9; found 10/,
    ],
    [
      "images of another size",
      { "t10k-images-idx3-ubyte": idx([3, 27, 28], new Uint8Array(3 * 27 * 28)) },
      /byte 8: expected images of 28 x 28; found 27 x 28/,
    ],
    [
      "a cut-off gzip",
      { "train-labels-idx1-ubyte.gz": gzipSync(labels(12)).subarray(0, 20) },
      /labels-idx1-ubyte.gz: expected a whole gzip file of 20 bytes; found unexpected end of file/,
    ],
    ["no gzip", { "train-labels-idx1-ubyte.gz": labels(12) }, /found incorrect header check/],
  ])("names file and offset of %s", (_, changes, message) => {
    writeMnist(changes);
    expect(() => read("mnist")).toThrow(message);
    expect(() => read("mnist")).toThrow(DataError);
  });

  it("says how to get what is not there", () => {
    const remedyOf = (from: string): string => {
      try {
        read("fashion-mnist", from);
      } catch (error) {
        return (error as DataError).remedy;
      }
      return "";
    };
    expect(remedyOf(join(folder, "nowhere"))).toContain("`kdaccel data add fashion-mnist` downloads it");
    writeMnist({ "t10k-labels-idx1-ubyte": undefined });
    expect(remedyOf(folder)).toContain(folder);
    expect(() => read("mnist")).toThrow(
      /expected the file t10k-labels-idx1-ubyte or t10k-labels-idx1-ubyte.gz/,
    );
    mkdirSync(join(folder, "t10k-labels-idx1-ubyte"));
    expect(() => read("mnist")).toThrow(/expected the file t10k-labels/);
  });
});

describe("parseIdx", () => {
  it("takes any bytes for a whole file or an error that names the offset", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 3 }), (bytes, dimensions) => {
        try {
          const { shape, values } = parseIdx({ path: "x", bytes }, dimensions);
          expect(values.length).toBe(shape.reduce((product, side) => product * side, 1));
        } catch (error) {
          expect(error).toBeInstanceOf(DataError);
          expect((error as Error).message).toMatch(/^x, byte \d+: expected/);
        }
      }),
    );
  });
});

/** Records whose first pixel is the number of the record. */
function cifar(count: number, heads: (index: number) => readonly number[]): Uint8Array {
  return Buffer.concat(
    Array.from({ length: count }, (_, index) => {
      const pixels = new Uint8Array(3072).fill(9);
      pixels[0] = index;
      return Buffer.from([...heads(index), ...pixels]);
    }),
  );
}

describe("cifar", () => {
  function writeTen(changes: Readonly<Record<string, Uint8Array>> = {}): void {
    for (let number = 1; number <= 5; number++)
      writeFileSync(
        join(folder, `data_batch_${number}.bin`),
        cifar(number, (index) => [(number + index) % 10]),
      );
    writeFileSync(
      join(folder, "test_batch.bin"),
      cifar(4, (index) => [index]),
    );
    for (const [name, bytes] of Object.entries(changes)) writeFileSync(join(folder, name), bytes);
  }

  it("joins the five files of CIFAR-10 in order", () => {
    writeTen();
    const set = read("cifar-10");
    expect(set?.sizes).toEqual({ train: 13, validation: 2, test: 4 });
    // Record 12 of 15 is the third of the last file.
    const { image, label } = set?.example("train", 12) ?? {};
    expect([image?.[0], label?.[0]]).toEqual([Math.fround(2 / 255), 7]);
    expect(set?.example("validation", 0).label).toEqual([8]);
  });

  it("reads the coarse label of CIFAR-100 beside the fine one", () => {
    writeFileSync(
      join(folder, "train.bin"),
      cifar(6, (index) => [index, 90 + index]),
    );
    writeFileSync(
      join(folder, "test.bin"),
      cifar(2, (index) => [19, 99 - index]),
    );
    const set = read("cifar-100");
    expect(set?.example("test", 1)).toMatchObject({ label: [98], coarse: [19] });
    expect(set?.fields.map(({ name, values }) => [name, values])).toEqual([
      ["image", undefined],
      ["label", 100],
      ["coarse", 20],
    ]);
    writeFileSync(
      join(folder, "test.bin"),
      cifar(2, (index) => [20 * index, 5]),
    );
    expect(() => read("cifar-100")).toThrow(
      /test.bin, byte 3074 \(record 1\): expected a label from 0 to 19; found 20/,
    );
  });

  it("names file and offset of a cut-off record, a wrong label and a missing file", () => {
    writeTen({ "data_batch_2.bin": cifar(2, () => [1]).subarray(0, 3073 + 5) });
    expect(() => read("cifar-10")).toThrow(
      /data_batch_2.bin, byte 3073: expected records of 3073 bytes; found 5 bytes after 1 records/,
    );
    writeTen({ "data_batch_4.bin": cifar(4, (index) => [index + 8]) });
    expect(() => read("cifar-10")).toThrow(/data_batch_4.bin, byte 6146 \(record 2\).*found 10/);
    rmSync(join(folder, "test_batch.bin"));
    writeTen();
    rmSync(join(folder, "test_batch.bin"));
    expect(() => read("cifar-10")).toThrow(/expected the file test_batch.bin; found none/);
  });
});

import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { columnsFor, fillBatch } from "./batches.ts";
import { DataError, type DataSet, fieldLength, type Split, splits } from "./data-set.ts";
import { dataSets, drawnSetCalled } from "./registry.ts";

const sizes = { train: 60, validation: 30, test: 30 };

/** Digest of the first examples of every split as float32, little-endian. */
function digestOf(set: DataSet): string {
  const hash = createHash("sha256");
  for (const split of splits) {
    const columns = columnsFor(set, 30);
    fillBatch(
      set,
      split,
      Int32Array.from({ length: 30 }, (_, index) => index),
      columns,
    );
    for (const { name } of set.fields) {
      const values = columns[name] as Float32Array;
      const bytes = new DataView(new ArrayBuffer(4 * values.length));
      for (const [at, value] of values.entries()) bytes.setFloat32(4 * at, value, true);
      hash.update(new Uint8Array(bytes.buffer));
    }
  }
  return hash.digest("hex").slice(0, 16);
}

// The same on every machine: a change here is a change of the data, and of every figure made with it.
const digests: Readonly<Record<string, string>> = {
  glyphs: "9cfc06f2c07d36a4",
  "coloured-shapes": "96ca54764aeeac68",
  segmentation: "442404a7b8494cba",
  detection: "b402e2bebb97e598",
  "click-log": "bd5705e8f73eaa1f",
  sentences: "844122f91ef59c34",
  "text-matching": "cb9995ec1b237bc8",
  "two-view": "a5e67f62d1ba8e6b",
  "multi-view": "518422e6665155fb",
};

describe.each(dataSets)("data set $name", ({ name, make }) => {
  const set = make({ sizes });

  it("is the same bits everywhere", () => {
    expect(digestOf(set)).toBe(digests[name]);
  });

  it("has another content for another seed", () => {
    expect(digestOf(make({ sizes, seed: 2 }))).not.toBe(digests[name]);
  });

  it("fills each field with as many finite numbers as its shape says, integers within their range", () => {
    for (const split of splits) {
      for (let index = 0; index < sizes[split]; index++) {
        const example = set.example(split, index);
        expect(Object.keys(example).toSorted()).toEqual(set.fields.map((field) => field.name).toSorted());
        for (const field of set.fields) {
          const values = Array.from(example[field.name] ?? []);
          expect(values.length).toBe(fieldLength(field));
          expect(values.every(Number.isFinite)).toBe(true);
          const { values: count } = field;
          if (count === undefined) continue;
          expect(values.every((value) => Number.isInteger(value) && value >= 0 && value < count)).toBe(true);
        }
      }
    }
  });

  it("gives an example whatever was asked for before, and has none outside its sizes", () => {
    const again = make({ sizes });
    again.example("test", 29);
    expect(again.example("train", 5)).toEqual(set.example("train", 5));
    for (const index of [-1, sizes.train, 0.5, Number.NaN])
      expect(() => set.example("train", index)).toThrow(DataError);
  });

  it("shares no input between splits", () => {
    const inputs = set.fields.filter((field) => field.role === "input").map((field) => field.name);
    const keys = (split: Split): string[] =>
      Array.from({ length: 30 }, (_, index) => {
        const example = set.example(split, index);
        return JSON.stringify(inputs.map((input) => Array.from(example[input] ?? [])));
      });
    const all = splits.flatMap(keys);
    expect(new Set(all).size).toBe(all.length);
  });
});

describe("drawnSetCalled", () => {
  it("names the sets there are when it knows none of that name", () => {
    expect(() => drawnSetCalled("digits")).toThrow(/one of glyphs.*; found digits/);
    expect(drawnSetCalled("glyphs", { sizes }).sizes).toEqual(sizes);
  });

  it("refuses sizes that are no whole numbers", () => {
    expect(() => drawnSetCalled("glyphs", { sizes: { train: 1.5 } })).toThrow(/size of train.*found 1.5/);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Memory } from "../codegen/memory.ts";
import { batches, columnsFor, fillBatch, firstOf, inOrder, shuffled, tabulated } from "./batches.ts";
import { DataError, type DataSet } from "./data-set.ts";
import { drawnSet } from "./drawn-set.ts";
import { glyphs } from "./glyphs/glyphs.ts";

const small = { sizes: { train: 50, validation: 20, test: 20 } };

describe("batches", () => {
  it("give every example once an epoch, in another order each epoch and seed", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 200 }),
        fc.integer({ min: 1, max: 70 }),
        fc.nat(),
        (size, batch, seed) => {
          const all = [...batches(size, { batch, seed, epoch: 3, keepRest: true })].flatMap((each) => [
            ...each,
          ]);
          expect(all.toSorted((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, index) => index));
          const whole = [...batches(size, { batch, seed, epoch: 3 })];
          expect(whole.length).toBe(Math.floor(size / batch));
          expect(whole.every((each) => each.length === batch)).toBe(true);
        },
      ),
    );
    expect(shuffled(100, 1, 0)).toEqual(shuffled(100, 1, 0));
    expect(shuffled(100, 1, 0)).not.toEqual(shuffled(100, 1, 1));
    expect(shuffled(100, 1, 0)).not.toEqual(shuffled(100, 2, 0));
  });

  it("come in order for evaluation, the last one shorter", () => {
    expect([...inOrder(5, 2)].map((each) => [...each])).toEqual([[0, 1], [2, 3], [4]]);
  });
});

describe("fillBatch", () => {
  it("writes rows into the memory of kernels and touches nothing behind them", () => {
    const memory = new Memory(1 << 20);
    const set = glyphs(small);
    const image = memory.allocate("f32", 4 * 784).view.fill(-7);
    const label = memory.allocate("f64", 4).view.fill(-7);
    fillBatch(set, "train", [3, 12, 45], { image, label });
    expect([...label]).toEqual([3, 2, 5, -7]);
    expect(image.subarray(784, 2 * 784)).toEqual(set.example("train", 12).image);
    expect(image.subarray(3 * 784).every((value) => value === -7)).toBe(true);
  });

  it("refuses a field that is not there and an array that is too short", () => {
    const set = glyphs(small);
    const label = new Float32Array(1);
    expect(() => fillBatch(set, "train", [0], { labels: label })).toThrow(
      /fields image, label; found labels/,
    );
    expect(() => fillBatch(set, "train", [0, 1], { label })).toThrow(/room for 2 numbers; found 1/);
  });
});

describe("tabulated", () => {
  it("gives the same numbers, drawing each example once", () => {
    let drawn = 0;
    const counted: DataSet = drawnSet(
      {
        name: "counted",
        fields: [{ name: "x", shape: [2], role: "input", meaning: "two numbers" }],
        draw(random) {
          drawn++;
          return { x: [random(), random()] };
        },
      },
      small,
    );
    const table = tabulated(counted);
    const before = Float32Array.from(counted.example("test", 7).x ?? []);
    drawn = 0;
    for (let times = 0; times < 3; times++) expect(table.example("test", 7).x).toEqual(before);
    expect(drawn).toBe(20);
    expect(() => table.example("test", 20)).toThrow(DataError);
  });

  it("holds another row for each example", () => {
    const table = tabulated(glyphs(small));
    const columns = columnsFor(table, 2, ["image"]);
    fillBatch(table, "validation", [4, 19], columns);
    expect(columns.image?.subarray(784)).toEqual(glyphs(small).example("validation", 19).image);
  });
});

describe("firstOf", () => {
  it("shortens splits and refuses to lengthen them", () => {
    const set = firstOf(glyphs(small), { train: 10 });
    expect(set.sizes).toEqual({ train: 10, validation: 20, test: 20 });
    expect(() => firstOf(set, { test: 21 })).toThrow(/at least 21 examples; found 20/);
  });
});

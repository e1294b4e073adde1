import { describe, expect, it } from "vitest";
import type { Example } from "../data-set.ts";
import { type Placed, paint } from "./colour-image.ts";
import { colouredShapes } from "./coloured-shapes.ts";
import { detection } from "./detection.ts";
import { segmentation } from "./segmentation.ts";
import { shapeNames } from "./shapes.ts";

const values = (example: Example, field: string): number[] => Array.from(example[field] ?? []);

/** Which pixels a shape covers on a 64 x 64 canvas. */
function covered(placed: Omit<Placed, "colour">): Set<number> {
  const image = { side: 64, pixels: new Float32Array(3 * 64 * 64) };
  const pixels = new Set<number>();
  paint(image, { ...placed, colour: [1, 1, 1] }, (row, column) => pixels.add(row * 64 + column));
  const ink = image.pixels.subarray(0, 64 * 64).reduce((sum, value) => sum + value, 0);
  // The soft edge is symmetric: as much ink outside the edge as is missing inside.
  expect(Math.abs(ink - pixels.size) / pixels.size).toBeLessThan(0.05);
  return pixels;
}

describe("shapes", () => {
  it("are different from each other at every rotation, and fill their circle to a fair part", () => {
    for (const one of shapeNames) {
      const still = covered({ shape: one, x: 31.8, y: 32.3, radius: 25, angle: 0 });
      expect(still.size).toBeGreaterThan(0.2 * Math.PI * 25 ** 2);
      for (const other of shapeNames.filter((shape) => shape !== one)) {
        for (let turn = 0; turn < 12; turn++) {
          const turned = covered({ shape: other, x: 31.8, y: 32.3, radius: 25, angle: (turn * Math.PI) / 6 });
          const shared = [...still].filter((pixel) => turned.has(pixel)).length;
          const union = still.size + turned.size - shared;
          expect(shared / union).toBeLessThan(0.9);
        }
      }
    }
  });
});

describe("coloured-shapes", () => {
  it("take every colour with every shape, unless the colour is tied to it", () => {
    const agreement = (colourTie: number): number => {
      const set = colouredShapes({ colourTie, side: 8 });
      let agree = 0;
      for (let index = 0; index < 1200; index++) {
        const example = set.example("train", index);
        if (values(example, "colour")[0] === (values(example, "label")[0] as number) % 6) agree++;
      }
      return agree / 1200;
    };
    // Four standard errors around 1/6, and around 1/2 + 1/12.
    expect(Math.abs(agreement(0) - 1 / 6)).toBeLessThan(0.045);
    expect(Math.abs(agreement(0.5) - 7 / 12)).toBeLessThan(0.06);
    expect(agreement(1)).toBe(1);
  });
});

describe("segmentation", () => {
  it("marks every class, and mostly pixels whose colour differs from the background's", () => {
    const set = segmentation();
    const seen = new Array<number>(5).fill(0);
    for (let index = 0; index < 200; index++) {
      for (const kind of values(set.example("train", index), "mask")) seen[kind] = (seen[kind] as number) + 1;
    }
    const total = 200 * 32 * 32;
    expect((seen[0] as number) / total).toBeGreaterThan(0.5);
    for (const count of seen.slice(1)) expect(count / total).toBeGreaterThan(0.03);
  });

  it("has clean colours under a mask without noise: one shape, one colour inside its edge", () => {
    const set = segmentation({ noise: 0 });
    for (let index = 0; index < 20; index++) {
      const example = set.example("test", index);
      const [mask, image] = [values(example, "mask"), values(example, "image")];
      const inner = mask.flatMap((kind, at) => {
        const around = [at, at - 1, at + 1, at - 32, at + 32, at - 2, at + 2];
        return kind > 0 && at % 32 > 1 && at % 32 < 30 && around.every((each) => mask[each] === kind)
          ? [at]
          : [];
      });
      const colours = new Set(inner.map((at) => image[at]?.toFixed(5)));
      // At most three shapes, whose edges may meet within one class.
      expect(colours.size).toBeLessThan(Math.max(4, inner.length / 4));
    }
  });
});

describe("detection", () => {
  const set = detection();

  it("has one to four objects with boxes inside the image, listed first", () => {
    const counts = new Set<number>();
    for (let index = 0; index < 100; index++) {
      const example = set.example("train", index);
      const [kinds, boxes] = [values(example, "kinds"), values(example, "boxes")];
      const count = kinds.filter((kind) => kind > 0).length;
      counts.add(count);
      expect(kinds.slice(count).every((kind) => kind === 0)).toBe(true);
      for (let nth = 0; nth < count; nth++) {
        const [x = 0, y = 0, width = 0, height = 0] = boxes.slice(nth * 4, nth * 4 + 4);
        expect(Math.min(width, height)).toBeGreaterThan(0.1);
        for (const [centre, extent] of [
          [x, width],
          [y, height],
        ] as const) {
          expect(centre - extent / 2).toBeGreaterThan(-1e-6);
          expect(centre + extent / 2).toBeLessThan(1 + 1e-6);
        }
      }
    }
    expect([...counts].toSorted()).toEqual([1, 2, 3, 4]);
  });

  it("says the same as a grid: the boxes can be read back from the cells", () => {
    for (let index = 0; index < 50; index++) {
      const example = set.example("train", index);
      const [cells, offsets] = [values(example, "cells"), values(example, "offsets")];
      const boxes = values(example, "boxes");
      const listed = values(example, "kinds").map((kind, nth) => [
        kind,
        ...boxes.slice(nth * 4, nth * 4 + 4),
      ]);
      const occupied = cells.flatMap((kind, at) => (kind > 0 ? [{ kind, at }] : []));
      expect(occupied.length).toBeGreaterThan(0);
      for (const { kind, at } of occupied) {
        const x = ((at % 6) + (offsets[at] as number)) / 6;
        const y = (Math.floor(at / 6) + (offsets[36 + at] as number)) / 6;
        const same = listed.some(
          (box) =>
            box[0] === kind &&
            Math.abs((box[1] as number) - x) < 1e-6 &&
            Math.abs((box[2] as number) - y) < 1e-6,
        );
        expect(same).toBe(true);
      }
    }
  });
});

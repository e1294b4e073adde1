/**
 * `npm run data-pictures`: docs/images/data-*.png, from the real generators. Sets of images are shown as they are, with
 * masks and boxes beside or over them; the patches of `multi-view` as greys.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encode } from "fast-png";
import type { DataSet, Example } from "../kernels/data/data-set.ts";
import { glyphs } from "../kernels/data/glyphs/glyphs.ts";
import { multiView } from "../kernels/data/multi-view.ts";
import { colouredShapes } from "../kernels/data/scenes/coloured-shapes.ts";
import { detection } from "../kernels/data/scenes/detection.ts";
import { segmentation } from "../kernels/data/scenes/segmentation.ts";

/** Red, green and blue, 0 to 1, of a pixel of a tile. */
type Pixel = (row: number, column: number) => readonly [number, number, number];

interface Tile {
  readonly rows: number;
  readonly columns: number;
  readonly pixel: Pixel;
}

const images = join(import.meta.dirname, "..", "docs", "images");
// Pixels of data are small on a screen: each becomes two by two, with a white line between tiles.
const scale = 2;
const gap = 2;

const at = (values: ArrayLike<number> | undefined, index: number): number => values?.[index] ?? 0;

function grey(values: ArrayLike<number> | undefined, columns: number, low = 0, high = 1): Pixel {
  return (row, column) => {
    const value = (at(values, row * columns + column) - low) / (high - low);
    return [value, value, value];
  };
}

function colour({ image }: Example, side: number): Pixel {
  const plane = (nth: number, row: number, column: number): number =>
    at(image, (nth * side + row) * side + column);
  return (row, column) => [plane(0, row, column), plane(1, row, column), plane(2, row, column)];
}

// Background, disc, square, triangle, ring: told apart also without colours, by their lightness.
const maskColours = [
  [0.1, 0.1, 0.1],
  [0.9, 0.35, 0.2],
  [0.95, 0.85, 0.3],
  [0.25, 0.5, 0.85],
  [0.85, 0.95, 0.95],
] as const;

function withBoxes(example: Example, side: number): Pixel {
  const below = colour(example, side);
  const boxes = Array.from(example.kinds ?? []).flatMap((kind, nth) => {
    const [x, y, width, height] = [0, 1, 2, 3].map((part) => side * at(example.boxes, 4 * nth + part));
    if (kind === 0 || !x || !y || !width || !height) return [];
    return [{ left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2 }];
  });
  return (row, column) => {
    const edge = boxes.some(({ left, right, top, bottom }) => {
      const [x, y] = [column + 0.5, row + 0.5];
      const within = x > left && x < right && y > top && y < bottom;
      return within && (x < left + 1 || x > right - 1 || y < top + 1 || y > bottom - 1);
    });
    return edge ? [1, 1, 1] : below(row, column);
  };
}

function picture(name: string, columns: number, tiles: readonly Tile[]): void {
  const { rows: height, columns: width } = tiles[0] as Tile;
  const lines = Math.ceil(tiles.length / columns);
  const canvas = {
    width: columns * (width * scale + gap) - gap,
    height: lines * (height * scale + gap) - gap,
    channels: 3,
    depth: 8,
  } as const;
  const data = new Uint8Array(canvas.width * canvas.height * 3).fill(255);
  for (const [nth, { pixel }] of tiles.entries()) {
    const left = (nth % columns) * (width * scale + gap);
    const top = Math.floor(nth / columns) * (height * scale + gap);
    for (let y = 0; y < height * scale; y++) {
      for (let x = 0; x < width * scale; x++) {
        const bytes = pixel(Math.floor(y / scale), Math.floor(x / scale)).map((value) =>
          Math.round(255 * Math.min(1, Math.max(0, value))),
        );
        data.set(bytes, 3 * ((top + y) * canvas.width + left + x));
      }
    }
  }
  writeFileSync(join(images, `data-${name}.png`), encode({ ...canvas, data }));
  console.log(`docs/images/data-${name}.png`);
}

function first(set: DataSet, count: number): Example[] {
  return Array.from({ length: count }, (_, index) => set.example("train", index));
}

mkdirSync(images, { recursive: true });
const levels = (["plain", "easy", "normal", "hard"] as const).flatMap((difficulty) =>
  first(glyphs({ difficulty, alphabet: "both" }), 18),
);
picture(
  "glyphs",
  18,
  levels.map(({ image }) => ({ rows: 28, columns: 28, pixel: grey(image, 28) })),
);
picture(
  "coloured-shapes",
  12,
  first(colouredShapes(), 36).map((example) => ({ rows: 32, columns: 32, pixel: colour(example, 32) })),
);
picture(
  "segmentation",
  12,
  first(segmentation(), 18).flatMap((example) => [
    { rows: 32, columns: 32, pixel: colour(example, 32) },
    {
      rows: 32,
      columns: 32,
      pixel: (row: number, column: number) => maskColours[at(example.mask, row * 32 + column)] ?? [1, 1, 1],
    },
  ]),
);
picture(
  "detection",
  8,
  first(detection(), 24).map((example) => ({ rows: 48, columns: 48, pixel: withBoxes(example, 48) })),
);
picture(
  "multi-view",
  8,
  first(multiView(), 16).map(({ patches }) => ({
    rows: 12,
    columns: 32,
    pixel: grey(patches, 32, -0.5, 0.5),
  })),
);

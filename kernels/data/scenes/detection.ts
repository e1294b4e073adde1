/**
 * The set `detection`: up to four shapes that do not overlap, with their boxes and kinds, and the same as a one-stage
 * detector wants it: a grid whose cells hold what has its centre there (after YOLO, Redmon et al. 2016, section 2).
 */
import { integerIn } from "../../random.ts";
import type { DataSet, Example } from "../data-set.ts";
import { type DrawnOptions, drawnSet } from "../drawn-set.ts";
import {
  addNoise,
  type ColourImage,
  hues,
  nearHue,
  type Placed,
  paint,
  texturedImage,
} from "./colour-image.ts";
import type { ShapeName } from "./shapes.ts";

/** The kinds of object; 0 stands for none. */
export const detected = ["disc", "square", "triangle", "cross"] as const satisfies readonly ShapeName[];

export interface DetectionOptions extends DrawnOptions {
  /** Pixels of a side (default 48). */
  readonly side?: number;
  /** Cells of a side of the grid (default 6). */
  readonly cells?: number;
  /** Most objects of a scene (default 4). */
  readonly objects?: number;
  /** Standard deviation of the noise on each channel (default 0.06). */
  readonly noise?: number;
}

/** Rows and columns of the pixels that an object covers, the last ones included. */
interface Extent {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

/**
 * Fields: `image` [3, side, side]; `boxes` [objects, 4] with centre x, centre y, width and height in parts of the side, 0
 * where there is no object; `kinds` [objects]; `cells` [cells, cells] with the kind whose centre is there; `offsets`
 * [4, cells, cells] with that centre's place within the cell (0 to 1) and width and height in parts of the side.
 */
export function detection(options: DetectionOptions = {}): DataSet {
  const { side = 48, cells = 6, objects = 4, noise = 0.06 } = options;
  const kinds = detected.length + 1;
  return drawnSet(
    {
      name: "detection",
      classes: ["none", ...detected],
      fields: [
        { name: "image", shape: [3, side, side], role: "input", meaning: "red, green and blue, 0 to 1" },
        { name: "boxes", shape: [objects, 4], role: "target", meaning: "centre x, centre y, width, height" },
        { name: "kinds", shape: [objects], role: "target", values: kinds, meaning: "kind of each box" },
        {
          name: "cells",
          shape: [cells, cells],
          role: "target",
          values: kinds,
          meaning: "kind with its centre there",
        },
        { name: "offsets", shape: [4, cells, cells], role: "target", meaning: "box of the cell's object" },
      ],
      draw(random, index) {
        const image = texturedImage(side, random);
        const scene = { objects, cells, side };
        const found = placeObjects(image, integerIn(random, 1, objects), index, random);
        addNoise(image, noise, random);
        return { image: image.pixels, ...targets(found, scene) };
      },
    },
    options,
  );
}

interface Found {
  readonly kind: number;
  readonly extent: Extent;
}

// Tries to find room for all objects; a scene with less room has fewer objects.
const tries = 24;

function placeObjects(image: ColourImage, count: number, index: number, random: () => number): Found[] {
  const placed: Placed[] = [];
  const found: Found[] = [];
  for (let trial = 0; trial < tries && found.length < count; trial++) {
    const kind = found.length === 0 ? index % detected.length : integerIn(random, 0, detected.length - 1);
    const candidate = candidateFor(detected[kind] as ShapeName, image.side, random);
    if (placed.some((other) => overlap(other, candidate))) continue;
    placed.push(candidate);
    const extent = { top: image.side, bottom: -1, left: image.side, right: -1 };
    paint(image, candidate, (row, column) => {
      extent.top = Math.min(extent.top, row);
      extent.bottom = Math.max(extent.bottom, row);
      extent.left = Math.min(extent.left, column);
      extent.right = Math.max(extent.right, column);
    });
    found.push({ kind: kind + 1, extent });
  }
  return found;
}

function candidateFor(shape: ShapeName, side: number, random: () => number): Placed {
  const radius = side * (0.11 + 0.1 * random());
  return {
    shape,
    radius,
    x: radius + (side - 2 * radius) * random(),
    y: radius + (side - 2 * radius) * random(),
    angle: 2 * Math.PI * random(),
    colour: nearHue(integerIn(random, 0, hues.length - 1), random),
  };
}

function overlap(a: Placed, b: Placed): boolean {
  const [dx, dy] = [a.x - b.x, a.y - b.y];
  const apart = a.radius + b.radius;
  return dx * dx + dy * dy < apart * apart;
}

/** Boxes as a list and as a grid; of two centres in one cell the larger object counts. */
function targets(
  found: readonly Found[],
  { objects, cells, side }: { readonly objects: number; readonly cells: number; readonly side: number },
): Example {
  const boxes = new Float32Array(objects * 4);
  const kinds = new Float32Array(objects);
  const grid = new Float32Array(cells * cells);
  const offsets = new Float32Array(4 * cells * cells);
  for (const [nth, { kind, extent }] of found.entries()) {
    const box = [
      (extent.left + extent.right + 1) / 2 / side,
      (extent.top + extent.bottom + 1) / 2 / side,
      (extent.right - extent.left + 1) / side,
      (extent.bottom - extent.top + 1) / side,
    ] as const;
    boxes.set(box, nth * 4);
    kinds[nth] = kind;
    const [x, y, width, height] = box;
    const [column, row] = [Math.floor(x * cells), Math.floor(y * cells)];
    const at = row * cells + column;
    const area = (offsets[2 * cells * cells + at] as number) * (offsets[3 * cells * cells + at] as number);
    if (width * height <= area) continue;
    grid[at] = kind;
    for (const [plane, value] of [x * cells - column, y * cells - row, width, height].entries()) {
      offsets[plane * cells * cells + at] = value;
    }
  }
  return { boxes, kinds, cells: grid, offsets };
}

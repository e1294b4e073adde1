/**
 * What happens to a glyph between its strokes and its pixels: an affine map and a smooth random displacement of the
 * points (after Simard, Steinkraus & Platt 2003, who displace pixels), thickness, occlusion, contrast, noise. How much
 * of each is a row of the table of difficulties.
 */
import { drawPolyline, fillRectangle, type GreyImage, greyImage, type Polyline } from "../grey-image.ts";
import { cosine, normalStream, sine } from "../portable-math.ts";

/** Half-widths of uniform ranges unless said otherwise; lengths in parts of the image's side. */
export interface Distortion {
  /** Degrees. */
  readonly rotation: number;
  readonly shear: number;
  /** Either axis is scaled by 1 - this to 1 + this. */
  readonly scale: number;
  readonly shift: number;
  /** Standard deviation of the displacement of each point of a 4 x 4 grid, between which it is interpolated. */
  readonly elastic: number;
  /** Half the width of a stroke in pixels of 28: least and most. */
  readonly halfWidth: readonly [number, number];
  /** The ink of a stroke is 1 - this to 1. */
  readonly contrast: number;
  /** Standard deviation of normal noise on every pixel; the result is cut to [0, 1]. */
  readonly noise: number;
  /** How likely a rectangle hides a part, and its longest side. */
  readonly occlusion: number;
  readonly occlusionSide: number;
}

/** `normal` is chosen so that small networks make some errors, which is what a comparison of methods needs. */
export const distortions = {
  plain: {
    rotation: 0,
    shear: 0,
    scale: 0,
    shift: 0,
    elastic: 0,
    halfWidth: [1.2, 1.2],
    contrast: 0,
    noise: 0,
    occlusion: 0,
    occlusionSide: 0,
  },
  easy: {
    rotation: 8,
    shear: 0.1,
    scale: 0.1,
    shift: 0.04,
    elastic: 0.015,
    halfWidth: [0.9, 1.7],
    contrast: 0.2,
    noise: 0.05,
    occlusion: 0,
    occlusionSide: 0,
  },
  normal: {
    rotation: 15,
    shear: 0.2,
    scale: 0.18,
    shift: 0.07,
    elastic: 0.035,
    halfWidth: [0.7, 2],
    contrast: 0.4,
    noise: 0.15,
    occlusion: 0.25,
    occlusionSide: 0.35,
  },
  hard: {
    rotation: 25,
    shear: 0.3,
    scale: 0.25,
    shift: 0.1,
    elastic: 0.05,
    halfWidth: [0.6, 2.2],
    contrast: 0.5,
    noise: 0.25,
    occlusion: 0.5,
    occlusionSide: 0.45,
  },
} as const satisfies Record<string, Distortion>;

export type Difficulty = keyof typeof distortions;

// The glyph's square fills this part of the image: MNIST's 20 of 28 pixels.
const glyphPart = 20 / 28;
const gridSide = 4;

/** Draws polylines of the unit square, distorted at random, into a new square image. */
export function drawDistorted(
  lines: readonly Polyline[],
  side: number,
  distortion: Distortion,
  random: () => number,
): GreyImage {
  const around = (halfWidth: number): number => (2 * random() - 1) * halfWidth;
  const map = affineMap(distortion, around);
  const displace = elasticMap(distortion.elastic, random);
  const [thin, thick] = distortion.halfWidth;
  const halfWidth = ((thin + (thick - thin) * random()) * side) / 28;
  const ink = 1 - distortion.contrast * random();
  const image = greyImage(side, side);
  for (const line of lines) drawPolyline(image, mapped(line, map, displace, side), halfWidth);
  for (let at = 0; at < image.pixels.length; at++) image.pixels[at] = ink * (image.pixels[at] as number);
  occlude(image, distortion, random);
  addNoise(image.pixels, distortion.noise, random);
  return image;
}

type PointMap = (x: number, y: number) => readonly [number, number];

/** Maps the unit square around its centre into the image, whose side is 1. */
function affineMap(distortion: Distortion, around: (halfWidth: number) => number): PointMap {
  const angle = around(distortion.rotation) * (Math.PI / 180);
  const shear = around(distortion.shear);
  const scaleX = glyphPart * (1 + around(distortion.scale));
  const scaleY = glyphPart * (1 + around(distortion.scale));
  const shiftX = 0.5 + around(distortion.shift);
  const shiftY = 0.5 + around(distortion.shift);
  const cos = cosine(angle);
  const sin = sine(angle);
  return (x, y) => {
    const v = (y - 0.5) * scaleY;
    const u = (x - 0.5) * scaleX + shear * v;
    return [shiftX + cos * u - sin * v, shiftY + sin * u + cos * v];
  };
}

/** A displacement of points of the image that is bilinear between the points of a random grid. */
function elasticMap(deviation: number, random: () => number): PointMap {
  const normal = normalStream(random);
  const grid = Float64Array.from({ length: 2 * gridSide * gridSide }, () => deviation * normal());
  const at = (row: number, column: number, axis: number): number =>
    grid[2 * (row * gridSide + column) + axis] as number;
  return (x, y) => {
    const u = Math.min(0.999, Math.max(0, x)) * (gridSide - 1);
    const v = Math.min(0.999, Math.max(0, y)) * (gridSide - 1);
    const column = Math.floor(u);
    const row = Math.floor(v);
    const [a, b] = [u - column, v - row];
    const along = (axis: number): number =>
      (1 - b) * ((1 - a) * at(row, column, axis) + a * at(row, column + 1, axis)) +
      b * ((1 - a) * at(row + 1, column, axis) + a * at(row + 1, column + 1, axis));
    return [along(0), along(1)];
  };
}

function mapped(line: Polyline, map: PointMap, displace: PointMap, side: number): Float64Array {
  const points = new Float64Array(line.length);
  for (let at = 0; at + 1 < line.length; at += 2) {
    const [x, y] = map(line[at] as number, line[at + 1] as number);
    const [dx, dy] = displace(x, y);
    points[at] = (x + dx) * side;
    points[at + 1] = (y + dy) * side;
  }
  return points;
}

/** A rectangle of one grey somewhere over the glyph, or nothing; draws the same count of numbers in both cases. */
function occlude(image: GreyImage, { occlusion, occlusionSide }: Distortion, random: () => number): void {
  const happens = random() < occlusion;
  const side = (least: number): number =>
    Math.round(image.rows * occlusionSide * (least + (1 - least) * random()));
  const box = { rows: side(0.3), columns: side(0.3) };
  const top = Math.floor(random() * (image.rows - box.rows + 1));
  const left = Math.floor(random() * (image.columns - box.columns + 1));
  const grey = random();
  if (happens) fillRectangle(image, { top, left, ...box }, grey);
}

function addNoise(pixels: Float32Array, deviation: number, random: () => number): void {
  if (deviation === 0) return;
  const normal = normalStream(random);
  for (let at = 0; at < pixels.length; at++) {
    pixels[at] = Math.min(1, Math.max(0, (pixels[at] as number) + deviation * normal()));
  }
}

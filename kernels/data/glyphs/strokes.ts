/**
 * How each digit and letter is written: strokes of straight lines and elliptic arcs in a unit square, y down. The table
 * is the data of the set `glyphs`; nothing here is random.
 */
import type { Polyline } from "../grey-image.ts";
import { cosine, sine } from "../portable-math.ts";

/** x, y of each point in turn. */
interface Line {
  readonly line: readonly number[];
}

/** Centre, radii, and from which angle to which, in degrees; growing angles turn clockwise on the screen. */
interface Arc {
  readonly arc: readonly [cx: number, cy: number, rx: number, ry: number, from: number, to: number];
}

/** Drawn without lifting the pen. */
type Stroke = readonly (Line | Arc)[];

const line = (...points: number[]): Line => ({ line: points });
const arc = (...numbers: Arc["arc"]): Arc => ({ arc: numbers });

/** Strokes by character. Shapes are plain upper-case ones; every pair differs in the undistorted form. */
export const strokes = {
  "0": [[arc(0.5, 0.5, 0.28, 0.45, -90, 270)]],
  "1": [[line(0.3, 0.25, 0.52, 0.05, 0.52, 0.95)]],
  "2": [[arc(0.5, 0.31, 0.28, 0.26, 190, 390), line(0.22, 0.95, 0.8, 0.95)]],
  "3": [[arc(0.47, 0.27, 0.25, 0.22, 200, 450), arc(0.47, 0.72, 0.29, 0.23, -90, 160)]],
  "4": [[line(0.62, 0.95, 0.62, 0.05, 0.2, 0.65, 0.85, 0.65)]],
  "5": [[line(0.75, 0.05, 0.3, 0.05, 0.27, 0.46), arc(0.47, 0.67, 0.3, 0.28, 230, 510)]],
  "6": [[arc(0.78, 0.68, 0.56, 0.63, 265, 180), arc(0.5, 0.68, 0.28, 0.27, 180, 540)]],
  "7": [[line(0.2, 0.05, 0.8, 0.05, 0.42, 0.95)]],
  "8": [[arc(0.5, 0.27, 0.23, 0.22, 90, 450), arc(0.5, 0.72, 0.29, 0.23, -90, 270)]],
  "9": [[arc(0.5, 0.32, 0.28, 0.27, 0, 360), arc(0.22, 0.32, 0.56, 0.63, 0, 85)]],
  A: [[line(0.15, 0.95, 0.5, 0.05, 0.85, 0.95)], [line(0.28, 0.62, 0.72, 0.62)]],
  B: [
    [line(0.22, 0.95, 0.22, 0.05, 0.5, 0.05), arc(0.5, 0.27, 0.26, 0.22, 270, 450), line(0.22, 0.49)],
    [line(0.22, 0.49, 0.52, 0.49), arc(0.52, 0.72, 0.28, 0.23, 270, 450), line(0.22, 0.95)],
  ],
  C: [[arc(0.55, 0.5, 0.36, 0.45, -45, -315)]],
  D: [[line(0.42, 0.05, 0.22, 0.05, 0.22, 0.95, 0.42, 0.95), arc(0.42, 0.5, 0.38, 0.45, 90, -90)]],
  E: [[line(0.8, 0.05, 0.22, 0.05, 0.22, 0.95, 0.8, 0.95)], [line(0.22, 0.48, 0.68, 0.48)]],
  F: [[line(0.8, 0.05, 0.22, 0.05, 0.22, 0.95)], [line(0.22, 0.48, 0.68, 0.48)]],
  G: [[arc(0.52, 0.5, 0.36, 0.45, -45, -360), line(0.55, 0.5)]],
  H: [[line(0.2, 0.05, 0.2, 0.95)], [line(0.8, 0.05, 0.8, 0.95)], [line(0.2, 0.5, 0.8, 0.5)]],
  I: [[line(0.5, 0.05, 0.5, 0.95)], [line(0.28, 0.05, 0.72, 0.05)], [line(0.28, 0.95, 0.72, 0.95)]],
  J: [[line(0.7, 0.05, 0.7, 0.68), arc(0.45, 0.68, 0.25, 0.27, 0, 175)]],
  K: [[line(0.22, 0.05, 0.22, 0.95)], [line(0.8, 0.05, 0.24, 0.57)], [line(0.42, 0.42, 0.82, 0.95)]],
  L: [[line(0.25, 0.05, 0.25, 0.95, 0.8, 0.95)]],
  M: [[line(0.12, 0.95, 0.2, 0.05, 0.5, 0.65, 0.8, 0.05, 0.88, 0.95)]],
  N: [[line(0.2, 0.95, 0.2, 0.05, 0.8, 0.95, 0.8, 0.05)]],
  O: [[arc(0.5, 0.5, 0.42, 0.45, -90, 270)]],
  P: [[line(0.22, 0.95, 0.22, 0.05, 0.5, 0.05), arc(0.5, 0.29, 0.28, 0.24, 270, 450), line(0.22, 0.53)]],
  Q: [[arc(0.5, 0.5, 0.4, 0.45, -90, 270)], [line(0.6, 0.65, 0.92, 0.98)]],
  R: [
    [line(0.22, 0.95, 0.22, 0.05, 0.5, 0.05), arc(0.5, 0.29, 0.28, 0.24, 270, 450), line(0.22, 0.53)],
    [line(0.45, 0.53, 0.82, 0.95)],
  ],
  S: [[arc(0.5, 0.27, 0.27, 0.22, -30, -270), arc(0.5, 0.72, 0.29, 0.23, -90, 150)]],
  T: [[line(0.15, 0.05, 0.85, 0.05)], [line(0.5, 0.05, 0.5, 0.95)]],
  U: [[line(0.2, 0.05, 0.2, 0.6), arc(0.5, 0.6, 0.3, 0.35, 180, 0), line(0.8, 0.05)]],
  V: [[line(0.15, 0.05, 0.5, 0.95, 0.85, 0.05)]],
  W: [[line(0.08, 0.05, 0.28, 0.95, 0.5, 0.35, 0.72, 0.95, 0.92, 0.05)]],
  X: [[line(0.18, 0.05, 0.82, 0.95)], [line(0.82, 0.05, 0.18, 0.95)]],
  Y: [[line(0.18, 0.05, 0.5, 0.5, 0.82, 0.05)], [line(0.5, 0.5, 0.5, 0.95)]],
  Z: [[line(0.18, 0.05, 0.82, 0.05, 0.18, 0.95, 0.82, 0.95)]],
} as const satisfies Record<string, readonly Stroke[]>;

export type Character = keyof typeof strokes;

// A chord of 15 degrees of the largest arc here strays 0.004 of the square, a tenth of a pixel at 28 pixels.
const stepDegrees = 15;
// Straight lines are cut as finely, so that an elastic distortion bends them too.
const stepLength = 0.15;
const radians = Math.PI / 180;

/** The strokes of a character as polylines in the unit square, fine enough to be bent. */
export function polylinesOf(character: Character): readonly Polyline[] {
  return strokes[character].map((stroke: Stroke) => flattened(stroke));
}

function flattened(stroke: Stroke): number[] {
  const points: number[] = [];
  for (const part of stroke) {
    if ("arc" in part) addArc(points, part.arc);
    else for (let at = 0; at < part.line.length; at += 2) addPoint(points, part.line[at], part.line[at + 1]);
  }
  return points;
}

function addPoint(points: number[], x = 0, y = 0): void {
  const fromX = points.at(-2);
  const fromY = points.at(-1);
  if (fromX === undefined || fromY === undefined) {
    points.push(x, y);
    return;
  }
  const dx = x - fromX;
  const dy = y - fromY;
  const steps = Math.max(1, Math.ceil(Math.sqrt(dx * dx + dy * dy) / stepLength));
  for (let step = 1; step <= steps; step++) {
    points.push(fromX + (dx * step) / steps, fromY + (dy * step) / steps);
  }
}

function addArc(points: number[], [cx, cy, rx, ry, from, to]: Arc["arc"]): void {
  const steps = Math.ceil(Math.abs(to - from) / stepDegrees);
  for (let step = 0; step <= steps; step++) {
    const angle = (from + ((to - from) * step) / steps) * radians;
    points.push(cx + rx * cosine(angle), cy + ry * sine(angle));
  }
}

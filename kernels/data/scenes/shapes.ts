/**
 * The shapes of the scenes as distance functions: below 0 inside, above 0 outside, in units where a shape fits a circle
 * of radius 1. A shape is a formula of one line, so the same table draws images, masks and boxes.
 */
import { cosine, sine } from "../portable-math.ts";

/** About how far outside the shape a point lies. */
export type Distance = (x: number, y: number) => number;

const radius = (x: number, y: number): number => Math.sqrt(x * x + y * y);
const box = (x: number, y: number, halfWidth: number, halfHeight: number): number =>
  Math.max(Math.abs(x) - halfWidth, Math.abs(y) - halfHeight);

/** How far a point lies beyond each side of a regular polygon, the farthest first. */
function beyondSides(sides: number, inner: number): (x: number, y: number) => number[] {
  const normals = Array.from({ length: sides }, (_, side) => {
    const angle = (2 * Math.PI * side) / sides + Math.PI / 2;
    return [cosine(angle), sine(angle)] as const;
  });
  return (x, y) => normals.map(([nx, ny]) => nx * x + ny * y - inner).sort((a, b) => b - a);
}

const threeSides = beyondSides(3, 0.5);
const fiveSides = beyondSides(5, 0.3);

/** Every shape by name; rotated freely none turns into another. */
export const shapes = {
  disc: (x, y) => radius(x, y) - 0.8,
  ring: (x, y) => Math.abs(radius(x, y) - 0.68) - 0.2,
  square: (x, y) => box(x, y, 0.68, 0.68),
  triangle: (x, y) => threeSides(x, y)[0] as number,
  cross: (x, y) => Math.min(box(x, y, 0.26, 0.9), box(x, y, 0.9, 0.26)),
  bar: (x, y) => box(x, y, 0.28, 0.95),
  crescent: (x, y) => Math.max(radius(x, y) - 0.85, 0.72 - radius(x - 0.5, y)),
  // A pentagram: within all sides of a pentagon but one.
  star: (x, y) => fiveSides(x, y)[1] as number,
} as const satisfies Record<string, Distance>;

export type ShapeName = keyof typeof shapes;
export const shapeNames = Object.keys(shapes) as ShapeName[];

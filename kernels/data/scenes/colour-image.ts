/**
 * A small colour image in planes, a textured background, and shapes painted over it with soft edges. Shared by the sets
 * of shapes, segmentation and detection.
 */
import { cosine, normalStream, sine } from "../portable-math.ts";
import { type ShapeName, shapes } from "./shapes.ts";

export type Colour = readonly [red: number, green: number, blue: number];

export interface ColourImage {
  readonly side: number;
  /** [3, side, side], each 0 to 1. */
  readonly pixels: Float32Array;
}

/** A shape somewhere: centre and radius in pixels, angle in radians. */
export interface Placed {
  readonly shape: ShapeName;
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly angle: number;
  readonly colour: Colour;
}

/** A background of two crossed gratings between two dull colours. */
export function texturedImage(side: number, random: () => number): ColourImage {
  const pixels = new Float32Array(3 * side * side);
  const dull = (): Colour => [0.2 + 0.5 * random(), 0.2 + 0.5 * random(), 0.2 + 0.5 * random()];
  const [dark, light] = [dull(), dull()];
  const gratings = [grating(side, random), grating(side, random)] as const;
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      // Each grating is within [-1, 1]; the mixture within [0, 1].
      const mix = 0.5 + 0.25 * (gratings[0](column, row) + gratings[1](column, row));
      setPixel({ side, pixels }, row, column, dark, light, mix);
    }
  }
  return { side, pixels };
}

/** Waves of one to six periods over the image, in any direction. */
function grating(side: number, random: () => number): (x: number, y: number) => number {
  const direction = 2 * Math.PI * random();
  const frequency = (2 * Math.PI * (1 + 5 * random())) / side;
  const [fx, fy] = [frequency * cosine(direction), frequency * sine(direction)];
  const phase = 2 * Math.PI * random();
  return (x, y) => sine(fx * x + fy * y + phase);
}

/** Paints a shape and calls back for each pixel whose centre lies inside it. */
export function paint(
  image: ColourImage,
  placed: Placed,
  inside?: (row: number, column: number) => void,
): void {
  const { side, pixels } = image;
  const [cos, sin] = [cosine(placed.angle), sine(placed.angle)];
  const distance = shapes[placed.shape];
  const edge = (centre: number, sign: number): number =>
    Math.min(side, Math.max(0, Math.floor(centre + sign * (placed.radius + 1) + (sign + 1) / 2)));
  for (let row = edge(placed.y, -1); row < edge(placed.y, 1); row++) {
    for (let column = edge(placed.x, -1); column < edge(placed.x, 1); column++) {
      const dx = (column + 0.5 - placed.x) / placed.radius;
      const dy = (row + 0.5 - placed.y) / placed.radius;
      const outside = placed.radius * distance(cos * dx + sin * dy, cos * dy - sin * dx);
      if (outside < 0) inside?.(row, column);
      const cover = Math.min(1, 0.5 - outside);
      if (cover <= 0) continue;
      const at = row * side + column;
      for (let plane = 0; plane < 3; plane++) {
        const index = plane * side * side + at;
        const below = pixels[index] as number;
        pixels[index] = below + cover * ((placed.colour[plane] as number) - below);
      }
    }
  }
}

/** Adds normal noise and cuts to [0, 1]. */
export function addNoise({ pixels }: ColourImage, deviation: number, random: () => number): void {
  const normal = normalStream(random);
  for (let at = 0; at < pixels.length; at++) {
    pixels[at] = Math.min(1, Math.max(0, (pixels[at] as number) + deviation * normal()));
  }
}

/** The six pure hues around the colour circle. */
export const hues = ["red", "yellow", "green", "cyan", "blue", "magenta"] as const;

/** A colour near a hue: saturation and value vary, and the hue by a fifth of the way to its neighbours. */
export function nearHue(hue: number, random: () => number): Colour {
  const angle = (hue + 0.4 * (random() - 0.5) + 6) % 6;
  const saturation = 0.6 + 0.4 * random();
  const value = 0.6 + 0.4 * random();
  const channel = (offset: number): number => {
    const k = (angle + offset) % 6;
    return value * (1 - saturation * Math.max(0, Math.min(1, k, 4 - k)));
  };
  return [channel(5), channel(3), channel(1)];
}

function setPixel(
  { side, pixels }: ColourImage,
  row: number,
  column: number,
  from: Colour,
  to: Colour,
  mix: number,
): void {
  for (let plane = 0; plane < 3; plane++) {
    const a = from[plane] as number;
    pixels[(plane * side + row) * side + column] = a + mix * ((to[plane] as number) - a);
  }
}

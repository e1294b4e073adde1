/**
 * The set `coloured-shapes`: one shape on a textured background, to be classified. The colour says nothing of the shape
 * unless a tie is asked for: then it is a shortcut that a network may take, and with the tie removed in a second set one
 * sees whether it did.
 */
import type { DataSet } from "../data-set.ts";
import { type DrawnOptions, drawnSet } from "../drawn-set.ts";
import { addNoise, hues, nearHue, paint, texturedImage } from "./colour-image.ts";
import { type ShapeName, shapeNames } from "./shapes.ts";

export interface ColouredShapesOptions extends DrawnOptions {
  /** Pixels of a side (default 32). */
  readonly side?: number;
  /** How often the colour is the one that belongs to the shape, beyond chance (0 to 1, default 0). */
  readonly colourTie?: number;
  /** Standard deviation of the noise on each channel (default 0.12). */
  readonly noise?: number;
  /** Radius as a part of the side: least and most (default 0.16 to 0.38). */
  readonly radius?: readonly [number, number];
}

/** Fields: `image` [3, side, side]; `label`, one of eight shapes, in turn; `colour`, one of six hues. */
export function colouredShapes(options: ColouredShapesOptions = {}): DataSet {
  const { side = 32, colourTie = 0, noise = 0.12, radius = [0.16, 0.38] } = options;
  return drawnSet(
    {
      name: "coloured-shapes",
      classes: shapeNames,
      fields: [
        { name: "image", shape: [3, side, side], role: "input", meaning: "red, green and blue, 0 to 1" },
        { name: "label", shape: [], role: "target", values: shapeNames.length, meaning: "which shape" },
        { name: "colour", shape: [], role: "target", values: hues.length, meaning: "which hue" },
      ],
      draw(random, index) {
        const label = index % shapeNames.length;
        const any = Math.floor(random() * hues.length);
        const hue = random() < colourTie ? label % hues.length : any;
        const image = texturedImage(side, random);
        const size = side * (radius[0] + (radius[1] - radius[0]) * random());
        const place = (): number => size * 0.8 + (side - 1.6 * size) * random();
        paint(image, {
          shape: shapeNames[label] as ShapeName,
          x: place(),
          y: place(),
          radius: size,
          angle: 2 * Math.PI * random(),
          colour: nearHue(hue, random),
        });
        addNoise(image, noise, random);
        return { image: image.pixels, label: [label], colour: [hue] };
      },
    },
    options,
  );
}

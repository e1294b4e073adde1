/**
 * The set `segmentation`: several shapes on a textured background, and what each pixel shows. Shapes may hide parts of
 * earlier ones; the mask says what is seen. The class depends on form alone, so a network must look around a pixel.
 */
import { integerIn } from "../../random.ts";
import type { DataSet } from "../data-set.ts";
import { type DrawnOptions, drawnSet } from "../drawn-set.ts";
import { addNoise, hues, nearHue, paint, texturedImage } from "./colour-image.ts";
import type { ShapeName } from "./shapes.ts";

/** The shapes that are told apart here; class 0 is the background. */
export const segmented = ["disc", "square", "triangle", "ring"] as const satisfies readonly ShapeName[];

export interface SegmentationOptions extends DrawnOptions {
  /** Pixels of a side (default 32). */
  readonly side?: number;
  /** Standard deviation of the noise on each channel (default 0.08). */
  readonly noise?: number;
}

/** Fields: `image` [3, side, side]; `mask` [side, side] with 0 for background and 1 + the shape's place else. */
export function segmentation(options: SegmentationOptions = {}): DataSet {
  const { side = 32, noise = 0.08 } = options;
  const classes = ["background", ...segmented];
  return drawnSet(
    {
      name: "segmentation",
      classes,
      fields: [
        { name: "image", shape: [3, side, side], role: "input", meaning: "red, green and blue, 0 to 1" },
        {
          name: "mask",
          shape: [side, side],
          role: "target",
          values: classes.length,
          meaning: "what each pixel shows",
        },
      ],
      draw(random, index) {
        const image = texturedImage(side, random);
        const mask = new Float32Array(side * side);
        const count = integerIn(random, 1, 3);
        for (let nth = 0; nth < count; nth++) {
          // The first shape of the example comes in turn, so that every class is there.
          const kind = nth === 0 ? index % segmented.length : integerIn(random, 0, segmented.length - 1);
          const radius = side * (0.16 + 0.16 * random());
          const placed = {
            shape: segmented[kind] as ShapeName,
            x: radius * 0.7 + (side - 1.4 * radius) * random(),
            y: radius * 0.7 + (side - 1.4 * radius) * random(),
            radius,
            angle: 2 * Math.PI * random(),
            colour: nearHue(integerIn(random, 0, hues.length - 1), random),
          };
          paint(image, placed, (row, column) => {
            mask[row * side + column] = kind + 1;
          });
        }
        addNoise(image, noise, random);
        return { image: image.pixels, mask };
      },
    },
    options,
  );
}

/** Random small layers for exactness checks: every combination of stride, padding and odd sides turns up. */
import { integerIn } from "../random.ts";
import type { ConvShape } from "./shape.ts";

/** A layer of 1–16 channels and filters, kernels of 1–5, strides 1–3, padding 0–2, sides that the kernel fits. */
export function randomConvShape(random: () => number): ConvShape {
  const kernelHeight = integerIn(random, 1, 5);
  const kernelWidth = integerIn(random, 1, 5);
  return {
    channels: integerIn(random, 1, 16),
    height: integerIn(random, kernelHeight, 14),
    width: integerIn(random, kernelWidth, 14),
    filters: integerIn(random, 1, 16),
    kernelHeight,
    kernelWidth,
    stride: integerIn(random, 1, 3),
    padding: integerIn(random, 0, 2),
  };
}

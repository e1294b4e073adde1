/** Random small layers for exactness checks: every combination of stride, padding and odd sides turns up. */
import { integerIn } from "../random.ts";
import { type ConvShape, convShape } from "./shape.ts";

/** A layer of 1–16 channels and filters, kernels of 1–5, strides 1–3, padding 0–2, sides that the kernel fits. */
export function randomConvShape(random: () => number): ConvShape {
  const kernelHeight = integerIn(random, 1, 5);
  const kernelWidth = integerIn(random, 1, 5);
  return convShape({
    channels: integerIn(random, 1, 16),
    height: integerIn(random, kernelHeight, 14),
    width: integerIn(random, kernelWidth, 14),
    filters: integerIn(random, 1, 16),
    kernelHeight,
    kernelWidth,
    stride: integerIn(random, 1, 3),
    padding: integerIn(random, 0, 2),
  });
}

/** As above with all that a layer may have: other padding on each side, dilation of 1–2, 1–4 groups, strides apart. */
export function randomGeneralShape(random: () => number): ConvShape {
  const [kernelHeight, kernelWidth] = [integerIn(random, 1, 4), integerIn(random, 1, 4)];
  const dilation = { y: integerIn(random, 1, 2), x: integerIn(random, 1, 2) };
  const groups = random() < 0.5 ? 1 : integerIn(random, 2, 4);
  const largest = Math.floor(16 / groups);
  const side = (): number => integerIn(random, 0, 2);
  return convShape({
    channels: groups * integerIn(random, 1, largest),
    height: integerIn(random, (kernelHeight - 1) * dilation.y + 1, 18),
    width: integerIn(random, (kernelWidth - 1) * dilation.x + 1, 18),
    filters: groups * integerIn(random, 1, largest),
    kernelHeight,
    kernelWidth,
    stride: { y: integerIn(random, 1, 3), x: integerIn(random, 1, 3) },
    padding: { top: side(), bottom: side(), left: side(), right: side() },
    dilation,
    groups,
  });
}

/** Shapes of which an algorithm takes a fair share. */
export function randomShapeFor(algorithm: string, random: () => number): ConvShape {
  const shape = randomGeneralShape(random);
  const { height, width, channels, filters, groups } = shape;
  const side = algorithm === "pointwise" ? 1 : algorithm.startsWith("winograd") ? 3 : undefined;
  if (side !== undefined && height >= side && width >= side)
    return convShape({
      ...{ channels, height, width, filters, groups, kernelHeight: side, kernelWidth: side },
      ...(side === 3 && { padding: shape.padding }),
    });
  if (algorithm === "depthwise") return convShape({ ...shape, groups: channels, filters: channels });
  return shape;
}

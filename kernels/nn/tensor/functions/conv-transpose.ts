/**
 * Transposed convolution: a convolution's gradient of the image, used forward, which makes small maps large (Dumoulin &
 * Visin, A guide to convolution arithmetic, arXiv 1603.07285, chapter 4).
 */
import { convShape } from "../../../conv/shape.ts";
import { record } from "../record.ts";
import { shapeText } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import { add } from "./arithmetic.ts";
import { backwardOf, forwardOf } from "./conv.ts";
import { engineOf } from "./elementwise.ts";
import { reshape } from "./move.ts";

export interface ConvTransposeOptions {
  /** Default: 1. */
  readonly stride?: number;
  /** Elements that are cut off on each side of the result (default: 0). */
  readonly padding?: number;
}

/**
 * Images [batch, channels, height, width] with weights [channels, filters, y, x] and, where given, a bias [filters]:
 * [batch, filters, (height - 1) stride - 2 padding + y, (width - 1) stride - 2 padding + x].
 * @throws RangeError or ProgramError for shapes that do not fit
 */
export function convTranspose2d(
  x: Tensor,
  weights: Tensor,
  bias?: Tensor,
  { stride = 1, padding = 0 }: ConvTransposeOptions = {},
): Tensor {
  const engine = engineOf([x, weights]);
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  const [depth, filters, kernelHeight, kernelWidth] = weights.shape as [number, number, number, number];
  if (x.shape.length !== 4 || weights.shape.length !== 4 || depth !== channels)
    throw new RangeError(
      "expected images [batch, channels, height, width] and weights [channels, filters, y, x]; " +
        `found ${shapeText(x.shape)} and ${shapeText(weights.shape)}`,
    );
  // The convolution that leads from the result back to x.
  const shape = convShape({
    channels: filters,
    height: (height - 1) * stride - 2 * padding + kernelHeight,
    width: (width - 1) * stride - 2 * padding + kernelWidth,
    ...{ filters: channels, kernelHeight, kernelWidth, stride, padding },
  });
  const backward = backwardOf(engine, shape, batch);
  const made = engine.tensor([batch, filters, shape.height, shape.width]);
  backward.inputGradient({
    outputGradient: x.address,
    weights: weights.address,
    inputGradient: made.address,
  });
  const result = record(made, [x, weights], (gradient) => {
    const [toX, toWeights] = [x, weights].map((each) =>
      each.wantsGradient ? engine.tensor(each.shape) : undefined,
    );
    if (toX) {
      const forward = forwardOf(engine, shape, batch, false);
      forward.prepare(weights.address);
      forward.run({ input: gradient.address, output: toX.address });
    }
    if (toWeights)
      backward.weightGradient({
        input: gradient.address,
        outputGradient: x.address,
        weightGradient: toWeights.address,
      });
    return [toX, toWeights];
  });
  return bias ? add(result, reshape(bias, [filters, 1, 1])) : result;
}

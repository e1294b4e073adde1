/** A convolutional layer on images [batch, channels, height, width]. */
import { convFlops, convShape, outputHeight, outputWidth } from "../../conv/shape.ts";
import { fanInUniform } from "../initialisers.ts";
import { type ConvOptions, conv2d as convolve } from "../tensor/functions/conv.ts";
import type { Layer, Nursery } from "./layer.ts";

export interface Conv2dOptions extends ConvOptions {
  readonly channels: number;
  readonly filters: number;
  /** Rows and columns of a kernel. */
  readonly kernel: number;
}

/** With a bias for each filter; as many groups as channels make it depthwise. */
export function conv2d({ engine, random }: Nursery, options: Conv2dOptions): Layer {
  const { channels, filters, kernel, groups = 1 } = options;
  const shape = [filters, channels / groups, kernel, kernel];
  const start = fanInUniform((channels / groups) * kernel * kernel);
  const weight = engine.parameter(shape, start(shape, random));
  const bias = engine.parameter([filters], start([filters], random));
  return {
    parameters: { weight, bias },
    forward: (x) => convolve(x, weight, bias, options),
    cost: ([, height, width]) => {
      const sides = { height: height as number, width: width as number };
      const made = convShape({ ...options, ...sides, kernelHeight: kernel, kernelWidth: kernel });
      const output = [filters, outputHeight(made), outputWidth(made)];
      return { output, flops: convFlops(made) + output.reduce((a, b) => a * b) };
    },
  };
}

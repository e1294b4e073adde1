/** A convolutional layer on images [batch, channels, height, width]. */
import { convFlops, convShape, outputHeight, outputWidth } from "../../conv/shape.ts";
import { fanInUniform, type Initialiser } from "../initialisers.ts";
import { type ConvOptions, conv2d as convolve } from "../tensor/functions/conv.ts";
import type { Layer, Nursery } from "./layer.ts";

export interface Conv2dOptions extends ConvOptions {
  readonly channels: number;
  readonly filters: number;
  /** Rows and columns of a kernel. */
  readonly kernel: number;
  /** Of the filters (default: torch's). */
  readonly start?: Initialiser;
}

/** With a bias for each filter; as many groups as channels make it depthwise. */
export function conv2d({ engine, random }: Nursery, options: Conv2dOptions): Layer {
  const { channels, filters, kernel, groups = 1 } = options;
  const shape = [filters, channels / groups, kernel, kernel];
  const torch = fanInUniform((channels / groups) * kernel * kernel);
  const { start = torch } = options;
  const weight = engine.parameter(shape, start(shape, random));
  const bias = engine.parameter([filters], torch([filters], random));
  return {
    kind: `conv ${kernel}x${kernel}, ${channels} to ${filters}${groups > 1 ? `, ${groups} groups` : ""}`,
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

export interface DepthwiseOptions extends Omit<Conv2dOptions, "filters" | "groups"> {
  /** Filters a channel (default: 1). */
  readonly multiplier?: number;
}

/** Each channel by filters of its own (Chollet 2017; Howard et al. 2017). */
export function depthwiseConv2d(where: Nursery, options: DepthwiseOptions): Layer {
  const { channels, multiplier = 1, ...rest } = options;
  return conv2d(where, { ...rest, channels, filters: channels * multiplier, groups: channels });
}

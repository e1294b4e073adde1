/**
 * Convolutional layers as rows of numbers, the way papers print them. A network lists each distinct shape once, with how
 * many of its layers have it.
 */
import { type ConvShape, convShape } from "../shape.ts";

export interface NetworkConvolution {
  /** Network and layer: `resnet50-conv3_1-3x3`. */
  readonly name: string;
  readonly shape: ConvShape;
  /** Layers of the network with this shape. */
  readonly times: number;
}

export interface ConvolutionalNetwork {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  /** Distinct shapes in the order of a forward pass; one image. */
  readonly layers: readonly NetworkConvolution[];
}

/** Columns: layer, channels, height = width, filters, kernel side, stride, padding, groups, how often. */
export type LayerRow = readonly [string, number, number, number, number, number, number, number, number];

/** A network from its rows. */
export function networkOf(
  { id, title, source }: Omit<ConvolutionalNetwork, "layers">,
  rows: readonly LayerRow[],
): ConvolutionalNetwork {
  const layers = rows.map(
    ([layer, channels, side, filters, kernel, stride, padding, groups, times]): NetworkConvolution => ({
      name: `${id}-${layer}`,
      shape: convShape({
        ...{ channels, height: side, width: side, filters, stride, padding, groups },
        ...{ kernelHeight: kernel, kernelWidth: kernel },
      }),
      times,
    }),
  );
  return { id, title, source, layers };
}

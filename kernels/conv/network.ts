/**
 * A scaled-down AlexNet as data: the layers of Krizhevsky et al., ImageNet classification with deep convolutional
 * neural networks (2012), section 3.5, with half the filters, a quarter to half of the fully connected units and a
 * 131-pixel input, so that one forward pass takes milliseconds. Kinds and order of layers are the paper's, local
 * response normalisation included, because that is what the profile is about. Left out are dropout, which does nothing
 * in a forward pass, and the softmax of the last thousand numbers.
 */
import { type ConvShape, convShape } from "./shape.ts";

export interface Size {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

interface Named {
  /** As the paper counts them; also the variant's name. */
  readonly name: string;
}
export interface ConvLayer extends Named {
  readonly kind: "conv";
  readonly shape: ConvShape;
}
export interface DenseLayer extends Named {
  readonly kind: "dense";
  readonly inputs: number;
  readonly outputs: number;
}
/** Works on each element or on its neighbours; the size is that of its input. */
export interface PointwiseLayer extends Named {
  readonly kind: "relu" | "norm" | "pool";
  readonly size: Size;
}
export type NetworkLayer = ConvLayer | DenseLayer | PointwiseLayer;

/** Overlapping maximum pooling of the paper: windows of 3, stride 2. */
export const poolWindow = 3;
export const poolStride = 2;

function conv(name: string, input: Size, filters: number, kernel: number, stride: number, padding: number) {
  const kernelSides = { kernelHeight: kernel, kernelWidth: kernel };
  const shape = convShape({ ...input, ...kernelSides, filters, stride, padding });
  return { name, kind: "conv", shape } as const;
}

const size = (channels: number, side: number): Size => ({ channels, height: side, width: side });
const layer = (kind: PointwiseLayer["kind"], index: number, of: Size): PointwiseLayer => ({
  name: `${kind}${index}`,
  kind,
  size: of,
});
const dense = (name: string, inputs: number, outputs: number): DenseLayer => ({
  name,
  kind: "dense",
  inputs,
  outputs,
});
const units = (count: number): Size => ({ channels: count, height: 1, width: 1 });

/** The layers in the order of a forward pass; each layer's output is the next one's input. */
export const networkLayers: readonly NetworkLayer[] = [
  conv("conv1", size(3, 131), 48, 11, 4, 0),
  layer("relu", 1, size(48, 31)),
  layer("norm", 1, size(48, 31)),
  layer("pool", 1, size(48, 31)),
  conv("conv2", size(48, 15), 128, 5, 1, 2),
  layer("relu", 2, size(128, 15)),
  layer("norm", 2, size(128, 15)),
  layer("pool", 2, size(128, 15)),
  conv("conv3", size(128, 7), 192, 3, 1, 1),
  layer("relu", 3, size(192, 7)),
  conv("conv4", size(192, 7), 192, 3, 1, 1),
  layer("relu", 4, size(192, 7)),
  conv("conv5", size(192, 7), 128, 3, 1, 1),
  layer("relu", 5, size(128, 7)),
  layer("pool", 5, size(128, 7)),
  dense("fc6", 128 * 3 * 3, 2048),
  layer("relu", 6, units(2048)),
  dense("fc7", 2048, 2048),
  layer("relu", 7, units(2048)),
  dense("fc8", 2048, 1000),
];

/** Whether a layer is a matrix product. */
export function gemmLayer(layer: NetworkLayer | undefined): boolean {
  return layer?.kind === "conv" || layer?.kind === "dense";
}

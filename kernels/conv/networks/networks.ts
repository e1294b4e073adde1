/** The networks whose convolutions are compared, and their layers by name. */
import type { ConvolutionalNetwork, NetworkConvolution } from "./layer-table.ts";
import { mobilenet } from "./mobilenet.ts";
import { resnet50 } from "./resnet50.ts";
import { vgg16 } from "./vgg16.ts";

export type { ConvolutionalNetwork, NetworkConvolution } from "./layer-table.ts";

export const networks: readonly ConvolutionalNetwork[] = [vgg16, resnet50, mobilenet];

const layers = networks.flatMap((network) => network.layers);

/** The layer of this name. @throws RangeError for a name that no network has. */
export function networkLayer(name: string): NetworkConvolution {
  const found = layers.find((layer) => layer.name === name);
  if (found) return found;
  throw new RangeError(`expected a layer of kernels/conv/networks; found ${name}`);
}

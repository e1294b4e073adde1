/**
 * Convolutional layers of published networks, as data: what `im2col-traffic` runs. Chosen for spread (kernels of 1,
 * 3, 5 and 11, strides 1, 2 and 4, few and many channels) among layers of at most 120 million multiply-adds, so that
 * plain loops finish fifteen rounds in seconds.
 */
import { type ConvShape, convShape } from "./shape.ts";

export interface Layer extends ConvShape {
  /** Network and layer as its paper or its reference implementation names them. */
  readonly name: string;
  readonly source: string;
}

const lenet = "LeCun et al., Gradient-based learning applied to document recognition (1998), figure 2";
const alexnet = "Krizhevsky, One weird trick for parallelizing CNNs, arXiv:1404.5997 (one tower)";
const googlenet = "Szegedy et al., Going deeper with convolutions, arXiv:1409.4842, table 1";
const squeezenet = "Iandola et al., SqueezeNet, arXiv:1602.07360, table 1";
const resnet = "He et al., Deep residual learning, arXiv:1512.03385, table 1 (18 layers)";
const cifar = "He et al., Deep residual learning, arXiv:1512.03385, section 4.2 (20 layers, CIFAR-10)";

/** Columns: name, channels, height = width, filters, kernel side, stride, padding, source. */
const rows: readonly (readonly [string, number, number, number, number, number, number, string])[] = [
  ["lenet5-c1", 1, 32, 6, 5, 1, 0, lenet],
  ["lenet5-c3", 6, 14, 16, 5, 1, 0, lenet],
  ["alexnet-conv1", 3, 224, 64, 11, 4, 2, alexnet],
  ["alexnet-conv3", 192, 13, 384, 3, 1, 1, alexnet],
  ["googlenet-3a-5x5", 16, 28, 32, 5, 1, 2, googlenet],
  ["squeezenet-fire2-squeeze", 96, 55, 16, 1, 1, 0, squeezenet],
  ["squeezenet-fire2-expand3", 16, 55, 64, 3, 1, 1, squeezenet],
  ["resnet18-conv2", 64, 56, 64, 3, 1, 1, resnet],
  ["resnet18-conv3-shortcut", 64, 56, 128, 1, 2, 0, resnet],
  ["resnet18-conv5", 512, 7, 512, 3, 1, 1, resnet],
  ["resnet20-stage1", 16, 32, 16, 3, 1, 1, cifar],
  ["resnet20-stage2-entry", 16, 32, 32, 3, 2, 1, cifar],
];

/** The twelve layers, in the order of their networks' publication. */
export const layers: readonly Layer[] = rows.map(
  ([name, channels, side, filters, kernel, stride, padding, source]) => ({
    ...convShape({
      ...{ channels, height: side, width: side, filters, stride, padding },
      ...{ kernelHeight: kernel, kernelWidth: kernel },
    }),
    ...{ name, source },
  }),
);

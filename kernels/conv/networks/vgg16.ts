/** VGG-16: nothing but 3x3 kernels of stride 1, from large images with few channels to small ones with many. */
import { networkOf } from "./layer-table.ts";

export const vgg16 = networkOf(
  {
    id: "vgg16",
    title: "VGG-16",
    source: "Simonyan & Zisserman, Very deep convolutional networks, arXiv:1409.1556, table 1, column D",
  },
  [
    ["conv1_1", 3, 224, 64, 3, 1, 1, 1, 1],
    ["conv1_2", 64, 224, 64, 3, 1, 1, 1, 1],
    ["conv2_1", 64, 112, 128, 3, 1, 1, 1, 1],
    ["conv2_2", 128, 112, 128, 3, 1, 1, 1, 1],
    ["conv3_1", 128, 56, 256, 3, 1, 1, 1, 1],
    ["conv3_2", 256, 56, 256, 3, 1, 1, 1, 2],
    ["conv4_1", 256, 28, 512, 3, 1, 1, 1, 1],
    ["conv4_2", 512, 28, 512, 3, 1, 1, 1, 2],
    ["conv5_1", 512, 14, 512, 3, 1, 1, 1, 3],
  ],
);

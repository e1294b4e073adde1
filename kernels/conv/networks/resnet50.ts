/**
 * ResNet-50: bottlenecks of 1x1, 3x3, 1x1. The first block of a stage halves the image in its 3x3 layer, as Goyal et al.
 * (arXiv:1706.02677, section 5.1) do it and most implementations since; its shortcut is a 1x1 layer of stride 2.
 */
import { networkOf } from "./layer-table.ts";

export const resnet50 = networkOf(
  {
    id: "resnet50",
    title: "ResNet-50",
    source: "He et al., Deep residual learning, arXiv:1512.03385, table 1; strides as in arXiv:1706.02677",
  },
  [
    ["conv1", 3, 224, 64, 7, 2, 3, 1, 1],
    ["conv2_1-reduce", 64, 56, 64, 1, 1, 0, 1, 1],
    ["conv2-3x3", 64, 56, 64, 3, 1, 1, 1, 3],
    ["conv2-expand", 64, 56, 256, 1, 1, 0, 1, 4],
    ["conv2-reduce", 256, 56, 64, 1, 1, 0, 1, 2],
    ["conv3_1-reduce", 256, 56, 128, 1, 1, 0, 1, 1],
    ["conv3_1-3x3", 128, 56, 128, 3, 2, 1, 1, 1],
    ["conv3_1-shortcut", 256, 56, 512, 1, 2, 0, 1, 1],
    ["conv3-expand", 128, 28, 512, 1, 1, 0, 1, 4],
    ["conv3-reduce", 512, 28, 128, 1, 1, 0, 1, 3],
    ["conv3-3x3", 128, 28, 128, 3, 1, 1, 1, 3],
    ["conv4_1-reduce", 512, 28, 256, 1, 1, 0, 1, 1],
    ["conv4_1-3x3", 256, 28, 256, 3, 2, 1, 1, 1],
    ["conv4_1-shortcut", 512, 28, 1024, 1, 2, 0, 1, 1],
    ["conv4-expand", 256, 14, 1024, 1, 1, 0, 1, 6],
    ["conv4-reduce", 1024, 14, 256, 1, 1, 0, 1, 5],
    ["conv4-3x3", 256, 14, 256, 3, 1, 1, 1, 5],
    ["conv5_1-reduce", 1024, 14, 512, 1, 1, 0, 1, 1],
    ["conv5_1-3x3", 512, 14, 512, 3, 2, 1, 1, 1],
    ["conv5_1-shortcut", 1024, 14, 2048, 1, 2, 0, 1, 1],
    ["conv5-expand", 512, 7, 2048, 1, 1, 0, 1, 3],
    ["conv5-reduce", 2048, 7, 512, 1, 1, 0, 1, 2],
    ["conv5-3x3", 512, 7, 512, 3, 1, 1, 1, 2],
  ],
);

/**
 * MobileNet v1: each 3x3 layer sees one channel (depthwise), each 1x1 layer mixes them. The table prints stride 2 for the
 * last depthwise layer though its image keeps its size; it has stride 1 here, as in the authors' code.
 */
import { networkOf } from "./layer-table.ts";

export const mobilenet = networkOf(
  {
    id: "mobilenet",
    title: "MobileNet v1",
    source: "Howard et al., MobileNets, arXiv:1704.04861, table 1",
  },
  [
    ["conv1", 3, 224, 32, 3, 2, 1, 1, 1],
    ["dw2", 32, 112, 32, 3, 1, 1, 32, 1],
    ["pw2", 32, 112, 64, 1, 1, 0, 1, 1],
    ["dw3", 64, 112, 64, 3, 2, 1, 64, 1],
    ["pw3", 64, 56, 128, 1, 1, 0, 1, 1],
    ["dw4", 128, 56, 128, 3, 1, 1, 128, 1],
    ["pw4", 128, 56, 128, 1, 1, 0, 1, 1],
    ["dw5", 128, 56, 128, 3, 2, 1, 128, 1],
    ["pw5", 128, 28, 256, 1, 1, 0, 1, 1],
    ["dw6", 256, 28, 256, 3, 1, 1, 256, 1],
    ["pw6", 256, 28, 256, 1, 1, 0, 1, 1],
    ["dw7", 256, 28, 256, 3, 2, 1, 256, 1],
    ["pw7", 256, 14, 512, 1, 1, 0, 1, 1],
    ["dw8", 512, 14, 512, 3, 1, 1, 512, 5],
    ["pw8", 512, 14, 512, 1, 1, 0, 1, 5],
    ["dw9", 512, 14, 512, 3, 2, 1, 512, 1],
    ["pw9", 512, 7, 1024, 1, 1, 0, 1, 1],
    ["dw10", 1024, 7, 1024, 3, 1, 1, 1024, 1],
    ["pw10", 1024, 7, 1024, 1, 1, 0, 1, 1],
  ],
);

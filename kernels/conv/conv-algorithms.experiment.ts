/**
 * Every algorithm on the layers of VGG-16, ResNet-50 and MobileNet: where does each win, what does it take and move, and
 * does the chooser say so beforehand?
 */
import type { Cell, ExperimentRow, Settings, VariantRef } from "../experiment.ts";
import { fastestTarget, on } from "../targets.ts";
import { withThreads } from "../variant.ts";
import { layerBytes, layerCell, type NamedShape, ownLayersOr, unjudgedRounds } from "./layer-cells.ts";
import { layerOf } from "./layer-text.ts";
import { networks } from "./networks/networks.ts";
import type { ConvShape } from "./shape.ts";

/** Layers of each profile: a kind of each, a dozen and a half, all of them. */
const layersOf: Readonly<Record<Settings["profile"], readonly string[] | "all">> = {
  quick: ["resnet50-conv2-3x3", "resnet50-conv3-reduce", "mobilenet-dw8", "resnet50-conv5_1-3x3"],
  standard: [
    ...["vgg16-conv1_1", "vgg16-conv3_1", "vgg16-conv5_1"],
    ...["resnet50-conv1", "resnet50-conv2-3x3", "resnet50-conv2-expand", "resnet50-conv3_1-3x3"],
    ...["resnet50-conv3-reduce", "resnet50-conv3-3x3", "resnet50-conv4_1-shortcut", "resnet50-conv4-3x3"],
    ...["resnet50-conv4-expand", "resnet50-conv5_1-3x3", "resnet50-conv5-3x3", "resnet50-conv5-reduce"],
    ...["mobilenet-conv1", "mobilenet-dw4", "mobilenet-pw5", "mobilenet-dw8"],
  ],
  full: "all",
};

export const convAlgorithmsSweep: ExperimentRow = {
  id: "conv-algorithms",
  title: { en: "Which algorithm for which layer", zh: "哪种卷积算法适合哪一层" },
  question:
    "On the layers of VGG-16, ResNet-50 and MobileNet, where does each algorithm win, what does it cost in memory, and is the winner foretold?",
  topics: ["conv", "im2col", "indirect-conv"],
  claims: [],
  charts: [
    { kind: "bars", title: "Speed-up over im2col and GEMM", metric: "speed-up" },
    { kind: "bars", title: "Time by layer and algorithm", metric: "time" },
    { kind: "forecast", title: "Predicted and measured share of peak", metric: "peak-fraction" },
    { kind: "bars", title: "Workspace by layer and algorithm", metric: "workspace" },
    { kind: "bars", title: "Bytes moved by layer and algorithm", metric: "bytes-moved" },
  ],
  foretells: true,
  ownWorkloads: {
    kind: "layer",
    memoryBytes: (workload, settings) => {
      const { shape } = layerOf(workload);
      return layerBytes(shape, variantsFor(shape, settings));
    },
  },
  plan,
};

/** All layers that can be run, by name. */
export const sweptLayers: readonly NamedShape[] = networks.flatMap(({ layers }) => layers);

function plan(settings: Settings): readonly Cell[] {
  const target = fastestTarget(settings);
  if (!target) return [];
  const names = layersOf[settings.profile];
  const peers = (settings.peers ?? [])
    .filter((variant) => variant.startsWith("onnxruntime"))
    .map((variant): VariantRef => ({ variant, target: "peer" }));
  const cellFor = (layer: NamedShape): Cell => {
    const refs = [...on(target, variantsFor(layer.shape, settings)), ...peers];
    return layerCell(layer, refs, unjudgedRounds(settings));
  };
  return ownLayersOr(settings, cellFor, () =>
    sweptLayers.filter(({ name }) => names === "all" || names.includes(name)).map(cellFor),
  );
}

/** Variants, the layers that each is compared on, and whether all threads of a run compute it besides. */
const contestants: readonly {
  readonly variant: string;
  readonly together?: true;
  on(shape: ConvShape): boolean;
}[] = [
  { variant: "im2col", together: true, on: () => true },
  { variant: "im2col-pack", on: () => true },
  { variant: "implicit", together: true, on: () => true },
  { variant: "direct", together: true, on: () => true },
  { variant: "pointwise", together: true, on: (shape) => isDense(shape, 1) },
  { variant: "winograd-2x2", on: (shape) => isDense(shape, 3) && shape.groups === 1 },
  { variant: "winograd-4x4", together: true, on: (shape) => isDense(shape, 3) && shape.groups === 1 },
  { variant: "depthwise", together: true, on: ({ groups, channels }) => groups > 1 && groups === channels },
  { variant: "indirect-nhwc", together: true, on: ({ kernelHeight }) => kernelHeight > 1 },
  { variant: "im2col-nhwc", on: ({ kernelHeight }) => kernelHeight > 1 },
  { variant: "pointwise-nhwc", on: (shape) => isDense(shape, 1) },
];

/** A square kernel of this side whose positions are neighbours. */
function isDense({ kernelHeight, kernelWidth, stride, dilation }: ConvShape, side: number): boolean {
  return (
    [kernelHeight, kernelWidth].every((each) => each === side) &&
    [stride, dilation].every(({ y, x }) => y === 1 && x === 1)
  );
}

function variantsFor(shape: ConvShape, { threads = 1 }: Pick<Settings, "threads">): readonly string[] {
  const taking = contestants.filter((each) => each.on(shape));
  const together = threads > 1 ? taking.filter((each) => each.together) : [];
  return [
    ...taking.map(({ variant }) => variant),
    ...together.map(({ variant }) => withThreads(variant, threads)),
  ];
}

/**
 * Indirect convolution against im2col and GEMM with the same register tiles, both with channels last, as in Dukhan, The
 * indirect convolution algorithm (arXiv:1907.02129): where larger kernels are to gain and 1x1 kernels to lose, and what
 * the indirection buffer takes.
 */
import type { Cell, Evidence, ExperimentRow, Judgement, Settings } from "../experiment.ts";
import { allHold, bestTarget, figure, missing } from "../judge.ts";
import { fastestTarget, on } from "../targets.ts";
import { layerBytes, layerCell, type NamedShape, ownLayersOr, squareLayer } from "./layer-cells.ts";
import { layerOf } from "./layer-text.ts";
import { judgeMajority } from "./majority.ts";
import { type ConvShape, isPointwise } from "./shape.ts";

export const indirectVariant = "indirect-nhwc";
export const loweredVariant = "im2col-nhwc";
export const pointwiseVariant = "pointwise-nhwc";
export const indirectRounds = 15;

/**
 * 3x3 layers of SqueezeNet (arXiv:1602.07360, table 1) and ResNet-18, which the paper uses too; 5x5 layers that see all
 * channels are in no MobileNet: GoogLeNet's (arXiv:1409.4842, table 1).
 */
export const largeKernels: readonly NamedShape[] = [
  squareLayer("squeezenet-fire2-expand3", 16, 55, 64, 3),
  squareLayer("squeezenet-fire5-expand3", 32, 27, 128, 3),
  squareLayer("squeezenet-fire9-expand3", 64, 13, 256, 3),
  squareLayer("resnet18-conv3", 128, 28, 128, 3),
  squareLayer("googlenet-3a-5x5", 16, 28, 32, 5),
  squareLayer("googlenet-4e-5x5", 32, 14, 128, 5),
];

/** 1x1 layers of 16 to 512 channels, on images that shrink as MobileNet's do. */
export const smallKernels: readonly NamedShape[] = (
  [
    [16, 112],
    [32, 56],
    [64, 56],
    [128, 28],
    [256, 14],
    [512, 7],
  ] as const
).map(([channels, side]) => squareLayer(`1x1x${channels} on ${side}x${side}`, channels, side, channels, 1));

export const bufferWorkload = "3x3 on 14x14, by channels";
export const bufferChannels = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512] as const;
export const bufferVariant = (channels: number): string => `channels-${channels}`;

/** Slow-down that the claim still calls slight. */
const slight = 1.3;

export const indirectConvolution: ExperimentRow = {
  id: "indirect-convolution",
  title: { en: "Pointers instead of patches", zh: "以指针代替图像块" },
  question: "Where does a buffer of pointers beat a buffer of copies, and what does each take?",
  topics: ["indirect-conv", "conv", "im2col"],
  claims: [
    {
      claim: "indirect-beats-im2col",
      rule:
        `On ${largeKernels.length} layers with 3x3 and 5x5 kernels, channels last, same register tile, pointers set up before timing as in the paper, on the fastest target of the run ` +
        `(native before wasm before js), over at least ${indirectRounds} interleaved rounds: confirmed if on each layer the 95 % interval of the paired speed-up over ` +
        "im2col and GEMM lies above 1; refuted if on half of them or more it lies at or below 1.",
      judge: (evidence) =>
        judgeMajority(evidence, {
          workloads: largeKernels.map(({ name }) => name),
          ratio: { variant: indirectVariant, against: loweredVariant, target: bestTarget(evidence) },
          ...{
            rounds: indirectRounds,
            winsAsked: largeKernels.length,
            lossesRefuting: largeKernels.length / 2,
          },
          won: (m) => m.low > 1,
          lost: (m) => m.high <= 1,
        }),
    },
    {
      claim: "indirection-buffer-is-smaller",
      rule:
        "Bytes of the unfolded matrix and of the indirection buffer of a 3x3 layer with 1 to 512 channels, as allocated: confirmed if their ratio is channels times " +
        "element size over pointer size at each; refuted if it is another at one of them.",
      judge: judgeBuffers,
    },
    {
      claim: "indirect-loses-on-pointwise",
      rule:
        `On ${smallKernels.length} 1x1 layers of 16 to 512 channels, the plain product over indirect convolution with the same tile, as above: a layer counts for the claim if the 95 % ` +
        "interval of the paired speed-up lies above 1 and below 1.3, against it if the interval lies at or below 1 or at or above 1.3. Confirmed if more than half count for it, refuted if half or more count against it.",
      judge: (evidence) =>
        judgeMajority(evidence, {
          workloads: smallKernels.map(({ name }) => name),
          ratio: { variant: pointwiseVariant, against: indirectVariant, target: bestTarget(evidence) },
          rounds: indirectRounds,
          winsAsked: smallKernels.length / 2 + 1,
          lossesRefuting: smallKernels.length / 2,
          won: (m) => m.low > 1 && m.high < slight,
          lost: (m) => m.high <= 1 || m.low >= slight,
        }),
    },
  ],
  charts: [
    { kind: "bars", title: "Speed-up by layer", metric: "speed-up" },
    { kind: "bars", title: "Time by layer and method", metric: "time" },
    { kind: "bars", title: "Indirection buffer by channels", metric: "indirection-buffer" },
    { kind: "bars", title: "Unfolded matrix by channels", metric: "unfolded-input" },
  ],
  ownWorkloads: {
    kind: "layer",
    memoryBytes: (workload) => {
      const { shape } = layerOf(workload);
      return layerBytes(shape, ownVariants(shape));
    },
  },
  plan,
};

/** What runs on a layer of the user's own. */
const ownVariants = (shape: ConvShape): readonly string[] => [
  ...[loweredVariant, indirectVariant],
  ...(isPointwise(shape) ? [pointwiseVariant] : []),
];

function plan(settings: Settings): readonly Cell[] {
  const target = fastestTarget(settings);
  if (!target) return [];
  const cells = (layers: readonly NamedShape[], variants: readonly string[]): Cell[] =>
    layers.map((each) => layerCell(each, on(target, variants), indirectRounds));
  const own = (layer: NamedShape): Cell =>
    layerCell(layer, on(target, ownVariants(layer.shape)), indirectRounds);
  return ownLayersOr(settings, own, () => [
    { workload: bufferWorkload, variants: on(target, bufferChannels.map(bufferVariant)), seconds: 1 },
    ...cells(largeKernels, [loweredVariant, indirectVariant]),
    ...cells(smallKernels, [indirectVariant, pointwiseVariant]),
  ]);
}

/** Bytes of a float32 over bytes of a 32-bit offset. */
const bytesPerPointer = 4 / 4;

function judgeBuffers(evidence: Evidence): Judgement {
  const target = bestTarget(evidence);
  return allHold(
    bufferChannels.map((channels) => {
      const query = { workload: bufferWorkload, variant: bufferVariant(channels), target };
      const unfolded = evidence.find({ ...query, metric: "unfolded-input" });
      const pointers = evidence.find({ ...query, metric: "indirection-buffer" });
      if (!unfolded || !pointers) return missing(evidence, { ...query, metric: "indirection-buffer" });
      const ratio = unfolded.value / pointers.value;
      return {
        holds: ratio === channels * bytesPerPointer,
        text: `${channels} channels: ${unfolded.value} B over ${pointers.value} B is ${figure(ratio)}`,
      };
    }),
  );
}

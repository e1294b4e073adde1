/** What the rules of this room must say of made-up measurements. */
import type { Measurement } from "../experiment.ts";
import { counted, made, ratio, type Trial } from "../made-up.fixture.ts";
import {
  channelsVariant,
  generalWorkload,
  variant as loweredOnce,
  workload as randomLayers,
  shapeCount,
} from "./conv-as-gemm.experiment.ts";
import { loopLayers, loopsVariant, loweredVariant } from "./im2col-loops.experiment.ts";
import {
  memoryWorkload,
  unfoldedFormula,
  unfoldedKernels,
  unfoldedSides,
  unfoldedVariant,
} from "./im2col-memory.experiment.ts";
import { packedVariant, packingLayers, unpackedVariant } from "./im2col-packing.experiment.ts";
import {
  bufferChannels,
  bufferVariant,
  bufferWorkload,
  indirectVariant,
  largeKernels,
  loweredVariant as loweredPixels,
  pointwiseVariant,
  smallKernels,
} from "./indirect-convolution.experiment.ts";
import { layers } from "./layers.ts";
import { gemmLayer, networkLayers } from "./network.ts";
import { workload as networkWorkload } from "./network-profile.experiment.ts";

const agreeing = (
  workload: string,
  variants: readonly string[],
  mismatches: number,
  error: number,
  cases: number = shapeCount,
): Measurement[] => [
  ...counted(workload, variants, mismatches, cases),
  ...variants.map((variant) => made({ workload, variant, metric: "max-error", value: error })),
];

const unfolded = (larger: number, kernels: readonly number[] = unfoldedKernels): Measurement[] =>
  kernels.flatMap((kernel) =>
    unfoldedSides.map((side) =>
      made({
        ...{ workload: memoryWorkload, variant: unfoldedVariant(kernel, side) },
        ...{ metric: "unfolded-ratio", value: unfoldedFormula(kernel, side) + larger },
      }),
    ),
  );

/** Ratios of layers in their order: the first so many are won. */
const ratios = (
  names: readonly { readonly name: string }[],
  [variant, against]: readonly [string, string],
  wins: number,
  [won, lost]: readonly [number, number],
): Measurement[] => names.map(({ name }, i) => ratio(name, variant, against, i < wins ? won : lost));

const buffers = (pointerBytes: number): Measurement[] =>
  bufferChannels.flatMap((channels) => [
    made({
      ...{ workload: bufferWorkload, variant: bufferVariant(channels), metric: "unfolded-input" },
      value: 4 * 9 * 144 * channels,
    }),
    made({
      ...{ workload: bufferWorkload, variant: bufferVariant(channels), metric: "indirection-buffer" },
      value: pointerBytes * 9 * 144,
    }),
  ]);

const indirectPair = [indirectVariant, loweredPixels] as const;
const pointwisePair = [pointwiseVariant, indirectVariant] as const;
const packingPair = [packedVariant, unpackedVariant] as const;
const loopPair = [loweredVariant, loopsVariant] as const;

/** Layers of which the first so many are won by im2col-GEMM and the others lost or open. */
const traffic = (won: number, others: number, spread = 0.02): Measurement[] =>
  layers.flatMap(({ name }, i) => [
    ratio(name, "im2col-gemm", "direct", i < won ? 3 : others, spread),
    made({ workload: name, variant: "im2col-gemm", metric: "bytes-moved", value: 4000 }),
    made({ workload: name, variant: "direct", metric: "bytes-moved", value: 1000 }),
  ]);

const profile = (gemm: number, other: number, spread = 0.02): Measurement[] =>
  networkLayers.map((layer) =>
    made(
      {
        ...{ workload: networkWorkload, variant: layer.name, metric: "time" },
        value: gemmLayer(layer) ? gemm : other,
      },
      spread,
    ),
  );

const forward = (workspace: number, cases: number): Measurement[] => {
  const row = { workload: "50 random layers", variant: "forward" };
  return [
    ...counted(row.workload, [row.variant], 0, cases),
    made({ ...row, metric: "workspace", value: workspace }),
    made({ ...row, metric: "unfolded-input", value: 4096 }),
  ];
};

const backward = (overwriting: number, cases: number): Measurement[] => {
  const workload = "50 random layers";
  const error = (variant: string, value: number): Measurement =>
    made({ workload, variant, metric: "max-error", value });
  return [
    error("backward-gemm-col2im", 1e-6),
    error("backward-finite-differences", 1e-6),
    error("backward-overwriting", overwriting),
    made({ workload, variant: "backward-gemm-col2im", metric: "cases", value: cases }),
  ];
};

export const convTrials: readonly Trial[] = [
  {
    claim: "conv-becomes-gemm",
    confirmed: agreeing(randomLayers, [loweredOnce], 0, 1e-6),
    refuted: agreeing(randomLayers, [loweredOnce], 0, 1e-3),
    inconclusive: agreeing(randomLayers, [loweredOnce], 0, 1e-6, 20),
  },
  {
    claim: "channels-sum-to-one-map",
    confirmed: agreeing(randomLayers, [loweredOnce, channelsVariant], 0, 1e-6),
    refuted: [
      ...agreeing(randomLayers, [loweredOnce], 0, 1e-6),
      ...agreeing(randomLayers, [channelsVariant], 1, 1e-6),
    ],
    inconclusive: agreeing(randomLayers, [loweredOnce], 0, 1e-6),
  },
  {
    claim: "im2col-is-exact",
    confirmed: agreeing(generalWorkload, [loweredOnce], 0, 1e-6),
    refuted: agreeing(generalWorkload, [loweredOnce], 3, 1e-6),
    inconclusive: agreeing(randomLayers, [loweredOnce], 0, 1e-6),
  },
  {
    claim: "im2col-multiplies-input-memory",
    confirmed: unfolded(0),
    refuted: unfolded(0.01),
    inconclusive: unfolded(0, [1, 3]),
  },
  {
    claim: "im2col-gemm-beats-direct-loops",
    confirmed: ratios(loopLayers, loopPair, 3, [20, 1]),
    refuted: ratios(loopLayers, loopPair, 2, [20, 0.5]),
    inconclusive: ratios(loopLayers, loopPair, 2, [20, 1]),
  },
  {
    claim: "pack-after-im2col-speeds-conv",
    confirmed: ratios(packingLayers, packingPair, 4, [1.3, 1]),
    refuted: ratios(packingLayers, packingPair, 2, [1.3, 0.8]),
    inconclusive: ratios(packingLayers, packingPair, 3, [1.3, 0.8]),
  },
  {
    claim: "indirect-beats-im2col",
    confirmed: ratios(largeKernels, indirectPair, 6, [1.3, 1]),
    refuted: ratios(largeKernels, indirectPair, 3, [1.3, 0.8]),
    inconclusive: ratios(largeKernels, indirectPair, 4, [1.3, 0.8]),
  },
  {
    claim: "indirection-buffer-is-smaller",
    confirmed: buffers(4),
    refuted: buffers(8),
    inconclusive: buffers(4).slice(2),
  },
  {
    claim: "indirect-loses-on-pointwise",
    confirmed: ratios(smallKernels, pointwisePair, 4, [1.1, 0.9]),
    refuted: ratios(smallKernels, pointwisePair, 3, [1.1, 1.5]),
    inconclusive: ratios(smallKernels, pointwisePair, 3, [1.1, 1]),
  },
  {
    claim: "forward-unfolds-input-only",
    confirmed: forward(4096, 50),
    refuted: forward(8192, 50),
    inconclusive: forward(4096, 10),
  },
  {
    claim: "backward-grad-then-col2im",
    confirmed: backward(0.5, 50),
    refuted: backward(1e-6, 50),
    inconclusive: backward(0.5, 10),
  },
  {
    claim: "regular-access-outweighs-copy",
    confirmed: traffic(9, 0.5),
    refuted: traffic(8, 0.5),
    inconclusive: traffic(8, 1, 0.1),
  },
  {
    claim: "gemm-layers-take-most-time",
    confirmed: profile(1, 0.01),
    refuted: profile(1, 5),
    inconclusive: profile(8, 2, 0.4),
  },
];

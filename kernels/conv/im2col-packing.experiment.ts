/**
 * What copying the unfolded matrix once more, into panels, buys the product that reads it: article 55's im2col, pack,
 * SGEMM against the same tiles on the matrix where it lies.
 */
import type { Cell, Evidence, ExperimentRow, Judgement, Settings } from "../experiment.ts";
import { bestTarget } from "../judge.ts";
import { fastestTarget, on } from "../targets.ts";
import { layerBytes, layerCell, type NamedShape, ownLayersOr, squareLayer } from "./layer-cells.ts";
import { layerOf } from "./layer-text.ts";
import { judgeMajority } from "./majority.ts";

export const packedVariant = "im2col-pack";
export const unpackedVariant = "im2col-unpacked";
/** Beside them: panels filled straight from the image, and whatever product is fastest for the shape. */
const besides = ["implicit", "im2col"];
export const packingRounds = 15;

/** 3x3 layers of 16 to 128 channels on images that shrink as networks have it. */
export const packingLayers: readonly NamedShape[] = (
  [
    [16, 56],
    [32, 56],
    [64, 28],
    [128, 28],
  ] as const
).map(([channels, side]) => squareLayer(`3x3x${channels} on ${side}x${side}`, channels, side, channels, 3));

export const im2colPacking: ExperimentRow = {
  id: "im2col-packing",
  title: { en: "Packing after im2col", zh: "im2col之后的打包" },
  question: "Does packing the unfolded matrix before the product pay for itself?",
  topics: ["im2col", "packing", "gemm"],
  claims: [
    {
      claim: "pack-after-im2col-speeds-conv",
      rule:
        `On 3x3 layers of 16, 32, 64 and 128 channels, im2col with and without packing by the same register tile, on the fastest target of the run ` +
        `(native before wasm before js), packing of the matrix timed and that of the weights done once before, over at least ${packingRounds} interleaved rounds: confirmed if on each layer the 95 % ` +
        "interval of the paired speed-up of packing lies above 1; refuted if on half of them or more it lies at or below 1.",
      judge,
    },
  ],
  charts: [
    { kind: "bars", title: "Time by layer and method", metric: "time" },
    { kind: "bars", title: "Bytes moved by layer and method", metric: "bytes-moved" },
  ],
  ownWorkloads: { kind: "layer", memoryBytes: (workload) => layerBytes(layerOf(workload).shape, raced) },
  plan,
};

const raced: readonly string[] = [unpackedVariant, packedVariant, ...besides];

function plan(settings: Settings): readonly Cell[] {
  const target = fastestTarget(settings);
  if (!target) return [];
  const cellFor = (layer: NamedShape): Cell => layerCell(layer, on(target, raced), packingRounds);
  return ownLayersOr(settings, cellFor, () => packingLayers.map(cellFor));
}

function judge(evidence: Evidence): Judgement {
  return judgeMajority(evidence, {
    workloads: packingLayers.map(({ name }) => name),
    ratio: { variant: packedVariant, against: unpackedVariant, target: bestTarget(evidence) },
    ...{ rounds: packingRounds, winsAsked: packingLayers.length, lossesRefuting: packingLayers.length / 2 },
    won: (m) => m.low > 1,
    lost: (m) => m.high <= 1,
  });
}

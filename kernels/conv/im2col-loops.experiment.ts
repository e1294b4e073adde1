/**
 * Unfolding and a good product against the loops of the definition, on the layers that the claim's test names. After
 * Chellapilla et al. (2006), who report 2.4 to 3.0 times on a processor.
 */
import type { Cell, Evidence, ExperimentRow, Judgement, Settings } from "../experiment.ts";
import { above, allHold, bestTarget, triedRatio } from "../judge.ts";
import { fastestTarget, on } from "../targets.ts";
import { layerBytes, layerCell, type NamedShape, ownLayersOr, squareLayer } from "./layer-cells.ts";
import { layerOf } from "./layer-text.ts";

export const loopsVariant = "seven-loops";
export const loweredVariant = "im2col";
/** Shown beside them, judged by no rule: what loops become when they are tiled for registers. */
const tiledVariant = "direct";

/** Rounds that the rule asks for. */
export const loopRounds = 15;

/** 3x3 layers of 32 to 128 channels; the last one smaller, because loops take it a tenth of a second. */
export const loopLayers: readonly NamedShape[] = (
  [
    [32, 28],
    [64, 28],
    [128, 14],
  ] as const
).map(([channels, side]) => squareLayer(`3x3x${channels} on ${side}x${side}`, channels, side, channels, 3));

export const im2colLoops: ExperimentRow = {
  id: "im2col-loops",
  title: { en: "im2col and GEMM against seven loops", zh: "im2col加GEMM对七重循环" },
  question: "Is unfolding and multiplying faster than the loops of the definition, copy included?",
  topics: ["im2col", "gemm"],
  claims: [
    {
      claim: "im2col-gemm-beats-direct-loops",
      rule:
        `On 3x3 layers of 32, 64 and 128 channels, the seven loops of the definition against im2col and GEMM on the fastest target of the run ` +
        `(native before wasm before js), copy included, over at least ${loopRounds} interleaved rounds: confirmed if on each layer the 95 % interval of ` +
        "the paired speed-up over the loops lies above 1; refuted if on one of them it lies at or below 1.",
      judge,
    },
  ],
  charts: [
    { kind: "bars", title: "Time by layer and method", metric: "time" },
    { kind: "bars", title: "Speed-up over the seven loops", metric: "speed-up" },
  ],
  ownWorkloads: { kind: "layer", memoryBytes: (workload) => layerBytes(layerOf(workload).shape, raced) },
  plan,
};

const raced: readonly string[] = [loopsVariant, loweredVariant, tiledVariant];

function plan(settings: Settings): readonly Cell[] {
  const target = fastestTarget(settings);
  if (!target) return [];
  const cellFor = (layer: NamedShape): Cell => layerCell(layer, on(target, raced), loopRounds);
  return ownLayersOr(settings, cellFor, () => loopLayers.map(cellFor));
}

function judge(evidence: Evidence): Judgement {
  const target = bestTarget(evidence);
  return allHold(
    loopLayers.map(({ name }) =>
      triedRatio(evidence, { workload: name, target, variant: loweredVariant, against: loopsVariant }, (m) =>
        above(m, 1, { rounds: loopRounds }),
      ),
    ),
  );
}

/**
 * Predictions held against what was measured: hit or miss for each variant, and whether the ranks agree. Pure, so that
 * tables and charts of a stored run say the same as those of the run itself.
 */
import type { Measurement, VariantRef } from "../experiment.ts";
import { sameVariant } from "../variant.ts";
import { rankCorrelation } from "./statistics/trend.ts";

export interface ForecastPoint extends VariantRef {
  readonly predicted: number;
  readonly measured: Measurement;
  /** Whether the measured interval comes within `hitMargin` of the prediction. */
  readonly hit: boolean;
}

export interface Forecast {
  readonly points: readonly ForecastPoint[];
  readonly hits: number;
  /** Spearman's rank correlation of predicted and measured shares: 1 where the model orders the variants rightly. */
  readonly rankCorrelation: number;
}

/** Ten points of peak: a model that is wrong by more would choose another tile. Fixed before the first prediction. */
export const hitMargin = 0.1;

/** Fewer variants have no ranks to speak of. */
const leastPoints = 3;

/** The forecast of one cell's measurements; undefined where nothing was predicted, or too little measured. */
export function forecastIn(measured: readonly Measurement[]): Forecast | undefined {
  const points = measured
    .filter((m) => m.metric === "predicted-peak-fraction")
    .flatMap((prediction): ForecastPoint[] => {
      const share = measured.find((m) => m.metric === "peak-fraction" && sameVariant(m, prediction));
      if (!share) return [];
      const { variant, target, value: predicted } = prediction;
      const hit = share.low - hitMargin <= predicted && predicted <= share.high + hitMargin;
      return [{ variant, target, predicted, measured: share, hit }];
    });
  if (points.length < leastPoints) return undefined;
  return {
    points,
    hits: points.filter(({ hit }) => hit).length,
    rankCorrelation: rankCorrelation(
      points.map(({ predicted }) => predicted),
      points.map(({ measured: { value } }) => value),
    ),
  };
}

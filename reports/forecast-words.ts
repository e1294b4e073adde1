/** A forecast in a sentence, as terminal and report say it below the table of its cell. */
import type { Measurement } from "../kernels/experiment.ts";
import { forecastIn, hitMargin } from "../kernels/measure/forecast.ts";
import { formatNumber, formatPercent } from "./numbers.ts";

/** `forecastInWords` of each target in a sentence of its own, for shares of different peaks have no common order. */
export function forecastsInWords(measured: readonly Measurement[]): readonly string[] {
  const targets = [...new Set(measured.map(({ target }) => target))];
  const said = targets.flatMap((target) => {
    const words = forecastInWords(measured.filter((m) => m.target === target));
    return words === undefined ? [] : [{ target, words }];
  });
  return said.map(({ target, words }) => (said.length > 1 ? `On ${target}: ${words}` : words));
}

/** Hits, misses with both figures, and the rank correlation; undefined where nothing was predicted. */
export function forecastInWords(measured: readonly Measurement[]): string | undefined {
  const forecast = forecastIn(measured);
  if (!forecast) return undefined;
  const { points, hits } = forecast;
  const missed = points
    .filter(({ hit }) => !hit)
    .map(
      ({ variant, predicted, measured: { value } }) =>
        `${variant} (${formatPercent(predicted)} predicted, ${formatPercent(value)} measured)`,
    );
  const misses = missed.length > 0 ? `; missed: ${missed.join(", ")}` : "";
  return (
    `The prediction came within ${100 * hitMargin} points of the measured share of peak for ${hits} of ${points.length}` +
    `${misses}. Rank correlation of predicted and measured: ${formatNumber(forecast.rankCorrelation)}.`
  );
}

/** Checks of what a time means on this machine: the timer, the noise floor, the clock frequency. */
import { shortestSampleSeconds } from "../../kernels/measure/clock.ts";
import type { NoiseFloor } from "../../kernels/measure/noise-floor.ts";
import { sameMargin } from "../../kernels/measure/statistics/difference.ts";
import { ascending, quantile } from "../../kernels/measure/statistics/order.ts";
import { trendOf } from "../../kernels/measure/statistics/trend.ts";
import { formatSeconds } from "../../reports/numbers.ts";
import { type Check, type Facts, type Finding, note, ok, problem } from "./check.ts";

/** Browsers and hardened systems coarsen timers to this and more; samples must then last a thousand times as long. */
const fineResolution = 1e-6;
const usableResolution = 1e-3;
/** Half-width of A against A from which no difference that articles write about could be seen. */
const hopelessHalfWidth = 0.2;
/** What turbo and heat move a desktop's clock by without anybody noticing. */
const steadySpread = 0.03;
/** Exceeded by chance in 1 of 1000 series without a trend, as in kernels/measure/remarks.ts. */
const surprisingScore = 3.29;

export const timingChecks: readonly Check[] = [
  { id: "timer", looksAt: "resolution of the clock", judge: judgeTimer },
  {
    id: "noise-floor",
    looksAt: "the same loop against itself",
    slow: "measuring the noise floor and the clock frequency",
    judge: async (facts) => judgeNoise(await facts.noiseFloor()),
  },
  {
    id: "frequency",
    looksAt: "drift of the clock frequency",
    judge: async (facts) => judgeFrequency(await facts.noiseFloor()),
  },
];

function judgeTimer(facts: Facts): Finding {
  const { resolutionSeconds, readingSeconds } = facts.timer();
  if (!(resolutionSeconds <= usableResolution)) {
    const shown = Number.isFinite(resolutionSeconds) ? formatSeconds(resolutionSeconds) : "no step at all";
    return problem(`resolution: ${shown}`, "Times measured here mean nothing; use another machine.");
  }
  const now = (): number => 0;
  const sample = formatSeconds(shortestSampleSeconds({ now, resolutionSeconds }));
  const found = `resolution ${formatSeconds(resolutionSeconds)}, a reading costs ${formatSeconds(readingSeconds)}; samples last ${sample} at least`;
  return resolutionSeconds <= fineResolution ? ok(found) : note(found, "Runs take longer than elsewhere.");
}

const quieter = "Close other programs, plug the machine in, and run again.";

function judgeNoise({ ratio: { value, low, high }, rounds }: NoiseFloor): Finding {
  const halfWidth = (high - low) / 2;
  const found = `A against A: ${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}] in ${rounds} rounds`;
  if (!(halfWidth <= hopelessHalfWidth)) return problem(`${found}: nothing can be told apart`, quieter);
  if (halfWidth > sameMargin) {
    const percent = (100 * halfWidth).toFixed(0);
    return note(`${found}: differences below ${percent} % cannot be seen in a run of a second`, quieter);
  }
  const truth = low <= 1 && 1 <= high;
  const margin = Math.max(Math.abs(low - 1), Math.abs(high - 1));
  if (!truth && margin > sameMargin) return note(`${found}: something favours one of two equals`, quieter);
  return ok(found);
}

function judgeFrequency({ gigahertz }: NoiseFloor): Finding {
  const sorted = ascending(gigahertz);
  const [low, middle, high] = [0.1, 0.5, 0.9].map((p) => quantile(sorted, p)) as [number, number, number];
  const found = `${middle.toFixed(2)} GHz, between ${low.toFixed(2)} and ${high.toFixed(2)} in eight of ten rounds`;
  const { score } = trendOf(gigahertz);
  if (!((high - low) / middle <= steadySpread)) {
    return note(
      found,
      "Absolute times move with it. A fixed governor (cpupower frequency-set -g performance) helps.",
    );
  }
  if (Math.abs(score) > surprisingScore) {
    return note(
      `${found}, ${score > 0 ? "rising" : "falling"}`,
      "Let the machine cool down or warm up first.",
    );
  }
  return ok(found);
}

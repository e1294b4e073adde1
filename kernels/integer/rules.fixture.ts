/** What the rules of this room must say of made-up measurements. */
import type { Measurement } from "../experiment.ts";
import { made, ratio, type Trial } from "../made-up.fixture.ts";
import { bertWorkload, integerVariant } from "./integer-bert.experiment.ts";
import { allowed, nonlinearWorkload } from "./integer-nonlinearities.experiment.ts";
import {
  byteEncoder,
  byteProduct,
  encoderWorkload,
  floatEncoder,
  floatProduct,
  judgedProduct,
} from "./integer-speed.experiment.ts";

/** Largest errors of the three functions as shares of what is allowed. */
const errors = (shares: readonly number[]): Measurement[] =>
  Object.entries(allowed).flatMap(([variant, bound], i) => {
    const share = shares[i];
    if (share === undefined) return [];
    return [made({ workload: nonlinearWorkload, variant, metric: "max-error", value: share * bound })];
  });

const losses = (value: number, halfWidth: number, n: number): Measurement[] => [
  made({
    ...{ workload: bertWorkload("standard"), variant: integerVariant, metric: "test-error-change" },
    ...{ value, low: value - halfWidth, high: value + halfWidth, n },
  }),
];

const speeds = (product: number, encoder: number, spread = 0.02): Measurement[] => [
  ratio(judgedProduct, byteProduct, floatProduct, product, spread),
  ratio(encoderWorkload, byteEncoder, floatEncoder, encoder, spread),
];

export const integerTrials: readonly Trial[] = [
  {
    claim: "integer-nonlinearities-are-close",
    confirmed: errors([0.6, 0.5, 0.1]),
    refuted: errors([0.6, 1.2, 0.1]),
    inconclusive: errors([0.6, 0.5]),
  },
  {
    claim: "integer-only-keeps-accuracy",
    confirmed: losses(0.002, 0.004, 10),
    refuted: losses(0.05, 0.01, 10),
    inconclusive: losses(0.002, 0.004, 3),
  },
  {
    claim: "int8-runs-faster-than-fp32",
    confirmed: speeds(3, 1.5),
    refuted: speeds(3, 0.8),
    inconclusive: speeds(3, 1.01),
  },
];

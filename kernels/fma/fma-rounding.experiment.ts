/**
 * Does a fused multiply-add make long dot products more accurate? An exact experiment: errors against exact sums,
 * the same on every machine for the same seed.
 */
import type { Evidence, ExperimentRow, Judgement, Profile, Settings } from "../experiment.ts";
import { allHold, type Finding, figure, missing } from "../judge.ts";

export const fusedVariant = "fused";
export const twiceVariant = "multiply-then-add";
/** Dot products that the claim's rule asks for; a full run draws more, because the difference is small. */
const claimedDotProducts = 1000;
const fullDotProducts = 20_000;
/** Terms of each: long enough for thousands of roundings to add up, short enough for a second of work. */
export const dotLength = 4096;

export function workloadOf(profile: Profile): string {
  return `${dotProductsOf(profile)} dot products of ${dotLength}`;
}

export function dotProductsOf(profile: Profile): number {
  return profile === "full" ? fullDotProducts : claimedDotProducts;
}

/** Two-sided 95 % quantile of the normal distribution; the mean of 1,000 differences is normal enough. */
const normalQuantile = 1.96;

export const fmaRounding: ExperimentRow = {
  id: "fma-rounding",
  title: { en: "One rounding or two", zh: "一次舍入还是两次舍入" },
  question:
    "Are long float32 dot products closer to the exact sum when each multiply-add rounds once instead of twice?",
  topics: ["fma"],
  claims: [
    {
      claim: "fma-rounds-once",
      rule:
        `Over at least ${claimedDotProducts} random dot products the mean absolute error of two roundings less that of one: ` +
        "confirmed if its 95 % interval (mean ± 1.96 standard errors) lies above 0, refuted if below 0.",
      judge,
    },
  ],
  charts: [{ kind: "bars", title: "Mean absolute error of float32 dot products", metric: "mean-error" }],
  plan: (settings: Settings) =>
    settings.targets.includes("js")
      ? [
          {
            workload: workloadOf(settings.profile),
            variants: [
              { variant: fusedVariant, target: "js" },
              { variant: twiceVariant, target: "js" },
            ],
            seconds: settings.profile === "full" ? 25 : 1.5,
          },
        ]
      : [],
};

function judge(evidence: Evidence): Judgement {
  return allHold([enoughCases(evidence), differenceAboveZero(evidence)]);
}

function enoughCases(evidence: Evidence): Finding {
  const cases = evidence.find({ metric: "cases" });
  if (!cases) return missing(evidence, { variant: fusedVariant, target: "js", metric: "cases" });
  const enough = cases.value >= claimedDotProducts;
  return {
    holds: enough ? true : null,
    text: `${figure(cases.value)} of at least ${claimedDotProducts} dot products`,
  };
}

function differenceAboveZero(evidence: Evidence): Finding {
  const query = { variant: fusedVariant, target: "js", metric: "error-saved" } as const;
  const saved = evidence.find(query);
  const standardError = evidence.find({ ...query, metric: "standard-error" });
  if (!saved || !standardError) return missing(evidence, query);
  const low = saved.value - normalQuantile * standardError.value;
  const high = saved.value + normalQuantile * standardError.value;
  const text = `mean absolute error saved by one rounding ${figure(saved.value)} [${figure(low)}, ${figure(high)}]`;
  const means = [fusedVariant, twiceVariant].map((variant) => {
    const mean = evidence.find({ variant, metric: "mean-error" });
    return `${variant} ${mean ? figure(mean.value) : "unknown"}`;
  });
  const holds = low > 0 ? true : high < 0 ? false : null;
  const stated = `${text} (${means.join(", ")})`;
  return {
    holds,
    text:
      holds === null ? `${stated}: the interval holds 0; --profile full draws ${fullDotProducts}` : stated,
  };
}

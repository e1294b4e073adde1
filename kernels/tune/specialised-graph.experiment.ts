/**
 * A small network as a graph of operations: walked by an interpreter whose kernels take any shape, and as one function
 * that was generated for these very shapes. The same sums in the same order, so the results must be the same bits. After
 * TVM (Chen et al. 2018) and article 64.
 */
import type { Cell, ExperimentRow, Settings } from "../experiment.ts";
import { above, allHold, bestTarget, equals, tried, triedRatio } from "../judge.ts";
import { comparedTargets, on } from "../targets.ts";

/** Widths of each network's layers, the input first: one that fits the first-level cache and one that does not. */
export const networks = { small: [32, 64, 64, 16], wide: [128, 256, 256, 64] } as const;

export const networkNames = Object.keys(networks) as (keyof typeof networks)[];

/** `small 32-64-64-16`. */
export function networkWorkload(name: keyof typeof networks): string {
  return `${name} ${networks[name].join("-")}`;
}

export const interpreted = "interpreted";
export const specialised = "specialised";
export const claimedRounds = 15;

export const specialisedGraph: ExperimentRow = {
  id: "specialised-graph",
  title: { en: "A graph interpreted and specialised", zh: "计算图的解释执行与特化代码" },
  question:
    "Is code generated for one known graph and its shapes faster than an interpreter of the same graph?",
  topics: ["compiler"],
  claims: [
    {
      claim: "shape-specialised-code-is-faster",
      rule:
        `Networks ${networkNames.map(networkWorkload).join(" and ")} on one input, both ways on the fastest target of the run ` +
        `(native before wasm before js), over at least ${claimedRounds} interleaved ` +
        "rounds: confirmed if at both the 95 % interval of the paired speed-up of the generated function over the " +
        "interpreter lies above 1 and no output differs by a bit; refuted if one interval lies at or below 1 or a bit differs.",
      judge: (evidence) => {
        const target = bestTarget(evidence);
        return allHold(
          networkNames
            .map(networkWorkload)
            .flatMap((workload) => [
              triedRatio(evidence, { workload, target, variant: specialised, against: interpreted }, (m) =>
                above(m, 1, { rounds: claimedRounds }),
              ),
              tried(evidence, { workload, target, variant: specialised, metric: "mismatches" }, (m) =>
                equals(m, 0),
              ),
            ]),
        );
      },
    },
  ],
  charts: [{ kind: "bars", title: "Time of one input through the graph", metric: "time" }],
  plan,
};

function plan(settings: Settings): readonly Cell[] {
  const variants = comparedTargets(settings).flatMap((target) => on(target, [interpreted, specialised]));
  if (variants.length === 0) return [];
  return networkNames.map((name) => ({
    workload: networkWorkload(name),
    variants,
    seconds: variants.length,
  }));
}

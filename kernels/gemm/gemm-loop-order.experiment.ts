/**
 * The six orders of the same three loops on row-major matrices: timed, and their misses simulated. Nothing but the
 * order differs, so what differs in time is memory access.
 */
import { describeGeometry, l1Geometry } from "../cache/geometry.ts";
import type { Cell, Evidence, ExperimentRow, Judgement, Settings } from "../experiment.ts";
import { above, allHold, estimate, type Finding, judgedTarget, triedRatio } from "../judge.ts";
import { mainTarget, on } from "../targets.ts";
import { cube } from "./cubes.ts";

/** Variants by order, outermost loop first; i runs over rows of C, j over its columns, k over the sum. */
const loopOrders = ["loop-ijk", "loop-ikj", "loop-jik", "loop-jki", "loop-kij", "loop-kji"] as const;

/** The size that the claim's rule names. */
const claimed = cube(512);
/** Misses are simulated at half that size: eight times less to trace, and still far beyond the simulated cache. */
export const tracedSide = 256;
export const tracedWorkload = `${cube(tracedSide)} traced`;
/** The rule asks for a median of at least fifteen rounds. */
const claimedRounds = 15;

export const gemmLoopOrder: ExperimentRow = {
  id: "gemm-loop-order",
  title: { en: "Six orders of three loops", zh: "三层循环的六种次序" },
  question: "How much does the order of the three loops alone change the time of a row-major matrix product?",
  topics: ["gemm"],
  claims: [
    {
      claim: "row-major-loop-order-matters",
      rule:
        "At 512x512x512, over at least 15 interleaved rounds: confirmed if the 95 % interval of the paired speed-up " +
        "of ikj over ijk lies above 1, refuted if at or below 1. The ranking of all orders is reported.",
      judge,
    },
  ],
  charts: [
    { kind: "bars", title: "Time of each loop order", metric: "time" },
    { kind: "bars", title: `Misses of a ${describeGeometry(l1Geometry)} cache`, metric: "cache-misses" },
  ],
  plan,
};

function plan(settings: Settings): readonly Cell[] {
  const target = mainTarget(settings);
  if (!target) return [];
  // The column-walking orders take tens of times longer: a quick run compares the pair that the claim names.
  const timed = settings.profile === "quick" ? (["loop-ijk", "loop-ikj"] as const) : loopOrders;
  return [
    { workload: claimed, variants: on(target, timed), seconds: settings.profile === "quick" ? 5 : 45 },
    { workload: tracedWorkload, variants: on(target, loopOrders), seconds: 4 },
  ];
}

function judge(evidence: Evidence): Judgement {
  const target = judgedTarget(evidence);
  const query = { workload: claimed, variant: "loop-ikj", target, against: "loop-ijk" };
  const faster = triedRatio(evidence, query, (m) => above(m, 1, { rounds: claimedRounds }));
  return allHold([faster, ranking(evidence)]);
}

/** The full ranking, which the claim asks to be reported and which decides nothing. */
function ranking(evidence: Evidence): Finding {
  const times = [...evidence.all({ workload: claimed, metric: "time" })]
    .filter((m) => (loopOrders as readonly string[]).includes(m.variant))
    .sort((a, b) => a.value - b.value);
  const listed = times.map((m) => `${m.variant} ${estimate(m)}`).join(", ");
  return { holds: true, text: listed ? `ranking: ${listed}` : "no order was timed" };
}

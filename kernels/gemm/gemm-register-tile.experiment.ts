/**
 * What a block of C in registers saves: loads and stores counted from the kernels' own addresses and held against
 * formulas, then the same kernels timed. Scalar kernels throughout, so that registers are all that differs.
 */
import type { Cell, Evidence, ExperimentRow, Judgement, Settings, Target } from "../experiment.ts";
import { above, allHold, type Finding, figure, judgedTarget, tried, triedRatio } from "../judge.ts";
import { mainTarget, on } from "../targets.ts";
import { cube } from "./cubes.ts";

/** Memory accesses of one product of side n. */
interface AccessFormula {
  readonly loads: (n: number) => number;
  readonly stores: (n: number) => number;
}

/**
 * Accesses for c += a b with n divisible by 4. The 1x1 kernel is the article's naive loop: C is read and written for
 * every multiply-add (4 n^3 in all). The others keep their block of C in registers for the whole sum.
 */
export const accessFormulas: Readonly<Record<string, AccessFormula>> = {
  "memory-1x1": { loads: (n) => 3 * n ** 3, stores: (n) => n ** 3 },
  "register-1x4": { loads: (n) => (1 + 1 / 4) * n ** 3 + n ** 2, stores: (n) => n ** 2 },
  "register-4x4": { loads: (n) => (1 / 4 + 1 / 4) * n ** 3 + n ** 2, stores: (n) => n ** 2 },
};
const variants = Object.keys(accessFormulas);

/** Counting needs no size: formulas hold at any multiple of 4, and this one takes a fraction of a second. */
export const countedSide = 64;
export const countedWorkload = `${cube(countedSide)} traced`;

const claimedRounds = 15;

export const gemmRegisterTile: ExperimentRow = {
  id: "gemm-register-tile",
  title: { en: "A block of C in registers", zh: "寄存器分块" },
  question: "How many memory accesses does a block of C in local variables save, and how much time?",
  topics: ["gemm", "tiling"],
  claims: [
    {
      claim: "register-tile-cuts-memory-traffic",
      rule:
        "Confirmed if counted loads and stores of 1x1, 1x4 and 4x4 blocks equal the formulas exactly and the 95 % " +
        "interval of the paired speed-up of 4x4 over 1x1, over at least 15 interleaved rounds, lies above 1; " +
        "refuted if a count differs or the interval lies at or below 1.",
      judge,
    },
  ],
  charts: [
    { kind: "bars", title: "Time by block of C", metric: "time" },
    { kind: "bars", title: "Loads by block of C", metric: "loads" },
  ],
  plan,
};

function timedWorkload(settings: Pick<Settings, "profile">): string {
  return cube(settings.profile === "full" ? 512 : 256);
}

function plan(settings: Settings): readonly Cell[] {
  const target = mainTarget(settings);
  if (!target) return [];
  const refs = on(target, variants);
  return [
    { workload: countedWorkload, variants: refs, seconds: 0.5 },
    { workload: timedWorkload(settings), variants: refs, seconds: settings.profile === "full" ? 40 : 4 },
  ];
}

function judge(evidence: Evidence): Judgement {
  const target = judgedTarget(evidence);
  const counts = variants.map((variant) => countsMatch(evidence, variant, target));
  const workload = timedWorkload(evidence);
  const query = { workload, variant: "register-4x4", target, against: "memory-1x1" };
  const faster = triedRatio(evidence, query, (m) => above(m, 1, { rounds: claimedRounds }));
  return allHold([...counts, perMac(evidence), faster]);
}

/** Accesses per multiply-add in words of the claim; states, decides nothing. */
function perMac(evidence: Evidence): Finding {
  const of = (variant: string): string => {
    const accesses = ["loads", "stores"].map(
      (metric) => evidence.find({ variant, metric })?.value ?? Number.NaN,
    );
    return figure(((accesses[0] as number) + (accesses[1] as number)) / countedSide ** 3);
  };
  return {
    holds: true,
    text: `accesses per multiply-add ${variants.map((v) => `${v} ${of(v)}`).join(", ")}`,
  };
}

/** Whether a tile's counted loads and stores are those of its formula. */
function countsMatch(evidence: Evidence, variant: string, target: Target): Finding {
  const query = { workload: countedWorkload, variant, target };
  const formula = accessFormulas[variant];
  return tried(evidence, { ...query, metric: "loads" }, (loads) =>
    tried(evidence, { ...query, metric: "stores" }, (stores) => {
      const [wantedLoads, wantedStores] = [formula?.loads(countedSide), formula?.stores(countedSide)];
      const holds = loads.value === wantedLoads && stores.value === wantedStores;
      const counted = `${variant} ${loads.value} loads, ${stores.value} stores at ${cube(countedSide)}`;
      return {
        holds,
        text: `${counted}, ${holds ? "as" : `not ${wantedLoads} and ${wantedStores} as`} the formulas say`,
      };
    }),
  );
}

/**
 * GEMV against GEMM on the same matrix, one that no cache holds: how much slower is arithmetic when every element is
 * used once, and is memory what bounds it?
 */
import type { Cell, Evidence, ExperimentRow, Judgement, Measurement, Settings } from "../experiment.ts";
import { allHold, describe, type Finding, figure, judgedTarget, tried } from "../judge.ts";
import { mainTarget, on } from "../targets.ts";

export const gemvVariant = "gemv-dot-simd";
export const gemmVariant = "packed-blocked";

/**
 * Side of the square matrix by profile: 64 MiB and 256 MiB in float32. The first is beyond the last-level cache of
 * most desktop machines, the second beyond that of most servers.
 */
const sides = { quick: 4096, standard: 4096, full: 8192 } as const;

/** Columns of the second operand of the GEMM: enough that its rate is a packed GEMM's, few enough for a second. */
export const gemmColumns = 64;

export function matrixWorkload(profile: Settings["profile"]): string {
  return `${sides[profile]}x${sides[profile]} matrix`;
}

/** Rows and columns of the matrix that a workload names. */
export function matrixSide(workload: string): number {
  const side = /^(\d+)x\1 matrix$/.exec(workload)?.[1];
  if (!side) throw new RangeError(`expected a workload such as 4096x4096 matrix; found ${workload}`);
  return Number(side);
}

export const gemvRate: ExperimentRow = {
  id: "gemv-rate",
  title: { en: "GEMV is bound by memory", zh: "GEMV受限于内存" },
  question: "How far below GEMM does GEMV stay on a large matrix, and does memory bandwidth explain it?",
  topics: ["gemv", "roofline"],
  claims: [
    {
      claim: "gemv-is-memory-bound",
      rule:
        "On a matrix larger than the last-level cache: confirmed if GEMM's GFLOP/s are at least 1.5x GEMV's and " +
        "GEMV's lie within 40 % of measured streaming bandwidth times 0.5 operations per byte, both judged by the " +
        "ends of the 95 % intervals; refuted if either surely fails.",
      judge,
    },
  ],
  charts: [
    { kind: "roofline", title: "GEMV and GEMM under the roofline", metric: "throughput" },
    { kind: "bars", title: "Rate of GEMV and GEMM", metric: "throughput" },
  ],
  plan,
};

function plan(settings: Settings): readonly Cell[] {
  const target = mainTarget(settings);
  if (!target) return [];
  return [
    {
      workload: matrixWorkload(settings.profile),
      variants: on(target, [gemvVariant, gemmVariant]),
      seconds: 6,
    },
  ];
}

/** Least ratio of rates, largest distance from the bandwidth bound, and operations per byte of float32 GEMV. */
const leastRatio = 1.5;
const tolerance = 0.4;
const intensity = 0.5;

function judge(evidence: Evidence): Judgement {
  const target = judgedTarget(evidence);
  const workload = matrixWorkload(evidence.profile);
  const rate = { workload, target, metric: "throughput" } as const;
  return allHold([
    beyondCache(evidence, workload),
    tried(evidence, { ...rate, variant: gemvVariant }, (gemv) =>
      tried(evidence, { ...rate, variant: gemmVariant }, (gemm) => ratioOfRates(gemm, gemv)),
    ),
    tried(evidence, { ...rate, variant: gemvVariant }, (gemv) =>
      tried(evidence, { workload, variant: "peak-stream", metric: "bandwidth" }, (stream) =>
        explained(gemv, stream),
      ),
    ),
  ]);
}

function beyondCache(evidence: Evidence, workload: string): Finding {
  const query = { workload, variant: gemvVariant, metric: "last-level-cache" } as const;
  return tried(evidence, query, (cache) => {
    const bytes = 4 * matrixSide(workload) ** 2;
    const text = `the matrix takes ${bytes / 2 ** 20} MiB, the last-level cache ${cache.value / 2 ** 20} MiB`;
    if (cache.value === 0) return { holds: null, text: "this machine does not tell the size of its caches" };
    return bytes > cache.value
      ? { holds: true, text }
      : { holds: null, text: `${text}: run --profile full for a larger matrix` };
  });
}

function ratioOfRates(gemm: Measurement, gemv: Measurement): Finding {
  const [low, high] = [gemm.low / gemv.high, gemm.high / gemv.low];
  const ratio = `${figure(gemm.value / gemv.value)} [${figure(low)}, ${figure(high)}]`;
  const text = `${describe(gemm)}, ${describe(gemv)}: ratio ${ratio}, asked ${leastRatio}`;
  return { holds: low >= leastRatio ? true : high < leastRatio ? false : null, text };
}

function explained(gemv: Measurement, stream: Measurement): Finding {
  const low = gemv.low / (stream.high * intensity);
  const high = gemv.high / (stream.low * intensity);
  const share = `${figure(gemv.value / (stream.value * intensity))} [${figure(low)}, ${figure(high)}]`;
  const text = `gemv reaches ${share} of ${describe(stream)} x ${intensity} FLOP/B, asked 0.6 to 1.4`;
  const inside = low >= 1 - tolerance && high <= 1 + tolerance;
  const outside = high < 1 - tolerance || low > 1 + tolerance;
  return { holds: inside ? true : outside ? false : null, text };
}

/**
 * A stored run for tests: a ladder on two sizes with its ceilings, a sweep over blocks, exact counts, a verdict of each
 * kind. Figures are those of a real machine, rounded.
 */
import type { StoredCell, StoredRun, StoredSample } from "../catalog/ledger.ts";
import type { Experiment, Measurement, Target, VariantRef } from "../kernels/experiment.ts";
import type { Sources } from "./sources.ts";

const ladderPoints: readonly (readonly [string, Target, number, boolean | null])[] = [
  ["naive-ijk", "js", 0.5, true],
  ["naive-ijk", "wasm", 1.3, true],
  ["packed-blocked", "wasm", 36.8, true],
  ["peak-fma", "wasm", 56.5, null],
];

/** A timed measurement with an interval of 5 % to both sides. */
export function timed(
  place: VariantRef & { readonly experiment: string; readonly workload: string },
  metric: string,
  unit: string,
  value: number,
): Measurement {
  const { experiment, workload, variant, target } = place;
  const interval = { value, low: 0.95 * value, high: 1.05 * value, n: 15, correct: true };
  return { experiment, workload, variant, target, threads: 1, metric, unit, kind: "timed", ...interval };
}

/** An exact measurement. */
export function exact(
  place: VariantRef & { readonly experiment: string; readonly workload: string },
  metric: string,
  value: number,
): Measurement {
  const { experiment, workload, variant, target } = place;
  const interval = { value, low: value, high: value, n: 1, correct: null };
  return { experiment, workload, variant, target, threads: 1, metric, unit: "1", kind: "exact", ...interval };
}

function ladder(workload: string, flops: number): Measurement[] {
  return ladderPoints.flatMap(([variant, target, rate, correct]) => {
    const place = { experiment: "ladder", workload, variant, target };
    const own = [
      { ...timed(place, "time", "s", flops / (rate * 1e9)), correct },
      { ...timed(place, "throughput", "GFLOP/s", rate), correct },
    ];
    if (variant.startsWith("peak-")) return own;
    const against: VariantRef = { variant: "naive-ijk", target: "js" };
    const share = timed(place, "peak-fraction", "1", rate / 56.5);
    const first = variant === against.variant && target === against.target;
    return [...own, share, ...(first ? [] : [{ ...timed(place, "speed-up", "x", rate / 0.5), against }])];
  });
}

const stream = {
  experiment: "ladder",
  workload: "256x256x256",
  variant: "peak-stream",
  target: "wasm",
} as const;
const blocks = [4, 16, 64, 256];
const blockTimes = [0.0194, 0.007, 0.0052, 0.0079];

const sweepOf = (workload: string): Measurement[] =>
  blocks.flatMap((block, at) => {
    const place = { experiment: "sweep", workload, variant: `blocked-${block}`, target: "wasm" } as const;
    return [timed(place, "time", "s", blockTimes[at] ?? 0), exact(place, "cache-misses", 1_000_000 / block)];
  });

const measurements: readonly Measurement[] = [
  ...ladder("256x256x256", 2 * 256 ** 3),
  timed(stream, "bandwidth", "GB/s", 21.3),
  ...ladder("512x512x512", 2 * 512 ** 3),
  ...sweepOf("256x256x256"),
];

const cell = (experiment: string, workload: string): StoredCell => {
  const own = measurements.filter((m) => m.experiment === experiment && m.workload === workload);
  const names = new Set(
    own.filter((m) => !m.variant.startsWith("peak-")).map((m) => `${m.variant} ${m.target}`),
  );
  const variants = [...names].map((name) => {
    const [variant = "", target = "js"] = name.split(" ");
    return { variant, target: target as Target };
  });
  return { experiment, workload, variants, finished: true, seconds: 3.2 };
};

const samples: readonly StoredSample[] = [0.0021, 0.0022, 0.002].map((value, round) => ({
  ...{ experiment: "sweep", workload: "256x256x256", variant: "blocked-4", target: "wasm" },
  ...{ metric: "time", round, value },
}));

/** The run, finished and without failures. */
export const storedRun: StoredRun = {
  run: {
    id: "r7",
    status: "finished",
    startedAt: "2026-11-24T04:14:38.726Z",
    finishedAt: "2026-11-24T04:15:00.000Z",
    command: ["bench", "--topic", "tiling"],
    settings: { profile: "quick", seed: 1, targets: ["js", "wasm"] },
    experiments: ["ladder", "sweep"],
    cells: { finished: 3, planned: 3 },
    verdicts: { confirmed: 1, refuted: 1, inconclusive: 1 },
    failures: 0,
  },
  environment: {
    cpu: "AMD EPYC",
    isa: ["avx2", "fma", "sse4_1"],
    caches: [{ level: "L1d", bytes: 32768, ways: 8, lineBytes: 64 }],
    cores: 2,
    memoryBytes: 24 * 2 ** 30,
    arch: "x64",
    os: "Linux 6.18",
    node: "26.10.0",
    v8: "14.6",
    kdaccel: "0.1.0",
    virtualised: null,
    load: 0.5,
  },
  settings: { profile: "quick", seed: 1, targets: ["js", "wasm"] },
  cells: [cell("ladder", "256x256x256"), cell("ladder", "512x512x512"), cell("sweep", "256x256x256")],
  measurements,
  samples,
  trainings: [],
  verdicts: [
    ["ladder", "far-from-peak", "confirmed"],
    ["ladder", "packing-pays", "refuted"],
    ["sweep", "a-best-size", "inconclusive"],
  ].map(([experiment = "", claim = "", verdict = ""]) => ({
    ...{ experiment, claim, verdict: verdict as "confirmed" },
    rule: `the rule of ${claim}`,
    evidence: `share 0.023 [0.017, 0.024], asked to be below 0.25`,
    judgedAt: "2026-11-24T04:15:00.000Z",
  })),
  failures: [],
};

const unused = {
  topics: ["tiling"],
  claims: [],
  plan: () => [],
  load: () => Promise.reject(new Error("a report runs nothing")),
};

/** The experiments behind it, with a chart of each kind. */
export const fixtureExperiments: readonly Experiment[] = [
  {
    ...unused,
    id: "ladder",
    title: { en: "The ladder", zh: "优化阶梯" },
    question: "What does each step buy?",
    charts: [
      { kind: "ladder", title: "GFLOP/s of each step", metric: "throughput" },
      { kind: "roofline", title: "Under the roofline", metric: "throughput" },
    ],
    published: [
      {
        ...{ title: "A tutorial", source: "a | book", conditions: "on another machine", metric: "time" },
        rows: [
          { step: "plain", value: 0.2 },
          { step: "packed", value: 0.001 },
        ],
      },
    ],
  },
  {
    ...unused,
    id: "sweep",
    title: { en: "The best block", zh: "最佳分块" },
    question: "Which block is fastest?",
    charts: [
      { kind: "sweep", title: "Time by block", metric: "time", x: { from: "variant", title: "block" } },
      { kind: "bars", title: "Misses by block", metric: "cache-misses" },
    ],
  },
];

/** What the run cites. */
export const fixtureSources: Sources = {
  claims: new Map([
    [
      "far-from-peak",
      {
        ...{ id: "far-from-peak", article: 56, sectionEn: "Hardware", sectionZh: "硬件" },
        ...{ statementEn: "Plain loops are far from peak.", statementZh: "普通循环远离峰值。" },
        ...{ source: "list", paperFigure: null, test: "share of peak", quoteZh: null, topics: ["gemm"] },
      },
    ],
  ]),
  cited: [
    {
      ...{
        number: 56,
        origin: "list",
        retired: false,
        kind: "article",
        sectionEn: "Hardware",
        sectionZh: "硬件",
      },
      ...{ titleEn: "A First Look at GEMM", titleZh: "初探矩阵乘法优化", url: "https://example.org/gemm" },
      ...{ topics: ["gemm"], claims: ["far-from-peak"], statements: [], neighbours: [] },
      papers: [
        {
          ...{ position: 1, title: "Anatomy of GEMM", authors: "Goto & van de Geijn", year: 2008 },
          ...{
            venue: "TOMS 34(3)",
            arxiv: null,
            doi: "10.1145/1356052",
            link: "https://doi.org/10.1145/1356052",
          },
          confidence: "certain",
        },
      ],
    },
  ],
  related: [],
};

/**
 * Every rule of every claim, fed with made-up measurements: each must be able to confirm, to refute and to stay
 * inconclusive, else it is no rule.
 */
import { describe, expect, it } from "vitest";
import { footprints } from "./cache/levels.ts";
import { compileTrials, fusions } from "./compile/rules.fixture.ts";
import { convTrials } from "./conv/rules.fixture.ts";
import { studyTrials } from "./distill/studies/rules.fixture.ts";
import { evidenceOf } from "./evidence.ts";
import type { Measurement, Profile } from "./experiment.ts";
import { mmaShapes, workload as mmaWorkload, scalarVariant, side } from "./fma/mma-block.experiment.ts";
import { accessFormulas, countedSide, countedWorkload } from "./gemm/gemm-register-tile.experiment.ts";
import { blockedVariants, workload as exactnessWorkload } from "./gemm/gemm-tile-exactness.experiment.ts";
import { blockVariant, sweptBlocks } from "./gemm/gemm-tile-size.experiment.ts";
import { identityVariant, identityWorkload } from "./gemm/gemv-identity.experiment.ts";
import { integerTrials } from "./integer/rules.fixture.ts";
import { counted, made, ratio, type Trial } from "./made-up.fixture.ts";
import { experimentForClaim, experiments } from "./registry.ts";
import { softmaxTrials } from "./softmax/rules.fixture.ts";
import { scheduleWorkload } from "./tune/gemm-schedule.experiment.ts";
import { searchWorkloads } from "./tune/gemm-search.experiment.ts";
import { networkWorkload as graphWorkload, networkNames } from "./tune/specialised-graph.experiment.ts";

const cube = (n: number): string => `${n}x${n}x${n}`;

/** Dependent loads of a machine with 32 KiB and 1 MiB caches. */
const levels: readonly Measurement[] = footprints.map(({ variant, bytes, steps }) => {
  const nanoseconds = bytes <= 2 ** 15 ? 1 : bytes <= 2 ** 20 ? 4 : 15;
  const value = nanoseconds * 1e-9 * steps;
  return made({ workload: "dependent loads", variant, metric: "time", value }, 0.02);
});

const tiling = (n: number, overPlain: number, overReordered: number): Measurement[] => [
  ratio(cube(n), "blocked", "naive-ijk", overPlain),
  ratio(cube(n), "blocked", "loop-ikj", overReordered),
];

const blockMisses = (counts: readonly [number, number, number]): Measurement[] =>
  [16, 32, 48].map((block, i) =>
    made({
      workload: "96x576x576 traced, padded rows",
      variant: `blocked-${block}`,
      metric: "cache-misses",
      value: counts[i] as number,
    }),
  );

const plainLoop = (secondsBeyond: number, missesBeyond: number): Measurement[] => [
  made({ workload: cube(64), variant: "naive-ijk", metric: "time", value: 1e-4 }, 0.02),
  made({ workload: cube(1024), variant: "naive-ijk", metric: "time", value: secondsBeyond }, 0.02),
  made({ workload: cube(64), variant: "naive-ijk", metric: "misses-per-mac", value: 0.003 }),
  made({ workload: cube(1024), variant: "naive-ijk", metric: "misses-per-mac", value: missesBeyond }),
];

const growth = (at: Readonly<Record<number, number>>): Measurement[] =>
  Object.entries(at).map(([n, value]) => ratio(cube(Number(n)), "blocked", "naive-ijk", value));

const registerCounts = (extraLoads: number, faster: number, spread = 0.02): Measurement[] => [
  ...Object.entries(accessFormulas).flatMap(([variant, { loads, stores }]) => [
    made({ workload: countedWorkload, variant, metric: "loads", value: loads(countedSide) + extraLoads }),
    made({ workload: countedWorkload, variant, metric: "stores", value: stores(countedSide) }),
  ]),
  ratio(cube(256), "register-4x4", "memory-1x1", faster, spread),
];

const blockTimes = (seconds: readonly number[]): Measurement[] =>
  sweptBlocks.map((block, i) =>
    made(
      { workload: cube(1024), variant: blockVariant(block), metric: "time", value: seconds[i] as number },
      0.02,
    ),
  );

const packing = (blocking: number, packed: number, unrolled: number, spread = 0.02): Measurement[] => [
  ratio(cube(1024), "register-4x4-simd-blocked", "register-4x4-simd", blocking, spread),
  ratio(cube(1024), "micro-4x4-rolled", "register-4x4-simd-blocked", packed, spread),
  ratio(cube(1024), "micro-4x4", "micro-4x4-rolled", unrolled, spread),
];

const registerBlock = (at1024: number, spread = 0.02): Measurement[] => [
  ratio(cube(256), "register-4x4", "naive-ijk", 3),
  ratio(cube(512), "register-4x4", "naive-ijk", 5),
  ratio(cube(1024), "register-4x4", "naive-ijk", at1024, spread),
];

const peakShare = (value: number, spread = 0.02): Measurement[] => [
  made({ workload: cube(512), variant: "naive-ijk", metric: "peak-fraction", value }, spread),
];

const rates = (gemv: number, gemm: number, stream: number, cacheMiB = 32): Measurement[] => {
  const workload = "4096x4096 matrix";
  return [
    made({ workload, variant: "gemv-dot-simd", metric: "throughput", value: gemv }, 0.02),
    made({ workload, variant: "packed-blocked", metric: "throughput", value: gemm }, 0.02),
    made({ workload, variant: "peak-stream", metric: "bandwidth", value: stream }, 0.02),
    made({ workload, variant: "gemv-dot-simd", metric: "last-level-cache", value: cacheMiB * 2 ** 20 }),
  ];
};

const rounding = (saved: number, standardError: number): Measurement[] => {
  const row = { workload: "1000 dot products of 4096", variant: "fused", target: "js" } as const;
  return [
    made({ ...row, metric: "cases", value: 1000 }),
    made({ ...row, metric: "error-saved", value: saved }),
    made({ ...row, metric: "standard-error", value: standardError }),
  ];
};

const mma = (extraReads: number): Measurement[] =>
  [scalarVariant, ...Object.keys(mmaShapes)].flatMap((variant) => {
    const shape = mmaShapes[variant];
    const reads = shape ? (shape.m + shape.n) / (shape.m * shape.n) : 2;
    const row = { workload: mmaWorkload, variant, target: "js" } as const;
    return [
      made({ ...row, metric: "reads-per-mac", value: reads + extraReads }),
      made({ ...row, metric: "macs", value: side ** 3 }),
      made({ ...row, metric: "mismatches", value: 0 }),
    ];
  });

const schedules = (best: number, spread = 0.02): Measurement[] => [
  ratio(scheduleWorkload, "blocked", "naive-ijk", 1.5),
  ratio(scheduleWorkload, "packed-blocked", "naive-ijk", best, spread),
];

const searches = (values: readonly number[], spread = 0.01): Measurement[] =>
  values.map((value, at) => ratio(searchWorkloads[at] as string, "searched", "auto", value, spread));

const specialisedGraphs = (small: number, wide: number, differing: number): Measurement[] =>
  networkNames.flatMap((name) => {
    const workload = graphWorkload(name);
    return [
      ratio(workload, "specialised", "interpreted", name === "small" ? small : wide),
      made({ workload, variant: "specialised", metric: "mismatches", value: differing }),
    ];
  });

/** A roofline of 50 GFLOP/s under streams of 100 and 10 GB/s, with kernels at these shares of their bounds. */
const roofline = (shares: { dot?: number; map?: number; gemm?: number }, spread = 0.01): Measurement[] => {
  const workload = "roofline on wasm";
  const row = (variant: string, metric: string, value: number): Measurement =>
    made(
      { workload, variant, metric, value },
      metric === "working-set" || metric === "level-capacity" ? undefined : spread,
    );
  const kernel = (variant: string, rate: number, bandwidth: number, bytes: number): Measurement[] => [
    row(variant, "throughput", rate),
    row(variant, "peak-fraction", rate / 50),
    row(variant, "bandwidth", bandwidth),
    row(variant, "working-set", bytes),
  ];
  const { dot = 0.95, map = 0.95, gemm = 0.9 } = shares;
  return [
    row("peak-fma", "throughput", 50),
    row("peak-read-l1", "bandwidth", 100),
    row("peak-read-l1", "level-capacity", 2 ** 15),
    row("peak-read-memory", "bandwidth", 8),
    row("peak-copy-memory", "bandwidth", 10),
    ...kernel("dot-l1", 25 * dot, 100 * dot, 2 ** 14),
    ...kernel("dot-memory", 2.5 * dot, 10 * dot, 2 ** 26),
    ...kernel("map256-memory", 50 * map, (50 / 64) * map, 2 ** 26),
    ...kernel("gemm-256", 50 * gemm, 1, 2 ** 20),
  ];
};

const trials: readonly Trial[] = [
  ...convTrials,
  ...integerTrials,
  ...softmaxTrials,
  ...compileTrials,
  ...studyTrials,
  {
    claim: "scheduling-gives-200x",
    confirmed: schedules(230),
    refuted: schedules(50),
    inconclusive: schedules(200, 0.1),
  },
  {
    claim: "search-beats-default-schedule",
    confirmed: searches([1, 1.1, 1]),
    refuted: searches([1.1, 0.9, 1]),
    inconclusive: searches([1.1, 0.99, 1], 0.05),
  },
  {
    claim: "shape-specialised-code-is-faster",
    confirmed: specialisedGraphs(2, 1.2, 0),
    refuted: specialisedGraphs(2, 0.9, 0),
    inconclusive: specialisedGraphs(2, 1.01, 0),
  },
  {
    claim: "roofline-bounds-hold",
    confirmed: roofline({}),
    refuted: roofline({ dot: 1.2 }),
    inconclusive: roofline({ dot: 1.04 }, 0.04),
  },
  {
    claim: "naive-matmul-far-from-peak",
    confirmed: peakShare(0.02),
    refuted: peakShare(0.4),
    inconclusive: peakShare(0.25, 0.2),
  },
  {
    claim: "register-blocking-4x4-pays",
    confirmed: registerBlock(6),
    refuted: registerBlock(1.2),
    inconclusive: registerBlock(2, 0.3),
  },
  {
    claim: "packing-is-the-big-step",
    confirmed: packing(1.1, 2, 1.05),
    refuted: packing(3, 2, 1.05),
    inconclusive: packing(2.05, 2, 1.05, 0.1),
  },
  {
    claim: "row-major-loop-order-matters",
    confirmed: [ratio(cube(512), "loop-ikj", "loop-ijk", 3)],
    refuted: [ratio(cube(512), "loop-ikj", "loop-ijk", 0.8)],
    inconclusive: [{ ...ratio(cube(512), "loop-ikj", "loop-ijk", 3), n: 7 }],
  },
  {
    claim: "three-loops-are-cache-unfriendly",
    confirmed: plainLoop(1, 1),
    refuted: plainLoop(1e-4 * 4096, 1),
    inconclusive: plainLoop(1.5e-4 * 4096, 1),
  },
  {
    claim: "tiling-avoids-rereading",
    confirmed: [...tiling(512, 3, 1.2), ...tiling(768, 6, 1.5), ...blockMisses([3000, 1500, 1000])],
    refuted: [...tiling(512, 3, 0.9), ...tiling(768, 6, 1.5), ...blockMisses([3000, 1500, 1000])],
    inconclusive: [...tiling(512, 3, 1.2), ...blockMisses([3000, 1500, 1000])],
  },
  {
    claim: "blocking-pays-beyond-cache",
    confirmed: [...levels, ...growth({ 64: 1, 128: 1.3, 256: 1.5, 512: 3, 1024: 6 })],
    refuted: [...levels, ...growth({ 64: 1, 128: 1, 256: 1, 512: 1, 1024: 0.9 })],
    inconclusive: growth({ 64: 1, 128: 1.3, 256: 1.5, 512: 3, 1024: 6 }),
  },
  {
    claim: "tiling-has-a-best-size",
    confirmed: [...levels, ...blockTimes([9, 8, 7, 5, 3, 4, 6, 8])],
    refuted: [...levels, ...blockTimes([9, 8, 7, 6, 5, 4, 3, 2])],
    inconclusive: [...levels, ...blockTimes([9, 8, 7, 5, 3, 4, 6, 3.05])],
  },
  {
    claim: "tiles-sum-to-the-product",
    confirmed: counted(exactnessWorkload, blockedVariants, 0, 300),
    refuted: counted(exactnessWorkload, blockedVariants, 1, 300),
    inconclusive: counted(exactnessWorkload, blockedVariants, 0, 40),
  },
  {
    claim: "register-tile-cuts-memory-traffic",
    confirmed: registerCounts(0, 5),
    refuted: registerCounts(1, 5),
    inconclusive: registerCounts(0, 1, 0.1),
  },
  {
    claim: "gemv-is-gemm-with-one-column",
    confirmed: counted(identityWorkload, [identityVariant], 0, 100),
    refuted: counted(identityWorkload, [identityVariant], 3, 100),
    inconclusive: counted(identityWorkload, [identityVariant], 0, 10),
  },
  {
    claim: "gemv-is-memory-bound",
    confirmed: rates(5, 30, 11),
    refuted: rates(25, 30, 11),
    inconclusive: rates(5, 30, 11, 128),
  },
  {
    claim: "fma-rounds-once",
    confirmed: rounding(1e-6, 1e-7),
    refuted: rounding(-1e-6, 1e-7),
    inconclusive: rounding(1e-7, 1e-7),
  },
  {
    claim: "soft-targets-beat-hard-labels",
    confirmed: study(0.05, -0.01),
    refuted: study(0.05, 0.01),
    inconclusive: study(0.095, -0.01),
  },
  { claim: "mma-is-a-block-of-macs", confirmed: mma(0), refuted: mma(0.5), inconclusive: mma(0).slice(1) },
];

/** Ten seeds of a teacher with this error, a student at 10 % and what soft targets change; intervals of +-0.5 %. */
function study(teacher: number, change: number): Measurement[] {
  const row = (variant: string, metric: string, value: number): Measurement => ({
    ...made({ workload: "glyphs", variant, metric, value }),
    ...{ low: value - 0.005, high: value + 0.005, n: 10 },
  });
  return [
    row("teacher", "test-error", teacher),
    row("hard-labels", "test-error", 0.1),
    row("soft-targets", "test-error", 0.1 + change),
    {
      ...row("soft-targets", "test-error-change", change),
      against: { variant: "hard-labels", target: "wasm" },
    },
  ];
}

function judged(claim: string, measurements: readonly Measurement[], runProfile: Profile = "standard") {
  const test = experimentForClaim(claim)?.claims.find((candidate) => candidate.claim === claim);
  if (!test) throw new Error(`no experiment tests ${claim}`);
  return test.judge(evidenceOf(measurements, runProfile));
}

describe("every rule", () => {
  it("is tried here", () => {
    const claims = experiments.flatMap((experiment) => experiment.claims.map(({ claim }) => claim));
    expect(trials.map(({ claim }) => claim).sort()).toEqual([...claims].sort());
  });

  for (const { claim, ...outcomes } of trials) {
    for (const [verdict, measurements] of Object.entries(outcomes)) {
      it(`can say of ${claim}: ${verdict}`, () => {
        const judgement = judged(claim, measurements);
        expect(judgement.verdict, judgement.evidence).toBe(verdict);
        expect(judgement.evidence.length).toBeGreaterThan(20);
      });
    }

    it(`says of ${claim} what is missing when nothing was measured`, () => {
      const judgement = judged(claim, [], "quick");
      expect(judgement.verdict).toBe("inconclusive");
      expect(judgement.evidence).toMatch(/run|measured|failures/);
    });
  }

  it("refutes a search that gains nothing anywhere, and generated code that is one bit off", () => {
    expect(judged("search-beats-default-schedule", searches([1, 1.005, 0.999])).verdict).toBe("refuted");
    expect(judged("shape-specialised-code-is-faster", specialisedGraphs(2, 2, 1)).verdict).toBe("refuted");
    expect(judged("fusion-cuts-memory-traffic", fusions([2, 2, 2], 100)).verdict).toBe("refuted");
  });

  it("refutes a roofline that is beaten by arithmetic, or whose ridge lies elsewhere, and needs every ceiling", () => {
    expect(judged("roofline-bounds-hold", roofline({ gemm: 1.1 })).verdict).toBe("refuted");
    expect(judged("roofline-bounds-hold", roofline({ dot: 0.4 })).verdict).toBe("refuted");
    expect(judged("roofline-bounds-hold", roofline({ map: 0.4 })).verdict).toBe("refuted");
    for (const missing of [/^peak-fma/, /-memory$/, /^map256/]) {
      const rest = roofline({}).filter(({ variant }) => !missing.test(variant));
      expect(judged("roofline-bounds-hold", rest).verdict, String(missing)).toBe("inconclusive");
    }
    // A kernel whose operands lie in the first level may be faster than memory, and one in memory not.
    const misplaced = roofline({}).map((m) =>
      m.variant === "dot-l1" && m.metric === "working-set" ? { ...m, value: 2 ** 20 } : m,
    );
    expect(judged("roofline-bounds-hold", misplaced).verdict).toBe("refuted");
  });

  it("judges what a program can reach on the fastest target that ran, against that target's own loops", () => {
    const onNative = (measurements: readonly Measurement[]): Measurement[] =>
      measurements.map((m) => ({
        ...m,
        target: "native",
        ...(m.against && { against: { ...m.against, target: "native" as const } }),
      }));
    for (const [claim, slow, fast] of [
      ["scheduling-gives-200x", schedules(50), schedules(230)],
      ["search-beats-default-schedule", searches([1.1, 0.9, 1]), searches([1, 1.1, 1])],
      ["shape-specialised-code-is-faster", specialisedGraphs(2, 0.9, 0), specialisedGraphs(2, 1.2, 0)],
    ] as const) {
      expect(judged(claim, [...slow, ...onNative(fast)]).verdict).toBe("confirmed");
      expect(judged(claim, [...fast, ...onNative(slow)]).verdict).toBe("refuted");
    }
    const overWasm = schedules(230).map((m) => ({ ...m, target: "native" as const }));
    expect(judged("scheduling-gives-200x", overWasm).verdict).toBe("inconclusive");
  });

  it("waits for the rounds that the rules of searches and schedules ask for", () => {
    const few = (measurements: readonly Measurement[]): Measurement[] =>
      measurements.map((m) => ({ ...m, n: 14 }));
    expect(judged("scheduling-gives-200x", few(schedules(230))).verdict).toBe("inconclusive");
    expect(judged("search-beats-default-schedule", few(searches([1, 1.1, 1]))).verdict).toBe("inconclusive");
  });

  it("does not take a ratio over another target's baseline for its own", () => {
    const overJs = registerBlock(6).map((m) => ({
      ...m,
      against: { variant: "naive-ijk", target: "js" as const },
    }));
    expect(judged("register-blocking-4x4-pays", overJs).verdict).toBe("inconclusive");
  });

  it("refutes a rise of blocking that starts far from every measured level", () => {
    const late = [...levels, ...growth({ 64: 1, 128: 1, 256: 1, 512: 1, 1024: 6 })];
    expect(judged("blocking-pays-beyond-cache", late).verdict).toBe("refuted");
  });

  it("refutes a best block of which three fit no measured level", () => {
    const small = levels.filter((m) => Number(/\d+/.exec(m.variant)?.[0]) < 512);
    expect(
      judged("tiling-has-a-best-size", [...small, ...blockTimes([9, 8, 7, 6, 5, 4, 2, 8])]).verdict,
    ).toBe("refuted");
  });
});

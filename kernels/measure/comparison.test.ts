import { describe, expect, it } from "vitest";
import type { Candidate } from "../experiment.ts";
import { randomStream } from "../random.ts";
import { type Comparison, summarise } from "./comparison.ts";
import { peakOf } from "./peak.ts";

const ref = (variant: string) => ({ variant, target: "wasm" }) as const;
const candidate = (variant: string, more: Partial<Candidate> = {}): Candidate => ({
  ...ref(variant),
  run: () => {},
  flops: 2e9,
  ...more,
});

const base: Comparison = {
  entrants: [
    { candidate: candidate("plain"), seconds: [4, 4, 8] },
    { candidate: candidate("tiled"), seconds: [2, 2, 4] },
    { candidate: candidate("peak-fma", { flops: 1e9 }), seconds: [0.1, 0.1, 0.2] },
  ],
  against: ref("plain"),
  pairs: [],
  ceiling: (threads) => ref(threads === 1 ? "peak-fma" : `peak-fma-${threads}t`),
  random: () => randomStream(1),
};

const of = (comparison: Comparison, variant: string, metric: string) =>
  summarise(comparison).filter((m) => m.variant === variant && m.metric === metric);

describe("a comparison's figures", () => {
  it("turns times into rates: operations over seconds, in units of 10^9", () => {
    expect(of(base, "tiled", "throughput")).toMatchObject([{ value: 1, low: 0.5, high: 1, unit: "GFLOP/s" }]);
    const bytes = { ...base, entrants: [{ candidate: candidate("s", { bytes: 8e9 }), seconds: [2, 2, 2] }] };
    expect(of(bytes, "s", "bandwidth")).toMatchObject([{ value: 4, low: 4, high: 4, unit: "GB/s" }]);
  });

  it("takes ratios within a round, so that a slow round cancels", () => {
    const [speedUp] = of(base, "tiled", "speed-up");
    expect(speedUp?.value).toBeCloseTo(2, 12);
    expect(speedUp?.low).toBeCloseTo(2, 12);
    expect(speedUp?.high).toBeCloseTo(2, 12);
  });

  it("relates rates, not times, to the peak", () => {
    // 2 GFLOP in 2 s are 1 GFLOP/s; the peak is 1 GFLOP in 0.1 s, or 10 GFLOP/s.
    expect(of(base, "tiled", "peak-fraction")[0]?.value).toBeCloseTo(0.1, 12);
    expect(of(base, "peak-fma", "peak-fraction")).toEqual([]);
  });

  it("relates what several threads do to the peak of as many", () => {
    const more = [
      { candidate: candidate("tiled-2t", { threads: 2 }), seconds: [1, 1, 2] },
      { candidate: candidate("peak-fma-2t", { threads: 2, flops: 1e9 }), seconds: [0.0625, 0.0625, 0.125] },
    ];
    const both = { ...base, entrants: [...base.entrants, ...more] };
    expect(of(both, "tiled-2t", "peak-fraction")[0]?.value).toBeCloseTo(2 / 16, 12);
    expect(of(both, "tiled", "peak-fraction")[0]?.value).toBeCloseTo(0.1, 12);
    expect(of(both, "peak-fma-2t", "peak-fraction")).toEqual([]);
    const without = { ...base, entrants: [...base.entrants, ...more.slice(0, 1)] };
    expect(of(without, "tiled-2t", "peak-fraction")).toEqual([]);
  });

  it("relates a peer to the peak of the widest vectors, if that is there, and to no other", () => {
    const peer = { ...candidate("blas"), target: "peer" } as const;
    const entrants = [...base.entrants, { candidate: peer, seconds: [1, 1, 2] }];
    const narrow = { ...base, entrants, ceiling: peakOf };
    expect(of(narrow, "blas", "speed-up")[0]?.value).toBeCloseTo(4, 12);
    expect(of(narrow, "blas", "peak-fraction")).toEqual([]);
    const wide = { ...candidate("peak-fma", { flops: 1e9 }), target: "native" } as const;
    const both = { ...narrow, entrants: [...entrants, { candidate: wide, seconds: [0.05, 0.05, 0.1] }] };
    expect(of(both, "blas", "peak-fraction")[0]?.value).toBeCloseTo(0.1, 12);
    expect(of(both, "tiled", "peak-fraction")[0]?.value).toBeCloseTo(0.1, 12);
  });

  it("has no speed-up of a ceiling, of a variant over itself, or over one that failed", () => {
    expect(of(base, "peak-fma", "speed-up")).toEqual([]);
    expect(of(base, "plain", "speed-up")).toEqual([]);
    expect(of({ ...base, against: ref("gone") }, "tiled", "speed-up")).toEqual([]);
    expect(of({ ...base, against: null }, "tiled", "speed-up")).toEqual([]);
  });

  it("records a pair once, also if it repeats the common rival", () => {
    const pairs = [[ref("tiled"), ref("plain")]] as const;
    expect(of({ ...base, pairs }, "tiled", "speed-up")).toHaveLength(1);
  });
});

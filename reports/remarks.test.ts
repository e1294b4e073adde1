import { describe, expect, it } from "vitest";
import type { StoredSample } from "../catalog/ledger.ts";
import { cellRemarks } from "./remarks.ts";

/** Samples of one contestant in the order given, as the ledger returns them. */
function series(variant: string, seconds: readonly number[], metric = "time"): StoredSample[] {
  return seconds.map((value, round) => ({
    ...{ experiment: "sweep", workload: "256x256x256", variant, target: "wasm" },
    ...{ metric, round, value },
  }));
}

/** Twenty quiet samples of about a millisecond, in no order. */
const quiet = Array.from({ length: 20 }, (_, i) => 1e-3 * (1 + 0.002 * ((i * 7) % 5)));
const slowing = quiet.map((t, i) => t * (1 + i / 500));

describe("cellRemarks", () => {
  it("says nothing of quiet series, of other metrics and of no samples", () => {
    expect(cellRemarks(series("naive", quiet))).toEqual([]);
    expect(cellRemarks(series("naive", [1, 9], "cache-misses"))).toEqual([]);
    expect(cellRemarks([])).toEqual([]);
  });

  it("looks at each contestant by itself, however their samples are interleaved", () => {
    const mixed = quiet.flatMap((t, i) => [
      ...series("fast", [t]),
      ...series("slow", [1000 * (slowing[i] ?? t)]),
    ]);
    expect(cellRemarks(mixed)).toEqual([
      "Times drifted while they were taken: slow (wasm) slowed down. " +
        "Ratios are paired round by round and suffer less.",
    ]);
  });

  it("has one sentence a kind, whatever the number of contestants", () => {
    const many = ["a", "b", "c", "d", "e"].flatMap((variant) => series(variant, [1, 1.01, 1.02]));
    expect(cellRemarks(many)).toEqual([
      "Too few rounds for an interval, which takes six: " +
        "a (wasm) 3 rounds, b (wasm) 3 rounds, c (wasm) 3 rounds and 2 more.",
    ]);
  });

  it("gives each kind what follows from it", () => {
    const wild = quiet.map((t, i) => (i % 5 === 0 ? 20 * t : t * (1 + 0.3 * ((i * 7) % 3))));
    const [outliers, wide, few] = cellRemarks([...series("a", wild), ...series("b", [1, 2])]);
    expect(outliers).toMatch(/^Far from the rest: a \(wasm\) 4 of 20 samples\. .* no sample was left out/);
    expect(wide).toMatch(/^Wide intervals: a \(wasm\) ±\d+ % \(.* \(--profile full\) narrow them\.$/);
    expect(few).toMatch(/^Too few rounds .*: b \(wasm\) 2 rounds\.$/);
  });
});

import { describe, expect, it } from "vitest";
import { evidenceOf } from "./evidence.ts";
import type { Measurement } from "./experiment.ts";
import {
  above,
  allHold,
  below,
  equals,
  findingsIn,
  describe as inWords,
  judgedTarget,
  tried,
  triedRatio,
} from "./judge.ts";

const ratio = (value: number, low: number, high: number, n = 15): Measurement => ({
  experiment: "gemm-ladder",
  workload: "512x512x512",
  variant: "blocked",
  target: "wasm",
  threads: 1,
  metric: "speed-up",
  unit: "x",
  kind: "timed",
  value,
  low,
  high,
  n,
  against: { variant: "naive-ijk", target: "wasm" },
  correct: true,
});

describe("allHold", () => {
  it("confirms when all hold, refutes when one fails, and else leaves it open", () => {
    const holds = { holds: true, text: "a" };
    const fails = { holds: false, text: "b" };
    const open = { holds: null, text: "c" };
    expect(allHold([holds, holds]).verdict).toBe("confirmed");
    expect(allHold([holds, open, fails]).verdict).toBe("refuted");
    expect(allHold([open, holds])).toEqual({ verdict: "inconclusive", evidence: "a; c" });
    expect(allHold([]).verdict).toBe("inconclusive");
  });
});

describe("above and below", () => {
  it("decide by the whole interval, not by the estimate", () => {
    expect(above(ratio(1.5, 1.2, 1.8), 1).holds).toBe(true);
    expect(above(ratio(0.8, 0.7, 0.9), 1).holds).toBe(false);
    expect(above(ratio(1.1, 0.9, 1.3), 1).holds).toBeNull();
    expect(below(ratio(0.2, 0.1, 0.24), 0.25).holds).toBe(true);
    expect(below(ratio(0.3, 0.26, 0.4), 0.25).holds).toBe(false);
    expect(below(ratio(0.25, 0.2, 0.3), 0.25).holds).toBeNull();
  });

  it("stay undecided with fewer rounds than the rule asks for, and say so", () => {
    const finding = above(ratio(1.5, 1.2, 1.8, 7), 1, { rounds: 15 });
    expect(finding.holds).toBeNull();
    expect(finding.text).toContain("7 rounds where the rule asks for 15");
  });
});

describe("fewer rounds than any 95 % interval takes", () => {
  const few = ratio(1.5, 1.2, 1.8, 5);

  it("decide nothing, whatever a rule makes of the figures", () => {
    const evidence = evidenceOf([few], "full");
    const holds = () => ({ holds: true, text: "taken" });
    const query = { workload: few.workload, variant: "blocked", target: "wasm" } as const;
    const findings = [
      above(few, 1),
      below(few, 1),
      tried(evidence, query, holds),
      triedRatio(evidence, { ...query, against: "naive-ijk" }, holds),
    ];
    for (const { holds: verdict, text } of findings) {
      expect(verdict).toBeNull();
      expect(text).toContain("5 rounds where an interval takes 6");
    }
  });

  it("are enough for what is counted, and six are for what is timed", () => {
    expect(below({ ...few, kind: "exact", n: 1 }, 2).holds).toBe(true);
    expect(above({ ...few, n: 6 }, 1).holds).toBe(true);
  });
});

describe("tried", () => {
  const evidence = evidenceOf([ratio(1.5, 1.2, 1.8)], "quick");
  const never = (): never => {
    throw new Error("must not be asked");
  };

  it("hands over the measurement that matches", () => {
    const finding = tried(evidence, { variant: "blocked", against: "naive-ijk" }, (m) => equals(m, 1.5));
    expect(finding.holds).toBe(true);
  });

  it("advises a larger profile where the size was left out", () => {
    const finding = tried(evidence, { workload: "1024x1024x1024", metric: "speed-up" }, never);
    expect(finding).toEqual({
      holds: null,
      text: "no speed-up of any variant at 1024x1024x1024 was measured: this profile leaves it out; run --profile standard",
    });
  });

  it("advises a target where nothing ran on it, and points at failures where the rest ran", () => {
    expect(tried(evidence, { target: "js" }, never).text).toContain("--target js");
    expect(tried(evidence, { variant: "packed" }, never).text).toContain("failures");
  });
});

describe("findingsIn", () => {
  const evidence = evidenceOf([ratio(1.5, 0.9, 1.8)], "quick");
  const query = { workload: "1024x1024x1024", target: "wasm", variant: "blocked" } as const;
  const undecided = [
    above(ratio(1.5, 0.9, 1.8), 1),
    triedRatio(evidence, { ...query, against: "naive-ijk" }, () => above(ratio(1, 1, 1), 1)),
    triedRatio(evidence, { ...query, against: "loop-ikj" }, () => above(ratio(1, 1, 1), 1)),
    tried(evidence, { target: "js" }, () => above(ratio(1, 1, 1), 1)),
    tried(evidence, { variant: "packed" }, () => above(ratio(1, 1, 1), 1)),
    tried(evidenceOf([ratio(1, 1, 1)], "standard"), query, () => above(ratio(1, 1, 1), 1)),
  ];

  it("gives back what was joined, each with its advice", () => {
    expect(findingsIn(allHold(undecided).evidence)).toEqual(undecided.map(({ text }) => text));
  });

  it("says of a missing ratio over what it was to be taken", () => {
    expect(undecided[1]?.text).toContain("speed-up of blocked (wasm) over naive-ijk at 1024");
    expect(new Set(undecided.map(({ text }) => text)).size).toBe(undecided.length);
  });
});

describe("judgedTarget", () => {
  it("prefers wasm, takes js where only js ran, and is not misled by a ceiling", () => {
    const onJs = { ...ratio(1, 1, 1), target: "js" as const };
    const peak = { ...ratio(1, 1, 1), variant: "peak-fma" };
    expect(judgedTarget(evidenceOf([onJs, ratio(1, 1, 1)], "quick"))).toBe("wasm");
    expect(judgedTarget(evidenceOf([onJs, peak], "quick"))).toBe("js");
    expect(judgedTarget(evidenceOf([], "quick"))).toBe("wasm");
  });
});

describe("describe", () => {
  it("names what was measured, the estimate with its unit, and the interval", () => {
    expect(inWords(ratio(1.93456, 1.9, 1.97))).toBe(
      "speed-up of blocked (wasm) over naive-ijk (wasm) at 512x512x512 1.93 x [1.9, 1.97]",
    );
    const { against: _, ...time } = ratio(0.00123, 0.0012, 0.00125);
    expect(inWords({ ...time, metric: "time", unit: "s" })).toContain("1.23 ms [1.2, 1.25]");
  });
});

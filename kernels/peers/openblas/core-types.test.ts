import { describe, expect, it } from "vitest";
import {
  bestOfTurns,
  candidateCoreTypes,
  chooseCoreType,
  hasSeveralCoreTypes,
  meanRate,
  versionIn,
} from "./core-types.ts";

const haswell = ["sse2", "sse4_2", "avx", "avx2", "fma"];
const skylake = [...haswell, "avx512f", "avx512dq", "avx512bw", "avx512vl"];
const measured = (coreType: string, ...rates: number[]) => ({
  coreType,
  gflops: Object.fromEntries(rates.map((rate, i) => [`shape ${i}`, rate])),
});

describe("candidates", () => {
  it("are the types whose kernels the processor can run, newest first", () => {
    expect(candidateCoreTypes("x64", haswell)).toEqual(["Zen", "Haswell", "Sandybridge", "Nehalem"]);
    expect(candidateCoreTypes("x64", skylake).slice(0, 3)).toEqual(["SkylakeX", "Zen", "Haswell"]);
    expect(candidateCoreTypes("x64", [...skylake, "avx512_bf16"])[0]).toBe("Cooperlake");
    expect(candidateCoreTypes("x64", [...skylake, "avx512_bf16", "amx_tile"])[0]).toBe("SapphireRapids");
    expect(candidateCoreTypes("arm64", ["asimd"])).toEqual(["NeoverseN1", "ARMV8"]);
  });

  it("are none where nothing is known of the processor", () => {
    expect(candidateCoreTypes("x64", [])).toEqual([]);
    expect(candidateCoreTypes("riscv64", skylake)).toEqual([]);
  });
});

describe("the choice", () => {
  it("is the type with the highest geometric mean, with its gain over the library's own", () => {
    const all = [measured("Prescott", 20, 30), measured("Haswell", 100, 60), measured("Zen", 90, 65)];
    const choice = chooseCoreType("Prescott", all);
    expect(choice).toMatchObject({ coreType: "Haswell", automatic: "Prescott" });
    expect(choice.gain).toBeCloseTo(Math.sqrt((100 * 60) / (20 * 30)), 12);
  });

  it("counts each shape alike, whatever its rate", () => {
    // Twice as fast on the slow shape outweighs a tenth on the fast one.
    const all = [measured("A", 110, 10), measured("B", 100, 20)];
    expect(chooseCoreType("A", all).coreType).toBe("B");
  });

  it("stays with the library's own where another is better by less than noise", () => {
    expect(chooseCoreType("A", [measured("A", 100), measured("B", 101.9)])).toEqual({
      coreType: "A",
      automatic: "A",
      gain: 1,
    });
    expect(chooseCoreType("A", [measured("A", 100), measured("B", 102.1)]).coreType).toBe("B");
  });

  it("refuses measurements without the library's own", () => {
    expect(() => chooseCoreType("A", [measured("B", 1)])).toThrow("core type A was not measured");
  });
});

it("takes of several turns the best of each shape", () => {
  const turns = [measured("A", 10, 50), measured("B", 30, 30), measured("A", 40, 20)];
  expect(bestOfTurns(turns)).toEqual([measured("A", 40, 50), measured("B", 30, 30)]);
  expect(meanRate(measured("A", 2, 8))).toBeCloseTo(4, 12);
});

it("reads version and options of what the library says of itself", () => {
  const config = "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH NO_AFFINITY Cooperlake MAX_THREADS=64";
  expect(versionIn(config)).toBe("0.3.21");
  expect(versionIn("OpenBLAS 0.3.28.dev USE64BITINT")).toBe("0.3.28.dev");
  expect(versionIn("an unknown library")).toBe("unknown");
  expect(hasSeveralCoreTypes(config)).toBe(true);
  expect(hasSeveralCoreTypes("OpenBLAS 0.3.21 NO_AFFINITY Haswell")).toBe(false);
});

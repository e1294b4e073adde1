import { describe, expect, it } from "vitest";
import type { Settings } from "../kernels/experiment.ts";
import { fixtureById } from "../kernels/host/experiments.fixture.ts";
import type { NativeAvailability } from "../kernels/native/availability.ts";
import { describeCpu } from "../kernels/native/cpu.ts";
import { recordedDump } from "../kernels/native/cpuid-dumps.fixture.ts";
import { CommandError, UsageError } from "./exit.ts";
import { chosenTargets, fallbackLine, type TargetHost } from "./targets.ts";

const cpu = describeCpu(recordedDump("zen4"));
const reason = "native code is x86-64, this machine is arm64";

function host(wish?: string, native: "has" | "lacks" = "has"): TargetHost {
  const environment: NodeJS.ProcessEnv = wish === undefined ? {} : { KDACCEL_TARGET: wish };
  const answer = (): NativeAvailability =>
    native === "has"
      ? { available: true, isa: environment.KDACCEL_TARGET === "native-avx2" ? "avx2" : "avx512", cpu }
      : { available: false, reason };
  return { environment, native: answer };
}

describe("without a choice", () => {
  it("a run may use every target that runs here", () => {
    expect(chosenTargets(undefined, host())).toEqual({ targets: ["js", "wasm", "native"] });
    expect(chosenTargets(undefined, host(undefined, "lacks"))).toEqual({
      targets: ["js", "wasm"],
      fallback: reason,
    });
  });

  it("tells of the fallback only where native kernels would have run", () => {
    const settings: Settings = { profile: "quick", seed: 1, targets: ["js", "wasm"] };
    const [native, fine] = ["native", "fine"].map((id) => fixtureById(id) ?? expect.fail(id));
    if (!native || !fine) return;
    expect(fallbackLine([fine, native], settings, reason)).toBe(
      `Without native kernels (${reason}): wasm is the fastest target here.`,
    );
    expect(fallbackLine([fine], settings, reason)).toBeUndefined();
    expect(fallbackLine([native], settings, undefined)).toBeUndefined();
  });
});

describe("a choice", () => {
  it("comes from --target before KDACCEL_TARGET", () => {
    expect(chosenTargets(undefined, host("js"))).toEqual({ targets: ["js"] });
    expect(chosenTargets(["wasm", "wasm"], host("js"))).toEqual({ targets: ["wasm"] });
    expect(chosenTargets(undefined, host("native"))).toEqual({ targets: ["native"] });
  });

  it("of native reaches the processes that are started, whatever KDACCEL_TARGET was", () => {
    const asked = host("js");
    expect(chosenTargets(["js", "native"], asked)).toEqual({ targets: ["js", "native"] });
    expect(asked.environment.KDACCEL_TARGET).toBe("native");
  });

  it.each([
    [["native-avx2"], undefined],
    [["native"], "native-avx2"],
    [["js", "native", "native-avx2"], undefined],
  ] as const)("of %j with KDACCEL_TARGET %s restricts native kernels to AVX2", (asked, wish) => {
    const where = host(wish);
    expect(chosenTargets(asked, where).targets).toContain("native");
    expect(where.environment.KDACCEL_TARGET).toBe("native-avx2");
  });

  it("of native where it cannot run is an error of the set-up, with the reason", () => {
    for (const [asked, wish] of [
      [["native"] as const, undefined] as const,
      [undefined, "native-avx2"] as const,
    ]) {
      const choose = () => chosenTargets(asked, host(wish, "lacks"));
      expect(choose).toThrow(CommandError);
      expect(choose).toThrow(
        expect.objectContaining({ exitCode: 5, message: expect.stringContaining(reason) }),
      );
    }
  });

  it("of no target is a wrong use", () => {
    expect(() => chosenTargets(undefined, host("gpu"))).toThrow(UsageError);
    expect(() => chosenTargets(undefined, host("gpu"))).toThrow(/expected js, wasm, native, native-avx2/);
  });
});

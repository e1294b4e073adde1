import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { checkAvailability, type NativeHost, nativeAvailability, targetWish } from "./availability.ts";
import { describeCpu, thisCpu } from "./cpu.ts";
import { recordedDump } from "./cpuid-dumps.fixture.ts";
import { ForeignUnavailable } from "./foreign.ts";
import { runsHere } from "./machine-code.fixture.ts";
import { RefusedMemory } from "./pages.ts";
import { probe } from "./probe.ts";

const cpu = (name: string) => () => describeCpu(recordedDump(name));

const zen4: NativeHost = { arch: "x64", wish: undefined, cpu: cpu("zen4"), probe: () => true };

describe("the instruction set", () => {
  it.each([
    ["zen4", "avx512"],
    ["sapphire-rapids", "avx512"],
    ["skylake-x", "avx512"],
    ["haswell", "avx2"],
    ["alder-lake", "avx2"],
    ["zen2", "avx2"],
    ["skylake-x-without-zmm", "avx2"],
  ])("of %s is %s", (name, isa) => {
    expect(checkAvailability({ ...zen4, cpu: cpu(name) })).toMatchObject({ available: true, isa });
  });

  it("can be restricted to AVX2, and is then not tried with more", () => {
    const tried: string[] = [];
    const host: NativeHost = {
      ...zen4,
      wish: "native-avx2",
      probe: (isa) => tried.push(isa) > 0,
    };
    expect(checkAvailability(host)).toMatchObject({ available: true, isa: "avx2" });
    expect(tried).toEqual(["avx2"]);
  });
});

describe("native code is not available", () => {
  const refused = (error: Error) => (): never => {
    throw error;
  };
  const old = { ...describeCpu(recordedDump("haswell")), brand: "Old CPU", features: ["avx"] } as const;
  const hidden = { ...old, features: [], unsupported: ["avx", "avx2", "fma"] } as const;
  it.each<[string, Partial<NativeHost>, string]>([
    ["on another architecture", { arch: "arm64" }, "native code is x86-64, this machine is arm64"],
    ["where wasm is asked for", { wish: "wasm" }, "KDACCEL_TARGET asks for wasm"],
    ["on a CPU before Haswell", { cpu: () => old }, "Old CPU has no AVX2 and no FMA"],
    [
      "where the system saves no vector registers",
      { cpu: () => hidden },
      "the operating system does not save the vector registers of Old CPU",
    ],
    [
      "without koffi",
      { cpu: refused(new ForeignUnavailable(new Error("Cannot find module 'koffi'\nRequire stack"))) },
      "koffi, which calls machine code, does not load here (Cannot find module 'koffi'); run `npm ci` again without --omit",
    ],
    [
      "on a hardened system",
      {
        cpu: refused(
          new RefusedMemory("mprotect", "EACCES", "this system lets no program make code at run time"),
        ),
      },
      "mprotect failed with EACCES: this system lets no program make code at run time",
    ],
    [
      "where the test function errs",
      { probe: () => false },
      "a test function with avx512 instructions computed wrong numbers",
    ],
  ])("%s", (_name, differing, reason) => {
    expect(checkAvailability({ ...zen4, ...differing })).toEqual({ available: false, reason });
  });
});

describe("KDACCEL_TARGET", () => {
  it("names a target or nothing", () => {
    expect(targetWish({})).toBeUndefined();
    expect(targetWish({ KDACCEL_TARGET: "" })).toBeUndefined();
    expect(targetWish({ KDACCEL_TARGET: "native-avx2" })).toBe("native-avx2");
    expect(() => targetWish({ KDACCEL_TARGET: "gpu" })).toThrow(
      /"gpu"; expected js, wasm, native, native-avx2/,
    );
  });
});

describe.runIf(runsHere)("on this machine", () => {
  const has = (name: "avx2" | "avx512f"): boolean => thisCpu().features.includes(name);

  it.runIf(runsHere && has("avx2"))("AVX2 code computes", () => expect(probe("avx2")).toBe(true));
  it.runIf(runsHere && has("avx512f"))("AVX-512 code computes", () => expect(probe("avx512")).toBe(true));

  it.runIf(runsHere && has("avx2"))("the answer follows KDACCEL_TARGET, and is found once", () => {
    const before = process.env.KDACCEL_TARGET;
    try {
      delete process.env.KDACCEL_TARGET;
      expect(nativeAvailability()).toMatchObject({ available: true });
      expect(nativeAvailability()).toBe(nativeAvailability());
      process.env.KDACCEL_TARGET = "native-avx2";
      expect(nativeAvailability()).toMatchObject({ available: true, isa: "avx2" });
      process.env.KDACCEL_TARGET = "js";
      expect(nativeAvailability()).toMatchObject({ available: false });
    } finally {
      if (before === undefined) delete process.env.KDACCEL_TARGET;
      else process.env.KDACCEL_TARGET = before;
    }
  });

  it("koffi that is not there is a reason, not an exception", () => {
    const script = `
      import { registerHooks } from "node:module";
      registerHooks({ resolve: (name, context, next) => {
        if (name === "koffi") throw new Error("Cannot find module 'koffi'");
        return next(name, context);
      } });
      const { nativeAvailability } = await import(${JSON.stringify(new URL("./availability.ts", import.meta.url).href)});
      console.log(JSON.stringify(nativeAvailability()));`;
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      encoding: "utf8",
    });
    expect(JSON.parse(stdout)).toEqual({
      available: false,
      reason: expect.stringContaining("Cannot find module 'koffi'"),
    });
  });
});

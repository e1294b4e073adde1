import { describe, expect, it } from "vitest";
import { thisCpu } from "../native/cpu.ts";
import { describeMachine, largestCacheBytes } from "./machine.ts";
import { cacheFromSysfs, parseCpuInfo, parseSysctl, parseThreadsPerCore } from "./machine-sources.ts";

describe("parseCpuInfo", () => {
  it("reads an x86-64 guest with AVX-512", () => {
    const text = [
      "processor\t: 0",
      "vendor_id\t: GenuineIntel",
      "model name\t: Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz",
      "flags\t\t: fpu sse2 ssse3 fma avx avx2 hypervisor avx512f avx512bw avx512_vnni",
      "",
    ].join("\n");
    expect(parseCpuInfo(text)).toEqual({
      model: "Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz",
      isa: ["sse2", "ssse3", "avx", "avx2", "fma", "avx512f", "avx512bw", "avx512_vnni"],
      hypervisor: true,
    });
  });

  it("names an ARM core by its codes, known or not", () => {
    const arm = (part: string): string =>
      `processor\t: 0\nFeatures\t: fp asimd fphp asimddp sve\nCPU implementer\t: 0x41\nCPU part\t: ${part}\n`;
    expect(parseCpuInfo(arm("0xd40"))).toEqual({
      model: "ARM Neoverse V1",
      isa: ["asimd", "fphp", "asimddp", "sve"],
      hypervisor: false,
    });
    expect(parseCpuInfo(arm("0xfff")).model).toBe("ARM implementer 0x41 part 0xfff");
  });

  it("finds nothing in nothing", () => {
    expect(parseCpuInfo("")).toEqual({ model: "", isa: [], hypervisor: false });
  });
});

describe("parseThreadsPerCore", () => {
  it.each([
    ["0,8\n", "", 2],
    ["0-3\n", "", 4],
    ["0\n", "", 1],
    ["", "siblings\t: 16\ncpu cores\t: 8\n", 2],
    ["", "siblings\t: 2\ncpu cores\t: 2\n", 1],
    ["", "", undefined],
  ])("of %j and %j is %s", (siblings, cpuInfo, threads) => {
    expect(parseThreadsPerCore(siblings, cpuInfo)).toBe(threads);
  });
});

describe("cacheFromSysfs", () => {
  const files = (more: Record<string, string>) => (file: string) =>
    ({
      level: "1\n",
      type: "Data\n",
      size: "48K\n",
      ways_of_associativity: "12\n",
      coherency_line_size: "64\n",
      ...more,
    })[file] ?? "";

  it("reads level, kind, size, ways and line", () => {
    expect(cacheFromSysfs(files({}))).toEqual({ level: "L1d", bytes: 49152, ways: 12, lineBytes: 64 });
    expect(cacheFromSysfs(files({ level: "3", type: "Unified", size: "32M" }))).toMatchObject({
      level: "L3",
      bytes: 2 ** 25,
    });
  });

  it("leaves out a cache whose size is hidden or no size", () => {
    expect(cacheFromSysfs(files({ size: "" }))).toBeUndefined();
    expect(cacheFromSysfs(files({ size: "lots" }))).toBeUndefined();
  });
});

describe("parseSysctl", () => {
  it("reads an Apple machine", () => {
    const text = [
      "machdep.cpu.brand_string: Apple M3 Pro",
      "hw.optional.AdvSIMD: 1",
      "hw.optional.arm.FEAT_DotProd: 1",
      "hw.optional.arm.FEAT_SME: 0",
      "hw.l1dcachesize: 65536",
      "hw.l2cachesize: 4194304",
      "hw.cachelinesize: 128",
    ].join("\n");
    expect(parseSysctl(text)).toEqual({
      model: "Apple M3 Pro",
      isa: ["asimd", "asimddp"],
      hypervisor: false,
      caches: [
        { level: "L1d", bytes: 65536, ways: 0, lineBytes: 128 },
        { level: "L2", bytes: 4194304, ways: 0, lineBytes: 128 },
      ],
    });
  });
});

describe("parseSysctl of less usual machines", () => {
  it("takes the caches of the performance cores where there are two kinds", () => {
    const { caches } = parseSysctl(
      [
        "hw.l1dcachesize: 65536",
        "hw.l2cachesize: 4194304",
        "hw.perflevel0.l1dcachesize: 131072",
        "hw.perflevel0.l2cachesize: 16777216",
        "hw.cachelinesize: 128",
      ].join("\n"),
    );
    expect(caches.map(({ level, bytes }) => [level, bytes])).toEqual([
      ["L1d", 131072],
      ["L2", 16777216],
    ]);
  });

  it("reads an Intel Mac that is a guest", () => {
    const guest = parseSysctl(
      [
        "machdep.cpu.brand_string: Intel(R) Core(TM) i7-8700B CPU @ 3.20GHz",
        "hw.optional.fma: 1",
        "hw.optional.avx2_0: 1",
        "hw.l3cachesize: 12582912",
        "hw.cachelinesize: 64",
        "kern.hv_vmm_present: 1",
      ].join("\n"),
    );
    expect(guest).toEqual({
      model: "Intel(R) Core(TM) i7-8700B CPU @ 3.20GHz",
      isa: ["avx2", "fma"],
      hypervisor: true,
      caches: [{ level: "L3", bytes: 12582912, ways: 0, lineBytes: 64 }],
    });
  });

  it("finds nothing where the system has no such keys", () => {
    expect(parseSysctl("")).toEqual({ model: "", isa: [], hypervisor: false, caches: [] });
  });
});

describe.runIf(process.arch === "x64")("describeMachine on x86-64", () => {
  it("names caches, extensions and the hypervisor, whoever tells of them", () => {
    const { caches, isa, virtualised } = describeMachine("1.2.3");
    expect(caches.map(({ level }) => level)).toEqual(expect.arrayContaining(["L1d", "L2"]));
    expect(isa).toContain("sse2");
    const { hypervisor } = thisCpu();
    if (hypervisor) expect(virtualised).toBe(hypervisor);
  });
});

describe("describeMachine", () => {
  it("describes the machine that the test runs on", () => {
    const machine = describeMachine("1.2.3");
    expect(machine.kdaccel).toBe("1.2.3");
    expect(machine.cpu).not.toBe("");
    expect(machine.cores).toBeGreaterThanOrEqual(1);
    expect(machine.memoryBytes).toBeGreaterThan(0);
    expect(machine.node).toBe(process.versions.node);
    const largest = Math.max(...machine.caches.map((c) => c.bytes));
    // Where a hypervisor tells of the first levels alone, the last one is not known.
    expect([largest, undefined]).toContain(largestCacheBytes());
  });
});

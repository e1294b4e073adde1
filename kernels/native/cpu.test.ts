import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseCpuInfo } from "../measure/machine-sources.ts";
import { type Cpu, describeCpu, thisCpu } from "./cpu.ts";
import { cpuFeatureNames, cpuFeatures } from "./cpu-features.ts";
import { microarchitecture } from "./cpu-models.ts";
import { dumpOf, recordDump } from "./cpuid.ts";
import { alteredDump, recordedDump } from "./cpuid-dumps.fixture.ts";
import { runsHere } from "./machine-code.fixture.ts";

const KiB = 1024;
const MiB = 1024 * KiB;

/** What the dumps' own program (AIDA64) made of the leaves, or what the vendor's data sheet says of the CPU. */
const expected: readonly {
  cpu: string;
  id: string;
  brand: RegExp;
  caches: readonly string[];
  avx512: boolean;
  has: readonly string[];
  lacks: readonly string[];
}[] = [
  {
    cpu: "haswell",
    id: "haswell",
    brand: /^Intel\(R\) Core\(TM\) i7-4770 CPU @ 3.40GHz$/,
    caches: ["L1d 32K 8", "L1i 32K 8", "L2 256K 8", "L3 8192K 16"],
    avx512: false,
    has: ["avx2", "fma", "bmi2", "f16c", "movbe"],
    lacks: ["avx_vnni", "amx_tile"],
  },
  {
    cpu: "skylake-client",
    id: "skylake",
    brand: /i5-6400T/,
    caches: ["L1d 32K 8", "L1i 32K 8", "L2 256K 4", "L3 6144K 12"],
    avx512: false,
    has: ["avx2", "fma"],
    lacks: ["avx512_vnni"],
  },
  {
    cpu: "skylake-x",
    id: "skylake-x",
    brand: /i9-7900X/,
    caches: ["L1d 32K 8", "L1i 32K 8", "L2 1024K 16", "L3 14080K 11"],
    avx512: true,
    has: ["avx512dq", "avx512bw", "avx512vl", "avx512cd"],
    lacks: ["avx512_vnni", "avx512vbmi", "avx512_bf16"],
  },
  {
    cpu: "cascade-lake",
    id: "cascade-lake",
    brand: /Xeon/,
    caches: ["L1d 32K 8", "L1i 32K 8", "L2 1024K 16", "L3 14080K 11"],
    avx512: true,
    has: ["avx512_vnni"],
    lacks: ["avx512_bf16", "avx512vbmi"],
  },
  {
    cpu: "ice-lake-server",
    id: "ice-lake-server",
    brand: /Xeon/,
    caches: ["L1d 48K 12", "L1i 32K 8", "L2 1280K 20"],
    avx512: true,
    has: ["avx512_vnni", "avx512vbmi", "avx512ifma", "avx512_vpopcntdq"],
    lacks: ["avx512_bf16", "amx_tile"],
  },
  {
    cpu: "sapphire-rapids",
    id: "sapphire-rapids",
    brand: /Xeon|Genuine/,
    caches: ["L1d 48K 12", "L1i 32K 8", "L2 2048K 16", "L3 38400K 15"],
    avx512: true,
    has: ["avx512_bf16", "avx512_fp16", "amx_tile", "amx_int8", "amx_bf16", "avx_vnni"],
    lacks: ["amx_fp16"],
  },
  {
    cpu: "alder-lake",
    id: "alder-lake",
    brand: /^12th Gen Intel\(R\) Core\(TM\) i7-12800HX$/,
    caches: ["L1d 48K 12", "L1i 32K 8", "L2 1280K 10", "L3 25600K 10"],
    avx512: false,
    has: ["avx2", "avx_vnni"],
    lacks: ["avx512bw", "avx512_fp16"],
  },
  {
    cpu: "alder-lake-avx512",
    id: "alder-lake",
    brand: /i9-12900K/,
    caches: ["L1d 48K 12", "L1i 32K 8", "L2 1280K 10", "L3 30720K 12"],
    avx512: true,
    has: ["avx512_fp16", "avx512_bf16"],
    lacks: ["amx_tile"],
  },
  {
    cpu: "zen2",
    id: "zen2",
    brand: /^AMD Ryzen 9 PRO 3900 12-Core Processor$/,
    caches: ["L1d 32K 8", "L1i 32K 8", "L2 512K 8", "L3 16384K 16"],
    avx512: false,
    has: ["avx2", "fma", "f16c"],
    lacks: ["avx_vnni"],
  },
  {
    cpu: "zen3",
    id: "zen3",
    brand: /5900X/,
    caches: ["L1d 32K 8", "L1i 32K 8", "L2 512K 8", "L3 32768K 16"],
    avx512: false,
    has: ["avx2", "fma"],
    lacks: [],
  },
  {
    cpu: "zen4",
    id: "zen4",
    brand: /EPYC/,
    caches: ["L1d 32K 8", "L1i 32K 8", "L2 1024K 8", "L3 32768K 16"],
    avx512: true,
    has: ["avx512_vnni", "avx512_bf16", "avx512vbmi"],
    lacks: ["avx_vnni", "avx512_vp2intersect"],
  },
  {
    cpu: "zen5",
    id: "zen5",
    brand: /9950X/,
    caches: ["L1d 48K 12", "L1i 32K 8", "L2 1024K 16", "L3 32768K 16"],
    avx512: true,
    has: ["avx_vnni", "avx512_vp2intersect"],
    lacks: ["avx512_fp16", "amx_tile"],
  },
  {
    cpu: "zen5-mobile",
    id: "zen5-mobile",
    brand: /Ryzen AI/,
    caches: ["L1d 48K 12", "L1i 32K 8", "L2 1024K 16", "L3 16384K 16"],
    avx512: true,
    has: ["avx512_vnni"],
    lacks: [],
  },
];

const brief = (caches: Cpu["caches"]): string[] =>
  caches.map(({ level, bytes, ways }) => `${level} ${bytes / KiB}K ${ways}`);

describe.each(expected)("$cpu", ({ cpu: name, id, brand, caches, avx512, has, lacks }) => {
  const cpu = describeCpu(recordedDump(name));

  it("is recognised, with its name", () => {
    expect(cpu.microarchitecture?.id).toBe(id);
    expect(cpu.brand).toMatch(brand);
    expect(cpu.hypervisor).toBeNull();
    expect(cpu.hybrid).toBe(name.startsWith("alder-lake"));
  });

  it("has its caches", () => {
    expect(brief(cpu.caches).slice(0, caches.length)).toEqual(caches);
    expect(cpu.caches).toHaveLength(4);
    expect(cpu.caches.every(({ lineBytes }) => lineBytes === 64)).toBe(true);
    expect(cpu.cachesComplete).toBe(true);
  });

  it("has its extensions and no others", () => {
    expect(cpu.features.includes("avx512f")).toBe(avx512);
    expect(cpu.features).toEqual(expect.arrayContaining(["avx", "avx2", "fma", ...has]));
    for (const name of lacks) expect(cpu.features).not.toContain(name);
    expect(cpu.unsupported).toEqual([]);
  });

  it("is described alike when it is asked leaf by leaf", () => {
    const dump = recordedDump(name);
    const asked = recordDump({
      cpuid: (leaf, subleaf) => dump.leaf(leaf, subleaf),
      xgetbv: () => dump.xcr0,
    });
    expect(describeCpu(asked)).toEqual(cpu);
  });
});

it("tests every recording there is", () => {
  const files = readdirSync(join(import.meta.dirname, "fixtures"));
  const tested = [...expected.map(({ cpu }) => cpu), "skylake-x-without-zmm", "virtual-turin"];
  expect(files.map((file) => file.replace(".txt", "")).sort()).toEqual(tested.sort());
});

describe("what the operating system does not save", () => {
  it("is not there: a Skylake-X whose system keeps no zmm registers, as recorded", () => {
    const cpu = describeCpu(recordedDump("skylake-x-without-zmm"));
    expect(cpu.features).toContain("avx2");
    expect(cpu.features.filter((name) => name.startsWith("avx512"))).toEqual([]);
    expect(cpu.unsupported).toEqual(["avx512f", "avx512dq", "avx512cd", "avx512bw", "avx512vl"]);
  });

  it.each([
    [0x7, { avx: true, avx512f: false, amx_tile: false }],
    [0xe7, { avx: true, avx512f: true, amx_tile: false }],
    [0x67, { avx: true, avx512f: false, amx_tile: false }], // zmm 16 to 31 are missing
    [0x3, { avx: false, avx512f: false, amx_tile: false }],
    [0x6_00e7, { avx: true, avx512f: true, amx_tile: true }],
    [0x2_00e7, { avx: true, avx512f: true, amx_tile: false }], // a tile's shape is saved, its data is not
  ])("is not there: a Sapphire Rapids with XCR0 %o", (xcr0, there) => {
    const features = cpuFeatures(alteredDump(recordedDump("sapphire-rapids"), {}, xcr0));
    for (const [name, is] of Object.entries(there))
      expect([name, features.includes(name as never)]).toEqual([name, is]);
    expect(features).toContain("sse4_2");
  });

  it("is not asked for where XGETBV does not exist", () => {
    const dump = alteredDump(recordedDump("haswell"), {
      1: { ecx: recordedDump("haswell").leaf(1).ecx & ~(1 << 27) },
    });
    const asked = recordDump({
      cpuid: (leaf, subleaf) => dump.leaf(leaf, subleaf),
      xgetbv: () => expect.fail("an illegal instruction"),
    });
    expect(describeCpu(asked).features).not.toContain("avx");
  });
});

describe("a guest", () => {
  it("under bhyve has what its hypervisor tells: no last level of cache", () => {
    const cpu = describeCpu(recordedDump("virtual-turin"));
    expect(cpu).toMatchObject({
      hypervisor: "bhyve",
      microarchitecture: { id: "zen5" },
      cachesComplete: false,
    });
    expect(brief(cpu.caches)).toEqual(["L1d 48K 12", "L1i 32K 8", "L2 1024K 8"]);
    expect(cpu.features).toContain("avx512_vnni");
  });

  const signed = (signature: string): Cpu => {
    const bytes = new TextEncoder().encode(signature.padEnd(12, "\0"));
    const [ebx = 0, ecx = 0, edx = 0] = new Uint32Array(bytes.buffer);
    const { ecx: flags } = recordedDump("zen4").leaf(1);
    return describeCpu(
      alteredDump(recordedDump("zen4"), {
        1: { ecx: (flags | (1 << 31)) >>> 0 },
        1073741824: { ebx, ecx, edx },
      }),
    );
  };
  it.each([
    ["KVMKVMKVM", "KVM"],
    ["Microsoft Hv", "Hyper-V"],
    ["VMwareVMware", "VMware"],
    ["XenVMMXenVMM", "Xen"],
    ["SomethingNew", "SomethingNew"],
    ["", "unknown hypervisor"],
  ])("signed %j runs under %s", (signature, name) => {
    expect(signed(signature).hypervisor).toBe(name);
  });
});

describe("CPUs that nobody has met", () => {
  it("have no microarchitecture, and nothing is made up", () => {
    const zen9 = { vendor: "AuthenticAMD", family: 0x20, model: 1, stepping: 0 };
    expect(microarchitecture(zen9)).toBeUndefined();
    expect(describeCpu(dumpOf([], 0))).toMatchObject({
      vendor: "",
      brand: "",
      microarchitecture: undefined,
      features: [],
      caches: [],
      hypervisor: null,
    });
  });

  it("may name caches without end", () => {
    const endless = { eax: 0x21, ebx: 0x01c0_003f, ecx: 0x3f, edx: 0 };
    const asked = recordDump({
      cpuid: (leaf) => (leaf === 4 ? endless : { eax: leaf === 0 ? 4 : 0, ebx: 0, ecx: 0, edx: 0 }),
      xgetbv: () => 0,
    });
    expect(describeCpu(asked).caches).toHaveLength(8);
  });
});

describe.runIf(runsHere)("this CPU", () => {
  it("is described once", () => {
    expect(thisCpu()).toBe(thisCpu());
    expect(thisCpu().vendor).toMatch(/^[A-Za-z ]{12}$/);
    expect(thisCpu().caches.length).toBeGreaterThan(0);
  });

  it.runIf(process.platform === "linux")("has the extensions that Linux says it has", () => {
    const linux = new Set<string>(parseCpuInfo(readFileSync("/proc/cpuinfo", "utf8")).isa);
    const known = parseCpuInfo(`flags\t: ${cpuFeatureNames.join(" ")}`).isa;
    for (const name of known) {
      expect([name, thisCpu().features.includes(name as never)]).toEqual([name, linux.has(name)]);
    }
    expect(known.length).toBeGreaterThan(15);
  });
});

it("tells how many threads share a cache at the most", () => {
  expect(describeCpu(recordedDump("zen5")).caches.at(-1)).toEqual({
    level: "L3",
    bytes: 32 * MiB,
    ways: 16,
    lineBytes: 64,
    sharedBy: 16,
  });
});

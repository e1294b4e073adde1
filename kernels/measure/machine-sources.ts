/**
 * Reads what operating systems write about a processor. Pure functions of text, so that machines which nobody has at
 * hand are tested from recordings.
 */
import type { Environment } from "../run-events.ts";

type Cache = Environment["caches"][number];

export interface CpuInfo {
  readonly model: string;
  /** Extensions that a kernel author asks about, in the order of the table below. */
  readonly isa: readonly string[];
  readonly hypervisor: boolean;
}

/** Names as Linux writes them, x86-64 first, then ARM. The rest of the flags does not bear on any kernel. */
const extensions =
  "sse2 ssse3 sse4_1 sse4_2 avx avx2 fma f16c avx512f avx512dq avx512bw avx512vl avx512_vnni avx512_bf16 avx_vnni amx_tile amx_int8 amx_bf16 asimd fphp asimdhp asimddp sve sve2 i8mm bf16 sme".split(
    " ",
  );

/** Those of the names that bear on a kernel, in the order of the table. */
export function knownExtensions(names: readonly string[]): readonly string[] {
  return extensions.filter((name) => names.includes(name));
}

/** Reads /proc/cpuinfo of x86-64 or ARM. */
export function parseCpuInfo(text: string): CpuInfo {
  const field = (name: string): string =>
    new RegExp(`^${name}\\s*:[ \\t]*(.*)$`, "m").exec(text)?.[1]?.trim() ?? "";
  const flags = new Set(`${field("flags")} ${field("Features")}`.split(/\s+/));
  return {
    model: field("model name") || armModel(field("CPU implementer"), field("CPU part")),
    isa: knownExtensions([...flags]),
    hypervisor: flags.has("hypervisor"),
  };
}

/**
 * Threads of a core, from the list of the first core's threads (`0,8` or `0-1`) or from /proc/cpuinfo; undefined where
 * neither tells.
 */
export function parseThreadsPerCore(siblingsList: string, cpuInfo: string): number | undefined {
  const ranges = siblingsList.trim().split(",").filter(Boolean);
  if (ranges.length > 0) {
    const sizes = ranges.map((range) => {
      const [first = 0, last = first] = range.split("-").map(Number);
      return last - first + 1;
    });
    return sizes.reduce((sum, size) => sum + size, 0);
  }
  const field = (name: string): number =>
    Number(new RegExp(`^${name}\\s*: *(\\d+)$`, "m").exec(cpuInfo)?.[1] ?? 0);
  const [threads, cores] = [field("siblings"), field("cpu cores")];
  return threads > 0 && cores > 0 ? threads / cores : undefined;
}

/** ARM's MIDR codes for cores that people run this on (Linux, arch/arm64/include/asm/cputype.h). */
const armCores: Readonly<Record<string, string>> = {
  "0x41 0xd08": "ARM Cortex-A72",
  "0x41 0xd0b": "ARM Cortex-A76",
  "0x41 0xd0c": "ARM Neoverse N1",
  "0x41 0xd40": "ARM Neoverse V1",
  "0x41 0xd49": "ARM Neoverse N2",
  "0x41 0xd4f": "ARM Neoverse V2",
};

function armModel(implementer: string, part: string): string {
  if (!implementer) return "";
  return armCores[`${implementer} ${part}`] ?? `ARM implementer ${implementer} part ${part}`;
}

/** One cache from the files of /sys/devices/system/cpu/cpu0/cache/indexN, or undefined if they are incomplete. */
export function cacheFromSysfs(read: (file: string) => string): Cache | undefined {
  const level = read("level").trim();
  const bytes = sizeInBytes(read("size").trim());
  if (!level || !bytes) return undefined;
  const kind = { Data: "d", Instruction: "i" }[read("type").trim()] ?? "";
  return {
    level: `L${level}${kind}`,
    bytes,
    ways: Number(read("ways_of_associativity")) || 0,
    lineBytes: Number(read("coherency_line_size")) || 0,
  };
}

/** Bytes of a size like `32K` or `16M`; 0 where it is none. */
function sizeInBytes(text: string): number {
  const match = /^(\d+)([KMG]?)$/.exec(text);
  if (!match) return 0;
  return Number(match[1]) * { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }[match[2] as "" | "K" | "M" | "G"];
}

/** What macOS tells through `sysctl`. It keeps the associativity of its caches to itself: 0. */
export function parseSysctl(text: string): CpuInfo & { readonly caches: readonly Cache[] } {
  const values = new Map(
    text.split("\n").flatMap((line) => {
      const at = line.indexOf(": ");
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 2).trim()] as const];
    }),
  );
  const lineBytes = Number(values.get("hw.cachelinesize")) || 0;
  // On Apple silicon the plain keys describe the efficiency cores; performance level 0 is where work runs.
  const sizeOf = (name: string): number =>
    Number(values.get(`hw.perflevel0.${name}`) ?? values.get(`hw.${name}`)) || 0;
  const levels = { L1d: "l1dcachesize", L2: "l2cachesize", L3: "l3cachesize" };
  return {
    model: values.get("machdep.cpu.brand_string") ?? "",
    isa: sysctlIsa(values),
    hypervisor: values.get("kern.hv_vmm_present") === "1",
    caches: Object.entries(levels).flatMap(([level, name]) => {
      const bytes = sizeOf(name);
      return bytes > 0 ? [{ level, bytes, ways: 0, lineBytes }] : [];
    }),
  };
}

/** Apple's keys and the names that Linux gives the same extensions. */
const appleNames: Readonly<Record<string, string>> = {
  "hw.optional.AdvSIMD": "asimd",
  "hw.optional.arm.FEAT_FP16": "asimdhp",
  "hw.optional.arm.FEAT_DotProd": "asimddp",
  "hw.optional.arm.FEAT_I8MM": "i8mm",
  "hw.optional.arm.FEAT_BF16": "bf16",
  "hw.optional.arm.FEAT_SME": "sme",
  "hw.optional.avx2_0": "avx2",
  "hw.optional.fma": "fma",
  "hw.optional.avx512f": "avx512f",
};

function sysctlIsa(values: ReadonlyMap<string, string>): string[] {
  return Object.entries(appleNames).flatMap(([key, name]) => (values.get(key) === "1" ? [name] : []));
}

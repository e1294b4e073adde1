/**
 * Which instructions may be used: what the CPU has (CPUID) and the operating system keeps registers for (XCR0). A CPU
 * with AVX-512 under a system that does not save its registers counts as one without.
 * Reference: Intel SDM volume 1, 14.3 and 15.2 (detection); volume 2A, CPUID; AMD APM volume 3, appendix E.
 */
import { bit, type CpuidDump, type Registers } from "./cpuid.ts";

/** State components in XCR0 that must all be on (Intel SDM volume 1, 13.1). */
const states = {
  none: 0,
  /** xmm and ymm. */
  avx: 0x6,
  /** The same, mask registers and zmm. macOS turns them on at first use: there this says no too early, never yes. */
  avx512: 0xe6,
  /** Tile configuration and tile data. */
  amx: 0x6_0000,
} as const;

/**
 * Extensions by the name that Linux gives them, with leaf, subleaf, register, bit and the state that they need; in the
 * order in which they are listed.
 */
const table = [
  ["sse2", 0x1, 0, "edx", 26, "none"],
  ["ssse3", 0x1, 0, "ecx", 9, "none"],
  ["sse4_1", 0x1, 0, "ecx", 19, "none"],
  ["sse4_2", 0x1, 0, "ecx", 20, "none"],
  ["popcnt", 0x1, 0, "ecx", 23, "none"],
  ["movbe", 0x1, 0, "ecx", 22, "none"],
  ["abm", 0x8000_0001, 0, "ecx", 5, "none"],
  ["bmi1", 0x7, 0, "ebx", 3, "none"],
  ["bmi2", 0x7, 0, "ebx", 8, "none"],
  ["avx", 0x1, 0, "ecx", 28, "avx"],
  ["f16c", 0x1, 0, "ecx", 29, "avx"],
  ["fma", 0x1, 0, "ecx", 12, "avx"],
  ["avx2", 0x7, 0, "ebx", 5, "avx"],
  ["avx_vnni", 0x7, 1, "eax", 4, "avx"],
  ["avx_ifma", 0x7, 1, "eax", 23, "avx"],
  ["avx_vnni_int8", 0x7, 1, "edx", 4, "avx"],
  ["avx_ne_convert", 0x7, 1, "edx", 5, "avx"],
  ["avx512f", 0x7, 0, "ebx", 16, "avx512"],
  ["avx512dq", 0x7, 0, "ebx", 17, "avx512"],
  ["avx512cd", 0x7, 0, "ebx", 28, "avx512"],
  ["avx512bw", 0x7, 0, "ebx", 30, "avx512"],
  ["avx512vl", 0x7, 0, "ebx", 31, "avx512"],
  ["avx512ifma", 0x7, 0, "ebx", 21, "avx512"],
  ["avx512vbmi", 0x7, 0, "ecx", 1, "avx512"],
  ["avx512_vbmi2", 0x7, 0, "ecx", 6, "avx512"],
  ["avx512_vnni", 0x7, 0, "ecx", 11, "avx512"],
  ["avx512_bitalg", 0x7, 0, "ecx", 12, "avx512"],
  ["avx512_vpopcntdq", 0x7, 0, "ecx", 14, "avx512"],
  ["avx512_vp2intersect", 0x7, 0, "edx", 8, "avx512"],
  ["avx512_bf16", 0x7, 1, "eax", 5, "avx512"],
  ["avx512_fp16", 0x7, 0, "edx", 23, "avx512"],
  ["amx_tile", 0x7, 0, "edx", 24, "amx"],
  ["amx_int8", 0x7, 0, "edx", 25, "amx"],
  ["amx_bf16", 0x7, 0, "edx", 22, "amx"],
  ["amx_fp16", 0x7, 1, "eax", 21, "amx"],
] as const satisfies readonly (readonly [
  name: string,
  leaf: number,
  subleaf: number,
  register: keyof Registers,
  bit: number,
  state: keyof typeof states,
])[];

/** Name of an extension, as /proc/cpuinfo writes it. */
export type CpuFeature = (typeof table)[number][0];

/** The levels of x86-64 that code is generated for. */
export type NativeIsa = "avx2" | "avx512";

/** Every extension that this room knows. */
export const cpuFeatureNames: readonly CpuFeature[] = table.map(([name]) => name);

/** The extensions that the CPU has and the operating system supports. */
export function cpuFeatures(dump: CpuidDump): readonly CpuFeature[] {
  return described(dump, (state) => (dump.xcr0 & state) === state);
}

/** The extensions that the CPU has but whose registers the operating system does not keep. */
export function unsupportedFeatures(dump: CpuidDump): readonly CpuFeature[] {
  const usable = new Set(cpuFeatures(dump));
  return described(dump, () => true).filter((name) => !usable.has(name));
}

function described(dump: CpuidDump, supports: (state: number) => boolean): readonly CpuFeature[] {
  return table
    .filter(([, leaf, subleaf, register, index]) => bit(dump.leaf(leaf, subleaf)[register], index))
    .filter(([, , , , , state]) => supports(states[state]))
    .map(([name]) => name);
}

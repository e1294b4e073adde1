/**
 * OpenBLAS's core types: which a processor can run, and which of the measured ones is best. Old versions take a newer
 * processor for a far older one, and the kernels they choose then are half as fast or worse. Pure.
 */

export interface CoreType {
  /** As OPENBLAS_CORETYPE takes it (driver/others/dynamic.c); compared without regard to case. */
  readonly name: string;
  readonly arch: NodeJS.Architecture;
  /** Extensions that its kernels use, as kernels/measure/machine-sources.ts names them. A core without would fault. */
  readonly needs: readonly string[];
}

const avx512 = ["avx512f", "avx512dq", "avx512bw", "avx512vl"];

/** Newest first. Types whose kernels for float32 are those of another row (Broadwell, Excavator …) are left out. */
export const coreTypes: readonly CoreType[] = [
  { name: "SapphireRapids", arch: "x64", needs: [...avx512, "avx512_bf16", "amx_tile"] },
  { name: "Cooperlake", arch: "x64", needs: [...avx512, "avx512_bf16"] },
  { name: "SkylakeX", arch: "x64", needs: avx512 },
  { name: "Zen", arch: "x64", needs: ["avx2", "fma"] },
  { name: "Haswell", arch: "x64", needs: ["avx2", "fma"] },
  { name: "Sandybridge", arch: "x64", needs: ["avx"] },
  { name: "Nehalem", arch: "x64", needs: ["sse4_2"] },
  { name: "NeoverseV1", arch: "arm64", needs: ["asimd", "sve"] },
  { name: "NeoverseN2", arch: "arm64", needs: ["asimd", "sve"] },
  { name: "NeoverseN1", arch: "arm64", needs: ["asimd"] },
  { name: "ARMV8", arch: "arm64", needs: ["asimd"] },
];

/** Each takes a good second of measuring; kernels that are three generations old do not win. */
const mostCandidates = 4;

/** Core types that this processor can run and that may be best for it; none where nothing is known of it. */
export function candidateCoreTypes(arch: string, isa: readonly string[]): readonly string[] {
  return coreTypes
    .filter((type) => type.arch === arch && type.needs.every((extension) => isa.includes(extension)))
    .slice(0, mostCandidates)
    .map(({ name }) => name);
}

/** What one core type reached: GFLOP/s by shape, the best of its turns, because a shared machine only takes away. */
export interface CoreMeasurement {
  /** As the library reports it, which is not always what was asked for: an unknown name falls back to another. */
  readonly coreType: string;
  readonly gflops: Readonly<Record<string, number>>;
}

export interface CoreChoice {
  readonly coreType: string;
  /** What the library chooses by itself. */
  readonly automatic: string;
  /** Speed of the chosen over the automatic one; 1 where they are the same. */
  readonly gain: number;
}

/** A type that is better by less than this is not told from noise: the library's own choice stays. */
const leastGain = 1.02;

/** The best by the geometric mean over shapes, the automatic one unless another is better by 2 %. */
export function chooseCoreType(automatic: string, measured: readonly CoreMeasurement[]): CoreChoice {
  const own = measured.find(({ coreType }) => coreType === automatic);
  if (!own) throw new Error(`the automatic core type ${automatic} was not measured`);
  const [best] = measured.toSorted((a, b) => meanRate(b) - meanRate(a));
  const gain = meanRate(best ?? own) / meanRate(own);
  if (!best || gain < leastGain) return { coreType: automatic, automatic, gain: 1 };
  return { coreType: best.coreType, automatic, gain };
}

/** Geometric mean over shapes, so that no shape counts for its size. */
export function meanRate({ gflops }: CoreMeasurement): number {
  const rates = Object.values(gflops);
  return Math.exp(rates.reduce((sum, rate) => sum + Math.log(rate), 0) / rates.length);
}

/** For each core type the best of several turns, in the order of their first appearance. */
export function bestOfTurns(turns: readonly CoreMeasurement[]): readonly CoreMeasurement[] {
  return [...Map.groupBy(turns, ({ coreType }) => coreType)].map(([coreType, own]) => ({
    coreType,
    gflops: Object.fromEntries(
      Object.keys(own[0]?.gflops ?? {}).map((shape) => [
        shape,
        Math.max(...own.map(({ gflops }) => gflops[shape] ?? 0)),
      ]),
    ),
  }));
}

/** `OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH … Haswell MAX_THREADS=64`: the version, or "unknown". */
export function versionIn(config: string): string {
  return /\d+\.\d+(\.\d+)*(\.dev)?/.exec(config)?.[0] ?? "unknown";
}

/** Whether the library holds kernels of several core types; others have no choice. */
export function hasSeveralCoreTypes(config: string): boolean {
  return config.includes("DYNAMIC_ARCH");
}

/**
 * Whether native kernels can run here, and on which instruction set: asked once in a process, and answered by having
 * executed a generated function. Where the answer is no, the reason is one clause that a message can end with.
 */
import { type Cpu, thisCpu } from "./cpu.ts";
import type { CpuFeature, NativeIsa } from "./cpu-features.ts";
import { probe } from "./probe.ts";

export type NativeAvailability =
  | { readonly available: true; readonly isa: NativeIsa; readonly cpu: Cpu }
  | { readonly available: false; readonly reason: string };

/** What KDACCEL_TARGET may ask for: a target, or native code for AVX2 alone on a CPU that has more. */
export const targetWishes = ["js", "wasm", "native", "native-avx2"] as const;

export type TargetWish = (typeof targetWishes)[number];

/** The environment variable that forces a choice. Child processes and worker threads inherit it. */
export const targetVariable = "KDACCEL_TARGET";

/** What the environment asks for; undefined where it asks for nothing. @throws RangeError for an unknown target */
export function targetWish(environment: NodeJS.ProcessEnv = process.env): TargetWish | undefined {
  const value = environment[targetVariable];
  if (!value) return undefined;
  const wish = targetWishes.find((each) => each === value);
  if (wish) return wish;
  throw new RangeError(
    `${targetVariable} is "${value}"; expected ${targetWishes.join(", ")}; correct it, or unset it`,
  );
}

/** Extensions that generated code may use at each level, the better level first. */
const levels: readonly { readonly isa: NativeIsa; readonly needs: readonly CpuFeature[] }[] = [
  { isa: "avx512", needs: ["avx2", "fma", "avx512f", "avx512bw", "avx512dq", "avx512vl"] },
  { isa: "avx2", needs: ["avx2", "fma"] },
];

/** What the question is put to; tests of other machines pass their own. */
export interface NativeHost {
  readonly arch: string;
  readonly wish: TargetWish | undefined;
  cpu(): Cpu;
  /** Executes a function with instructions of this level; whether it computed what it must. */
  probe(isa: NativeIsa): boolean;
}

let answer: { readonly wish: TargetWish | undefined; readonly availability: NativeAvailability } | undefined;

/**
 * Whether native kernels can run in this process. Never throws for what the machine lacks; takes about 30 ms when asked
 * for the first time, nothing afterwards.
 *
 * @throws RangeError where KDACCEL_TARGET holds what is no target
 */
export function nativeAvailability(): NativeAvailability {
  const wish = targetWish();
  if (answer?.wish !== wish || !answer) {
    answer = { wish, availability: checkAvailability({ arch: process.arch, wish, cpu: thisCpu, probe }) };
  }
  return answer.availability;
}

/** The same for any machine. */
export function checkAvailability({ arch, wish, cpu, probe }: NativeHost): NativeAvailability {
  const no = (reason: string): NativeAvailability => ({ available: false, reason });
  if (wish === "js" || wish === "wasm") return no(`${targetVariable} asks for ${wish}`);
  if (arch !== "x64") return no(`native code is x86-64, this machine is ${arch}`);
  try {
    const found = cpu();
    const allowed = levels.filter(({ isa }) => wish !== "native-avx2" || isa === "avx2");
    const level = allowed.find(({ needs }) => needs.every((name) => found.features.includes(name)));
    if (!level) return no(lacking(found));
    if (!probe(level.isa)) return no(`a test function with ${level.isa} instructions computed wrong numbers`);
    return { available: true, isa: level.isa, cpu: found };
  } catch (error) {
    return no(error instanceof Error ? error.message : String(error));
  }
}

function lacking({ brand, features, unsupported }: Cpu): string {
  const missing = (["avx2", "fma"] as const).filter((name) => !features.includes(name));
  const name = brand || "this CPU";
  return missing.every((each) => unsupported.includes(each))
    ? `the operating system does not save the vector registers of ${name}`
    : `${name} has no ${missing.map((each) => each.toUpperCase()).join(" and no ")}`;
}

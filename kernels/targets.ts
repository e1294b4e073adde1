/** Which of the allowed targets an experiment runs on; apart so that every plan chooses alike. */
import type { Settings, Target, VariantRef } from "./experiment.ts";

/**
 * The target on which variants are compared that differ in loops, not in what executes them: wasm where it is
 * allowed, because it is the steadier and faster one, else js; undefined where neither is allowed.
 */
export function mainTarget({ targets }: Settings): Target | undefined {
  return (["wasm", "js"] as const).find((target) => targets.includes(target));
}

/**
 * The targets on which an experiment repeats itself whose question each answers anew: wasm and native as far as they are
 * allowed, the slower one first; js where neither is.
 */
export function comparedTargets({ targets }: Settings): readonly Target[] {
  const fast = (["wasm", "native"] as const).filter((target) => targets.includes(target));
  return fast.length > 0 || !targets.includes("js") ? fast : ["js"];
}

/** The fastest target that is allowed, for comparisons that one target answers: native, else wasm, else js. */
export function fastestTarget({ targets }: Settings): Target | undefined {
  return (["native", "wasm", "js"] as const).find((target) => targets.includes(target));
}

/** Every variant on one target. */
export function on(target: Target, variants: readonly string[]): readonly VariantRef[] {
  return variants.map((variant) => ({ variant, target }));
}

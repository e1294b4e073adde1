/**
 * Which targets a run may use: what `--target` names, else what KDACCEL_TARGET names, else js, wasm and, where it can
 * run, native. A choice that was forced fails where it cannot be kept; the default falls back and says why.
 */
import type { Experiment, Settings, Target } from "../kernels/experiment.ts";
import {
  type NativeAvailability,
  nativeAvailability,
  type TargetWish,
  targetVariable,
  targetWish,
  targetWishes,
} from "../kernels/native/availability.ts";
import { CommandError, exitCodes, UsageError } from "./exit.ts";

/** What may run, and what to tell of native kernels that may not. */
export interface ChosenTargets {
  readonly targets: readonly Target[];
  /** Why native kernels are left out, where the default would have had them. */
  readonly fallback?: string;
}

/** What is asked for an answer; tests pass their own. */
export interface TargetHost {
  readonly environment: NodeJS.ProcessEnv;
  native(): NativeAvailability;
}

const here: TargetHost = { environment: process.env, native: nativeAvailability };

/** A name that `--target` takes, or undefined. */
export function targetCalled(name: string): TargetWish | undefined {
  return targetWishes.find((wish) => wish === name);
}

/**
 * The targets of a run, from the values of `--target`.
 *
 * @throws UsageError where KDACCEL_TARGET holds what is no target; CommandError (exit code 5) where native was asked
 *   for and cannot run
 */
export function chosenTargets(
  asked: readonly TargetWish[] | undefined,
  host: TargetHost = here,
): ChosenTargets {
  const wish = environmentWish(host);
  const wishes = asked ?? (wish ? [wish] : undefined);
  if (wishes) return forced(wishes, wish, host);
  const native = host.native();
  if (native.available) return { targets: ["js", "wasm", "native"] };
  return { targets: ["js", "wasm"], fallback: native.reason };
}

function environmentWish({ environment }: TargetHost): TargetWish | undefined {
  try {
    return targetWish(environment);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function forced(
  wishes: readonly TargetWish[],
  wish: TargetWish | undefined,
  host: TargetHost,
): ChosenTargets {
  const targets = [...new Set(wishes.map((each): Target => (each === "native-avx2" ? "native" : each)))];
  if (targets.includes("native")) {
    const restricted = wishes.includes("native-avx2") || wish === "native-avx2";
    requireNative(restricted ? "native-avx2" : "native", host);
  }
  return { targets };
}

/**
 * Makes native kernels run as asked, here and in every process that this one starts, which learn it from the
 * environment.
 *
 * @throws CommandError (exit code 5) with the reason where they cannot run
 */
export function requireNative(wish: "native" | "native-avx2", host: TargetHost = here): NativeAvailability {
  host.environment[targetVariable] = wish;
  const native = host.native();
  if (native.available) return native;
  throw new CommandError(
    `native kernels were asked for and cannot run here: ${native.reason}`,
    "Leave the target out, or choose wasm: it is the fastest target that runs everywhere.",
    exitCodes.nothingMeasured,
  );
}

/** The line about a fallback, or undefined where none of these experiments would have used native kernels. */
export function fallbackLine(
  experiments: readonly Experiment[],
  settings: Settings,
  fallback: string | undefined,
): string | undefined {
  if (fallback === undefined) return undefined;
  const whole: Settings = { ...settings, targets: [...settings.targets, "native"] };
  const usesNative = experiments
    .flatMap((experiment) => experiment.plan(whole))
    .some((cell) => cell.variants.some(({ target }) => target === "native"));
  return usesNative ? `Without native kernels (${fallback}): wasm is the fastest target here.` : undefined;
}

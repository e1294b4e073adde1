/**
 * What a check of `doctor` is: a row with what it looks at, and a pure judgement of facts. The facts come through one
 * interface, so that a test puts any machine, database or terminal before a check.
 */
import type { DatabaseHealth } from "../../catalog/database/health.ts";
import type { NoiseFloor } from "../../kernels/measure/noise-floor.ts";
import type { NativeAvailability } from "../../kernels/native/availability.ts";
import type { Cpu } from "../../kernels/native/cpu.ts";
import type { Environment } from "../../kernels/run-events.ts";
import type { TerminalFacts } from "./terminal-facts.ts";

/** `note`: works, but figures or comfort suffer. `problem`: something does not work. */
export type CheckResult = "ok" | "note" | "problem";

export interface Finding {
  readonly result: CheckResult;
  /** What was found, in one line. */
  readonly message: string;
  /** What to do about it, where there is something to do. */
  readonly advice?: string;
}

export interface Check {
  readonly id: string;
  /** What it looks at, in a few words. */
  readonly looksAt: string;
  /** What it is about to do, where that takes more than a second. */
  readonly slow?: string;
  judge(facts: Facts): Finding | Promise<Finding>;
}

/** What can be known. Each is found when it is first asked for. */
export interface Facts {
  readonly node: { readonly version: string; readonly asked: string };
  environment(): Environment;
  /** The CPU by its own word, or undefined where it cannot be asked. */
  cpu(): Cpu | undefined;
  /** @throws RangeError where KDACCEL_TARGET holds what is no target */
  native(): NativeAvailability;
  /** Loads a page of code and frees it. @throws RefusedMemory, ForeignUnavailable */
  loadCode(): void;
  timer(): { readonly resolutionSeconds: number; readonly readingSeconds: number };
  noiseFloor(): Promise<NoiseFloor>;
  cores(): CoreFacts;
  memory(): { readonly totalBytes: number; readonly availableBytes: number };
  database(): DatabaseHealth;
  terminal(): Promise<TerminalFacts>;
}

export interface CoreFacts {
  /** Logical processors that the system shows, and those that this process may use. */
  readonly logical: number;
  readonly usable: number;
  /** Threads of each core; undefined where the system does not tell. */
  readonly threadsPerCore: number | undefined;
  /** One-minute load average; 0 where there is none (Windows). */
  readonly load: number;
}

export const ok = (message: string): Finding => ({ result: "ok", message });

export const note = (message: string, advice?: string): Finding => ({
  result: "note",
  message,
  ...(advice !== undefined && { advice }),
});

export const problem = (message: string, advice: string): Finding => ({ result: "problem", message, advice });

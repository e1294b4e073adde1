/**
 * What must happen before Ink is loaded: it reads its colours from the environment at once and knows nothing of
 * NO_COLOR, and its layout engine starts Node's HTTP client for nothing.
 */

import { targetVariable } from "../../kernels/native/availability.ts";
import type { Laboratory } from "../laboratory.ts";
import { chosenTargets } from "../targets.ts";

/** Whether there is a terminal to draw on and to read keys from. */
export function hasTerminal(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true && process.env.TERM !== "dumb";
}

/** Loads and runs the terminal UI; returns the program's exit code. @throws CommandError as `chosenTargets` does */
export async function startTui(laboratory: Laboratory): Promise<number> {
  // A forced target that cannot run is said before the screen is taken; without one, nothing needs to be found out yet.
  if (process.env[targetVariable]) chosenTargets(undefined);
  const { runTui } = await withoutColoursIfAsked(() => withoutFetch(() => import("./main.tsx")));
  return runTui({ laboratory });
}

/**
 * Yoga asks `fetch` for the WebAssembly that it holds itself, as a data URL; the first use of `fetch` loads Node's HTTP
 * client, which takes 45 ms of the first frame. Without it Yoga decodes the bytes at once.
 */
async function withoutFetch<T>(load: () => Promise<T>): Promise<T> {
  const fetch = Object.getOwnPropertyDescriptor(globalThis, "fetch");
  if (!fetch?.configurable) return load();
  Reflect.deleteProperty(globalThis, "fetch");
  try {
    return await load();
  } finally {
    Object.defineProperty(globalThis, "fetch", fetch);
  }
}

/** FORCE_COLOR=0 is what Ink's colour library obeys; it is taken back, because child processes would warn of both. */
async function withoutColoursIfAsked<T>(load: () => Promise<T>): Promise<T> {
  const before = process.env.FORCE_COLOR;
  if (!process.env.NO_COLOR) return load();
  process.env.FORCE_COLOR = "0";
  try {
    return await load();
  } finally {
    if (before === undefined) delete process.env.FORCE_COLOR;
    else process.env.FORCE_COLOR = before;
  }
}

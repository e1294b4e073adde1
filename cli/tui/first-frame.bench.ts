/**
 * First frame of the terminal UI, beyond a bare Node: pairs of both in random order, in a real pseudo-terminal. The
 * frame counts when the list of articles stands on the rebuilt screen. The database holds the list already, and Node
 * has its compile cache, as at every start but the first.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TestTerminal } from "./terminal.fixture.ts";

const root = join(import.meta.dirname, "..", "..");
const program = join(root, "bin", "kdaccel.js");
const home = mkdtempSync(join(tmpdir(), "kdaccel-first-frame-"));
const env = { ...process.env, KDACCEL_HOME: home };
// Enough for a median that other processes do not move; one pair takes about a third of a second.
const pairs = 15;
const goalMilliseconds = 400;

try {
  await firstFrame(); // loads the catalog and fills the compile cache
  const differences: number[] = [];
  const frames: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const nodeFirst = Math.random() < 0.5;
    const before = nodeFirst ? bareNode() : undefined;
    const frame = await firstFrame();
    const bare = before ?? bareNode();
    frames.push(frame);
    differences.push(frame - bare);
  }
  const extra = median(differences);
  console.log(`first frame                ${median(frames).toFixed(0)} ms (median of ${pairs})`);
  console.log(`beyond bare Node (paired)  ${extra.toFixed(0)} ms; goal: under ${goalMilliseconds} ms`);
  if (extra > goalMilliseconds) process.exitCode = 1;
} finally {
  rmSync(home, { recursive: true, force: true });
}

function bareNode(): number {
  const started = performance.now();
  spawnSync(process.execPath, ["-e", "0"]);
  return performance.now() - started;
}

async function firstFrame(): Promise<number> {
  const started = performance.now();
  const terminal = new TestTerminal({
    columns: 120,
    rows: 40,
    file: process.execPath,
    args: [program],
    env,
  });
  await terminal.until((text) => text.includes("1 of 68") && text.includes("quit"), "the first frame");
  const took = performance.now() - started;
  terminal.press("q");
  await terminal.exited;
  terminal.close();
  return took;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

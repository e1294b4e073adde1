/**
 * How long the program takes to start, as ratios to the bare runtime (`node -e 0`) on the same machine: the contestants
 * are started in turn, so that drift hits all alike, and each ratio is taken within its round.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const rounds = 25;
const program = join(import.meta.dirname, "..", "bin", "kdaccel.js");

/** What is started, and the ratio that it should stay within. */
const contestants: readonly { name: string; args: readonly string[]; limit: number }[] = [
  { name: "kdaccel --version", args: [program, "--version"], limit: 1.5 },

  { name: "kdaccel articles", args: [program, "articles"], limit: 2.5 },
  { name: "kdaccel search 蒸馏", args: [program, "search", "蒸馏"], limit: 2.5 },
  { name: "kdaccel runs", args: [program, "runs"], limit: 2.5 },
  { name: "kdaccel --help", args: [program, "--help"], limit: 2.5 },
];

const home = mkdtempSync(join(tmpdir(), "kdaccel-startup-"));
const env = { ...process.env, KDACCEL_HOME: home };

/** Wall-clock milliseconds from start to end of a process. */
function start(args: readonly string[]): number {
  const began = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: "utf8" });
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}: ${stderr}`);
  return performance.now() - began;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

try {
  // The first starts fill the database and the compile cache; V8 caches a function's code once it was used twice.
  for (let i = 0; i < 3; i++) for (const { args } of contestants) start(args);
  const bare: number[] = [];
  const times = contestants.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    bare.push(start(["-e", "0"]));
    for (const [i, { args }] of contestants.entries()) times[i]?.push(start(args));
  }
  process.stdout.write(`node -e 0            ${median(bare).toFixed(1)} ms (median of ${rounds})\n`);
  for (const [i, { name, limit }] of contestants.entries()) {
    const own = times[i] ?? [];
    const ratio = median(own.map((time, round) => time / (bare[round] ?? Number.NaN)));
    const verdict = ratio <= limit ? "within" : "BEYOND";
    process.stdout.write(
      `${name.padEnd(20)} ${median(own).toFixed(1)} ms, ${ratio.toFixed(2)}x, ${verdict} ${limit}x\n`,
    );
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}

/** What a run's lines say when it was stopped: they must not claim work that was not done. */
import { expect, test } from "vitest";
import type { RunEvent } from "../../../kernels/run-events.ts";
import { columnsOf } from "../../terminal-text.ts";
import { plain } from "../line.ts";
import { nothingYet, type Progress, withEvent } from "../model/progress.ts";
import { liveHead, runLines } from "./run-lines.ts";

const sizes = ["64", "128", "256", "512"].map((side) => `${side}x${side}x${side}`);
const cells = sizes.map((workload) => ({ workload, variants: [], seconds: 1 }));
const started: RunEvent = { type: "started", experiments: [{ experiment: "tiling", cells }] };
const verdict: RunEvent = {
  type: "verdict",
  experiment: "tiling",
  claim: "tiling-pays",
  verdict: "inconclusive",
  rule: "above 1",
  evidence:
    "at 64 it is 2 x; no speed-up at 512 was measured: this profile leaves it out; run --profile full",
};

function stopped(...events: readonly RunEvent[]): Progress {
  return { ...[started, ...events].reduce(withEvent, nothingYet), doing: null, finished: true };
}

const options = { columns: 40, title: () => "Tiling" };
const textOf = (progress: Progress): string[] => runLines(progress, options).map(plain);

test("a stopped run's bar is as long as the share of its cells that are through", () => {
  const half = stopped(
    { type: "finished", experiment: "tiling", workload: "64x64x64", seconds: 1 },
    { type: "finished", experiment: "tiling", workload: "128x128x128", seconds: 1 },
  );
  const text = plain(liveHead(half, "stopped", 80)[0] ?? []);
  expect(text).toMatch(/^stopped {2}█{20}·{20} {2}2 of 4 cells$/);
});

test("a cell that a stop cut short is not running any more, and the others were not run", () => {
  const lines = textOf(
    stopped({ type: "progress", experiment: "tiling", workload: "64x64x64", doing: "timing" }),
  );
  expect(lines[1]).toMatch(/^ {2}64x64x64 +not finished$/);
  expect(lines.slice(2)).toEqual(["  not run: 128x128x128, 256x256x256,", "  512x512x512"]);
  for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(options.columns);
});

test("each finding of a verdict begins a line, with its advice", () => {
  const wide = runLines(stopped(verdict), { ...options, columns: 120 }).map(plain);
  expect(wide).toContain("    at 64 it is 2 x");
  expect(wide).toContain(
    "    no speed-up at 512 was measured: this profile leaves it out; run --profile full",
  );
});

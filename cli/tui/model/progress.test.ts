import { expect, test } from "vitest";
import type { Measurement } from "../../../kernels/experiment.ts";
import type { RunEvent } from "../../../kernels/run-events.ts";
import { cellsDone, nothingYet, type Progress, secondsLeft, verdictCounts, withEvent } from "./progress.ts";

const variants = [{ variant: "naive", target: "js" }] as const;
const started: RunEvent = {
  type: "started",
  experiments: [
    {
      experiment: "tiling",
      cells: [
        { workload: "64", variants, seconds: 2 },
        { workload: "128", variants, seconds: 8 },
      ],
    },
    { experiment: "fma", cells: [{ workload: "dot", variants, seconds: 4 }] },
  ],
};
const measurement: Measurement = {
  experiment: "tiling",
  workload: "64",
  variant: "naive",
  target: "js",
  threads: 1,
  metric: "time",
  unit: "s",
  kind: "timed",
  value: 1,
  low: 0.9,
  high: 1.1,
  n: 15,
  correct: true,
};
const at = { experiment: "tiling", workload: "64" } as const;

function after(...events: readonly RunEvent[]): Progress {
  return [started, ...events].reduce(withEvent, nothingYet);
}

const cell = (progress: Progress) => progress.experiments[0]?.cells[0];

test("a cell waits, runs and is done, and keeps what it measured", () => {
  expect(cell(after())?.state).toBe("waiting");
  const running = after({ type: "progress", ...at, doing: "warming up", done: 1, total: 4 });
  expect(cell(running)?.state).toBe("running");
  expect(running.doing).toMatchObject({ text: "warming up", done: 1, total: 4 });
  const done = after({ type: "measurement", ...measurement }, { type: "finished", ...at, seconds: 3 });
  expect(cell(done)).toMatchObject({ state: "done", took: 3, measurements: [{ value: 1 }] });
  expect(cellsDone(done)).toEqual({ done: 1, planned: 3 });
});

test("a cell that is tried again drops what it had measured", () => {
  const failed: RunEvent = {
    type: "failed",
    ...at,
    variant: "naive",
    reason: "crashed",
    message: "ended by SIGILL",
  };
  const retried = after({ type: "measurement", ...measurement }, { ...failed, retried: true });
  expect(cell(retried)?.measurements).toEqual([]);
  expect(retried.experiments[0]?.failures).toEqual([
    { workload: "64", variant: "naive", reason: "crashed", message: "ended by SIGILL" },
  ]);
  expect(cell(after({ type: "measurement", ...measurement }, failed))?.measurements).toHaveLength(1);
});

test("a cell that never finished has failed once its experiment is over", () => {
  const over = after(
    { type: "finished", ...at, seconds: 1 },
    { type: "finished", experiment: "tiling", seconds: 5 },
  );
  expect(over.experiments[0]?.cells.map(({ state }) => state)).toEqual(["done", "failed"]);
});

test("what is left is corrected by how long the finished cells took", () => {
  expect(secondsLeft(after())).toBe(14);
  const twiceAsSlow = after({ type: "finished", ...at, seconds: 4 });
  expect(secondsLeft(twiceAsSlow)).toBe(24);
  const halfWay = withEvent(twiceAsSlow, {
    type: "progress",
    experiment: "tiling",
    workload: "128",
    doing: "timing",
    done: 5,
    total: 10,
  });
  expect(secondsLeft(halfWay)).toBe(2 * (4 + 4));
});

test("verdicts are counted, and the end of the run is the end", () => {
  const verdict = { type: "verdict", experiment: "tiling", rule: "r", evidence: "e" } as const;
  const over = after(
    { ...verdict, claim: "a", verdict: "confirmed" },
    { ...verdict, claim: "b", verdict: "refuted" },
    { type: "finished", seconds: 9 },
  );
  expect(verdictCounts(over)).toEqual({ confirmed: 1, refuted: 1, inconclusive: 0 });
  expect(over).toMatchObject({ finished: true, doing: null });
});

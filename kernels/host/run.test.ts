import { describe, expect, it } from "vitest";
import type { Settings } from "../experiment.ts";
import type { FailedEvent, RunEvent } from "../run-events.ts";
import { fixtureById } from "./experiments.fixture.ts";
import { expectedSeconds, planRun } from "./plan.ts";
import { type RunRequest, runExperiments } from "./run.ts";

const settings: Settings = { profile: "quick", seed: 1, targets: ["js"] };
const child = new URL("./child.fixture.ts", import.meta.url);

function fixtures(...ids: string[]) {
  return planRun(
    ids.map((id) => fixtureById(id) ?? expect.fail(`no fixture ${id}`)),
    settings,
  );
}

async function eventsOf(request: Partial<RunRequest> & Pick<RunRequest, "parts">): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of runExperiments({ settings, child, ...request })) events.push(event);
  return events;
}

function only<T extends RunEvent["type"]>(events: readonly RunEvent[], type: T) {
  return events.filter((event): event is Extract<RunEvent, { type: T }> => event.type === type);
}

const counted = (events: readonly RunEvent[]): string[] =>
  only(events, "measurement")
    .filter(({ metric }) => metric === "loads")
    .map(({ workload, variant }) => `${workload} ${variant}`);

const finishedCells = (events: readonly RunEvent[]): (string | undefined)[] =>
  only(events, "finished").flatMap(({ workload }) => (workload === undefined ? [] : [workload]));

describe("a run without mishap", () => {
  it("starts with the plan, ends each cell, judges, and ends the run", async () => {
    const parts = fixtures("fine");
    expect(expectedSeconds(parts)).toBeCloseTo(0.2);
    const events = await eventsOf({ parts });
    expect(events[0]).toMatchObject({ type: "started", experiments: [{ experiment: "fine" }] });
    expect(finishedCells(events)).toEqual(["one", "two"]);
    expect(only(events, "verdict")).toMatchObject([{ verdict: "confirmed", evidence: "2 counts" }]);
    expect(events.slice(-2)).toMatchObject([
      { type: "finished", experiment: "fine" },
      { type: "finished", seconds: expect.any(Number) },
    ]);
    expect(only(events, "failed")).toEqual([]);
    expect(only(events, "sample").length).toBeGreaterThanOrEqual(2 * 2 * 3);
    expect(only(events, "measurement").filter(({ metric }) => metric === "time")).toHaveLength(4);
  });

  it("judges what a resumed run already had together with the rest", async () => {
    const [part] = fixtures("fine");
    if (!part) return expect.fail("no plan");
    const all = only(await eventsOf({ parts: [part] }), "measurement");
    const have = all.filter(({ workload }) => workload === "one");
    const events = await eventsOf({ parts: [{ ...part, cells: part.cells.slice(1), have }] });
    expect(finishedCells(events)).toEqual(["two"]);
    expect(only(events, "verdict")).toMatchObject([{ verdict: "confirmed", evidence: "2 counts" }]);
  });
});

describe("a variant that crashes", () => {
  it("is blamed by name, and its cell is run again without it", async () => {
    const events = await eventsOf({ parts: fixtures("crash") });
    const [crash, ...others] = only(events, "failed");
    expect(crash).toMatchObject({ reason: "crashed", variant: "bad", target: "js", retried: true });
    expect(crash?.message).toMatch(/SIGABRT|code/);
    expect(others).toEqual([]);
    const afterwards = events.slice(events.indexOf(crash as FailedEvent));
    expect(counted(afterwards)).toEqual(["one good", "one twice", "two good"]);
    expect(finishedCells(events)).toEqual(["one", "two"]);
    // The first attempt's count of good does not count twice.
    expect(only(events, "verdict")).toMatchObject([{ evidence: "2 counts" }]);
  });

  it("is blamed also when it had run well and dies in a later round", async () => {
    const events = await eventsOf({ parts: fixtures("crash-late") });
    expect(only(events, "failed")).toMatchObject([{ reason: "crashed", variant: "bad", retried: true }]);
    const times = only(events, "measurement").filter(({ metric }) => metric === "time");
    expect(times.map(({ variant }) => variant)).toEqual(["good", "twice"]);
  });

  it("fails the cell where no other variant is left or nobody was announced", async () => {
    const events = await eventsOf({ parts: fixtures("crash-alone", "fine") });
    expect(only(events, "failed")).toMatchObject([{ experiment: "crash-alone", reason: "crashed" }]);
    expect(only(events, "failed")[0]?.retried).toBeUndefined();
    expect(finishedCells(events)).toEqual(["one", "two"]);
  });
});

it("kills a variant that hangs and goes on without it", async () => {
  const events = await eventsOf({ parts: fixtures("hang") });
  expect(only(events, "failed")).toMatchObject([{ reason: "hung", variant: "bad", retried: true }]);
  expect(finishedCells(events)).toEqual(["one", "two"]);
});

it("reports a thrown error with its message and goes on with the next cell", async () => {
  const events = await eventsOf({ parts: fixtures("throws") });
  expect(only(events, "failed")).toMatchObject([
    { reason: "error", workload: "one", message: expect.stringContaining("no memory for 3 matrices") },
  ]);
  expect(finishedCells(events)).toEqual(["two"]);
});

it("passes on that a variant disagrees with its reference, and times the others", async () => {
  const events = await eventsOf({ parts: fixtures("wrong") });
  expect(only(events, "failed")).toMatchObject([{ reason: "wrong", variant: "bad" }]);
  const times = only(events, "measurement").filter(({ metric }) => metric === "time");
  expect(times.map(({ variant }) => variant)).toEqual(["good"]);
});

it("refuses a measurement that is not a number", async () => {
  const events = await eventsOf({ parts: fixtures("nonsense") });
  expect(only(events, "measurement")).toEqual([]);
  expect(only(events, "failed")).toMatchObject([{ reason: "error" }]);
});

it("stops when asked, judges nothing, and says no finished", async () => {
  const stopping = new AbortController();
  const seen: RunEvent[] = [];
  const request = { parts: fixtures("gated"), settings, child, signal: stopping.signal };
  for await (const event of runExperiments(request)) {
    seen.push(event);
    if (event.type === "finished" && event.workload === "before") stopping.abort();
  }
  expect(finishedCells(seen)).toEqual(["before"]);
  expect(only(seen, "verdict")).toEqual([]);
  expect(seen.at(-1)).not.toMatchObject({ type: "finished", experiment: undefined });
});

it("ends the child, stuck in an endless kernel, when the consumer stops listening", async () => {
  let pid = 0;
  for await (const event of runExperiments({ parts: fixtures("stuck"), settings, child })) {
    if (event.type !== "progress" || event.ref?.variant !== "bad") continue;
    pid = Number(/\d+/.exec(event.doing)?.[0]);
    expect(process.kill(pid, 0)).toBe(true);
    break;
  }
  expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
});

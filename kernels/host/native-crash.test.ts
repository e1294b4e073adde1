/** Machine code that is wrong takes its process with it: the host makes an event of that, and the rest goes on. */
import { describe, expect, it } from "vitest";
import type { Settings } from "../experiment.ts";
import { nativeAvailability } from "../native/availability.ts";
import type { FailedEvent, MeasurementEvent, RunEvent } from "../run-events.ts";
import { fixtureById } from "./experiments.fixture.ts";
import { planRun } from "./plan.ts";
import { runExperiments } from "./run.ts";

const child = new URL("./child.fixture.ts", import.meta.url);
const settings: Settings = { profile: "quick", seed: 1, targets: ["js", "native"] };

async function eventsOf(id: string): Promise<RunEvent[]> {
  const experiment = fixtureById(id) ?? expect.fail(`no fixture ${id}`);
  const events: RunEvent[] = [];
  const parts = planRun([experiment], settings);
  for await (const event of runExperiments({ parts, settings, child })) events.push(event);
  return events;
}

const windows = process.platform === "win32";

describe.runIf(nativeAvailability().available)("machine code in the child process", () => {
  it("computes", async () => {
    const events = await eventsOf("native");
    const counts = events.filter((event): event is MeasurementEvent => event.type === "measurement");
    expect(counts.map(({ variant, target, value }) => [variant, target, value])).toEqual([
      ["good", "js", 3],
      ["native", "native", 3],
    ]);
    expect(events.filter(({ type }) => type === "failed")).toEqual([]);
  });

  it.each([
    ["native-illegal", "crashed", windows ? /code/ : /SIGILL/],
    ["native-null", "crashed", windows ? /code/ : /SIGSEGV/],
    ["native-endless", "hung", /silent for 2 s/],
  ])("%s is a failure of its variant, and the others are measured", async (id, reason, message) => {
    const events = await eventsOf(id);
    const failures = events.filter((event): event is FailedEvent => event.type === "failed");
    expect(failures).toMatchObject([
      { experiment: id, workload: "one", variant: "fatal", target: "native", reason, retried: true },
    ]);
    expect(failures[0]?.message).toMatch(message);
    const afterwards = events.slice(events.indexOf(failures[0] as FailedEvent));
    const counts = afterwards.filter((event): event is MeasurementEvent => event.type === "measurement");
    expect(counts.map(({ workload, variant, value }) => `${workload} ${variant} ${value}`)).toEqual([
      "one good 3",
      "one native 3",
      "two good 3",
    ]);
    expect(events.at(-1)).toMatchObject({ type: "finished" });
  });
});

/** Real candidates in real child processes: the right one is timed, the wrong one and the one that crashes are not. */
import { expect, it } from "vitest";
import { wasm } from "./landscape.fixture.ts";
import { hostMeasure } from "./measure.ts";
import { pointName } from "./point.ts";
import { spaceOf } from "./space.ts";
import { readTrialWorkload, trialWorkload } from "./trials.experiment.ts";

const shape = { m: 24, n: 16, k: 20 };
const { start } = spaceOf(wasm, "f32", shape);
const packed = { ...start, packed: true, mc: start.mr, nc: start.nr, kc: 8 };
const [sound, wrong, fatal] = [4, 2, 8].map((unroll) => pointName({ ...packed, unroll })) as [
  string,
  string,
  string,
];
const options = { shape, element: "f32", target: "wasm", defaultVariant: "packed-blocked", seed: 1 } as const;

it("times what is right in a child process, and tells of the others why not", async () => {
  const child = new URL("./child.fixture.ts", import.meta.url);
  const outcomes = await hostMeasure({ ...options, child })({
    stage: "trials",
    plans: [fatal, wrong, sound],
  });
  expect(outcomes?.get(sound)).toMatchObject({ state: "measured", seconds: { value: expect.any(Number) } });
  expect(outcomes?.get(wrong)).toEqual({ state: "wrong", message: "1 of 4 elements differ" });
  expect(outcomes?.get(fatal)).toMatchObject({
    state: "crashed",
    message: expect.stringContaining("SIGSEGV"),
  });
});

it("measures every stage of real plans, in double precision too", async () => {
  const plan = pointName(spaceOf(wasm, "f64", shape).start);
  for (const stage of ["trials", "semifinal", "final"] as const) {
    const outcomes = await hostMeasure({ ...options, element: "f64" })({ stage, plans: [plan] });
    const outcome = outcomes?.get(plan);
    expect(outcome).toMatchObject({ state: "measured" });
    if (stage === "final" && outcome?.state === "measured") expect(outcome.rounds).toBeGreaterThanOrEqual(15);
  }
});

it("has no outcome of a batch that was stopped", async () => {
  const stopping = new AbortController();
  const measure = hostMeasure({ ...options, signal: stopping.signal, onProgress: () => stopping.abort() });
  expect(await measure({ stage: "trials", plans: [sound] })).toBeUndefined();
});

it("fails where the default plan fails, because nothing can be compared then", async () => {
  const measure = hostMeasure({
    ...options,
    defaultVariant: "tuned-1x4v128-mc1-nc4-kc4-u2-jpi",
    child: new URL("./child.fixture.ts", import.meta.url),
  });
  await expect(measure({ stage: "trials", plans: [sound] })).rejects.toThrow(
    /default plan .* failed \(wrong\)/,
  );
});

it("reads the workloads that it writes, and no others", () => {
  const workload = { shape, element: "f64", stage: "semifinal" } as const;
  expect(readTrialWorkload(trialWorkload(workload))).toEqual(workload);
  expect(() => readTrialWorkload("24x16x20")).toThrow(/expected such as/);
});

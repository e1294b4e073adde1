import fc from "fast-check";
import { expect, it } from "vitest";
import { ProtocolError, readMessage } from "./messages.ts";
import type { Job } from "./protocol.ts";

const job: Job = {
  experiment: "race",
  cell: { workload: "64", variants: [{ variant: "a", target: "js" }], seconds: 1 },
  settings: { profile: "quick", seed: 1, targets: ["js"] },
  excluded: [],
};
const measurement = {
  type: "measurement",
  experiment: "race",
  workload: "64",
  variant: "a",
  target: "js",
  threads: 1,
  metric: "time",
  unit: "s",
  kind: "timed",
  value: 2,
  low: 1,
  high: 3,
  n: 15,
  correct: true,
};
const read = (message: object) => readMessage(JSON.stringify(message), job);

it("accepts a measurement that keeps the contract", () => {
  expect(read(measurement)).toEqual(measurement);
  expect(read({ ...measurement, against: { variant: "b", target: "wasm" }, correct: null })).toBeTruthy();
});

it.each([
  ["of another cell", { workload: "128" }, /the cell is not race 64/],
  ["in a unit that is not the metric's", { unit: "ms" }, /unit/],
  ["of a metric that nobody defined", { metric: "speediness" }, /unknown metric/],
  ["outside its own interval", { value: 4 }, /interval/],
  ["that is no number", { value: Number.NaN }, /value/],
  ["on a target that does not exist", { target: "gpu" }, /target/],
  ["with a field that nobody knows", { note: "hi" }, /note/],
  ["without threads", { threads: 0 }, /threads/],
])("refuses a measurement %s", (_what, change, problem) => {
  expect(() => read({ ...measurement, ...change })).toThrow(problem);
});

it("lets no child report its own death or a verdict", () => {
  const failed = { type: "failed", experiment: "race", workload: "64", message: "" };
  expect(() => read({ ...failed, reason: "crashed" })).toThrow(ProtocolError);
  expect(() => read({ type: "verdict", experiment: "race", claim: "c", verdict: "confirmed" })).toThrow(
    ProtocolError,
  );
});

it("refuses every other line with a ProtocolError and nothing else", () => {
  const line = fc.oneof(
    fc.string(),
    fc.json(),
    fc.json().map((text) => `{"type":"sample","x":${text}}`),
  );
  fc.assert(
    fc.property(line, (text) => {
      expect(() => readMessage(text, job)).toThrow(ProtocolError);
    }),
  );
});

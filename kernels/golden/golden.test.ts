/** Golden files pass on every target, and whatever is wrong with a file or with a number is told. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runGoldenFile, runGoldenFolder } from "./run.ts";
import { generate } from "./tensors.ts";

const data = join(import.meta.dirname, "data/nn");

test.each(readdirSync(data))("%s passes on every target", (name) => {
  const { passed, failures } = runGoldenFile(join(data, name));
  expect(failures).toEqual([]);
  expect(passed).toBe(JSON.parse(readFileSync(join(data, name), "utf8")).cases.length);
});

test("the generator makes the published numbers", () => {
  expect([...generate({ seed: 12345, scale: 1, offset: 0 }, 5)]).toEqual([
    -0.9089603424072266, -0.36251258850097656, -0.8322887420654297, 0.6345500946044922, 0.45626068115234375,
  ]);
  expect([...generate({ seed: 12345, scale: 8, offset: 0.5, floor: true }, 3)]).toEqual([-7, -3, -7]);
});

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "golden-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Any JSON value that a test reaches into. */
// biome-ignore lint/suspicious/noExplicitAny: what a test breaks must not be typed
type Json = any;

/** The messages that a file gives after a change. */
function messagesOf(change: (file: Json) => void): string[] {
  const file: Json = JSON.parse(readFileSync(join(data, "linear.json"), "utf8"));
  file.cases.length = 1;
  change(file);
  const path = join(folder, "linear.json");
  writeFileSync(path, JSON.stringify(file));
  return runGoldenFile(path, ["js"]).failures.map(({ message }) => message);
}

test("an untouched case passes on one target too", () => {
  expect(messagesOf(() => {})).toEqual([]);
});

test.each<[string, (file: Json) => void, RegExp]>([
  ["another schema", (f) => (f.schema = "kd-golden/2"), /^schema: .*kd-golden\/1.*found "kd-golden\/2"/],
  ["no tolerance", (f) => delete f.tolerance.f64, /^tolerance\.f64: .*found nothing/],
  ["a negative tolerance", (f) => (f.tolerance.f64.atol = -1), /^tolerance\.f64\.atol: .*found -1/],
  ["no cases", (f) => (f.cases = []), /^cases: /],
  [
    "a seed that the generator does not take",
    (f) => (f.cases[0].inputs.x.seed = 0),
    /^cases\[0\]\.inputs\.x\.seed: /,
  ],
  [
    "a tensor beyond all memory",
    (f) => (f.cases[0].inputs.x.shape = [99999, 99999]),
    /inputs\.x\.shape: .*elements/,
  ],
  [
    "a gradient of another length",
    (f) => f.cases[0].grads.x.pop(),
    /^cases\[0\]\.grads\.x: expected 24 values.*23/,
  ],
  ["a gradient of no input", (f) => (f.cases[0].grads.z = [1]), /^cases\[0\]\.grads\.z: .*found z/],
  [
    "values that do not fill a shape",
    (f) => (f.cases[0].inputs.x = { shape: [4, 6], gen: "values", values: [1, true] }),
    /^cases\[0\]\.inputs\.x\.values: expected 24 values.*found 2/,
  ],
  [
    "a check that the generator does not meet",
    (f) => (f.cases[0].inputs.x.check[1] += 1),
    /^inputs\.x\.check\[1\]: /,
  ],
  ["an unknown operation", (f) => (f.loss = "linnear"), /^cannot run nn\/linnear; known are .*nn\/linear/],
  ["an unknown variant", (f) => (f.cases[0].variant = "jax"), /^cannot run variant "jax".*known are torch/],
  [
    "a name that every object has",
    (f) => (f.cases[0].variant = "toString"),
    /^cannot run variant "toString"/,
  ],
  ["a missing input", (f) => delete f.cases[0].inputs.grad_y, /js f64: inputs: expected "grad_y"; found x, /],
  [
    "an output that nobody computes",
    (f) => (f.cases[0].outputs.z = 1),
    /js f64: outputs\.z expected 1 number; found nothing/,
  ],
  [
    "a wrong loss",
    (f) => (f.cases[0].outputs.loss *= 1 + 2e-10),
    /js f64: outputs\.loss expected -2\.\d+; found -2\.\d+; tolerance/,
  ],
  ["a wrong output", (f) => (f.cases[0].outputs.y[3] += 1e-8), /js f64: outputs\.y\[3\] expected/],
  [
    "an output of another length",
    (f) => f.cases[0].outputs.y.pop(),
    /outputs\.y expected 19 numbers; found 20 numbers/,
  ],
  ["a wrong gradient", (f) => (f.cases[0].grads.weight[29] += 1e-7), /js f64: grads\.weight\[29\] expected/],
])("%s is told", (_, change, message) => {
  const messages = messagesOf(change);
  expect(messages).toHaveLength(1);
  expect(messages[0]).toMatch(message);
});

test("a difference that float32 alone has is told with its precision", () => {
  const messages = messagesOf(
    (file) => (file.tolerance.f32 = { loss_rtol: 0, grad_rtol_of_max: 0, atol: 0 }),
  );
  expect(messages[0]).toMatch(/^js f32: outputs\.loss/);
});

test("text, a missing folder and an empty one have failed", () => {
  writeFileSync(join(folder, "linear.json"), "{");
  expect(runGoldenFolder(folder).failures[0]?.message).toMatch(/^file: expected JSON; found /);
  rmSync(join(folder, "linear.json"));
  expect(runGoldenFolder(folder).failures[0]?.message).toMatch(/expected at least one \*\.json; found none/);
  expect(runGoldenFolder(join(folder, "none")).failures[0]?.message).toMatch(/expected a folder/);
});

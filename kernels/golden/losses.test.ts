/** Every distillation loss gives the numbers of the code that it is named after, on every target and in both precisions. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { losses } from "../distill/losses/registry.ts";
import { runGoldenFile } from "./run.ts";

const data = join(import.meta.dirname, "data/kd");
const casesOf = (name: string): readonly { readonly variant: string }[] =>
  JSON.parse(readFileSync(join(data, name), "utf8")).cases;

test.each(readdirSync(data))("%s passes on every target", (name) => {
  const { passed, failures } = runGoldenFile(join(data, name));
  expect(failures).toEqual([]);
  expect(passed).toBe(casesOf(name).length);
});

test.each(losses)("every definition of $id has a case", ({ id, variants }) => {
  const covered = new Set(casesOf(`${id}.json`).map(({ variant }) => variant));
  expect([...covered].sort()).toEqual(Object.keys(variants).sort());
});

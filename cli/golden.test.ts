/** `npm run golden`: a line for each failing case, the count, the exit code. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const shipped = join(import.meta.dirname, "../kernels/golden/data/nn/linear.json");

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "golden-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function golden(...folders: string[]): { stdout: string; status: number | null } {
  const args = [join(import.meta.dirname, "golden.ts"), ...folders];
  const { stdout, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
  return { stdout, status };
}

test("what passes is counted over all folders, and the command ends with 0", () => {
  cpSync(shipped, join(folder, "linear.json"));
  expect(golden(folder, folder)).toEqual({ stdout: "6 passed, 0 failed\n", status: 0 });
});

test("each failing case is one line without what a terminal obeys, and the command ends with 1", () => {
  const file = JSON.parse(readFileSync(shipped, "utf8"));
  file.cases[1].id = "linear/\u001b[31mred/2";
  file.cases[1].outputs.loss = 7;
  writeFileSync(join(folder, "linear.json"), JSON.stringify(file));
  const { stdout, status } = golden(folder);
  expect(stdout).toMatch(
    /^linear\/red\/2: wasm f64: outputs\.loss expected 7; found \S+ tolerance \S+ \(and \d more runs\)\n2 passed, 1 failed\n$/,
  );
  expect(status).toBe(1);
});

test("without a folder the command says how it is called, and ends with 1", () => {
  expect(golden()).toMatchObject({ stdout: expect.stringContaining("npm run golden -- DIR"), status: 1 });
});

/** `doctor` on this machine, through the whole program. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { checks } from "./doctor/checks.ts";
import { endPrograms, runProgramWith } from "./program.fixture.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "kdaccel-doctor-"));
});
afterEach(() => {
  endPrograms();
  rmSync(home, { recursive: true, force: true });
});

it("prints a line for each check, says what takes long on stderr, and changes nothing", async () => {
  const ended = await runProgramWith(["doctor"], { home, env: { KDACCEL_TARGET: "" } });
  for (const { id } of checks)
    expect(ended.stdout).toMatch(new RegExp(`^(ok|note|problem) +${id} +\\S`, "m"));
  expect(ended.stdout).toMatch(
    new RegExp(`\n${checks.length} checks: \\d+ ok, \\d+ notes?, \\d+ problems?\\.\n$`),
  );
  expect(ended.stdout).toContain("none yet; the next command makes");
  expect(ended.stderr).toContain("measuring the noise floor");
  const problems = /, (\d+) problems?\./.exec(ended.stdout)?.[1];
  expect(ended.code).toBe(problems === "0" ? 0 : 1);
});

it("prints one JSON document, and ends with 1 where something does not work", async () => {
  writeFileSync(join(home, "kdaccel.db"), "no database, and long enough to be none".repeat(10));
  const ended = await runProgramWith(["doctor", "--json"], { home, env: { KDACCEL_TARGET: "gpu" } });
  expect(ended.code).toBe(1);
  const document = JSON.parse(ended.stdout);
  expect(document).toMatchObject({
    schema: "kdaccel/doctor/1",
    ok: expect.any(Number),
    notes: expect.any(Number),
  });
  expect(document.problems).toBeGreaterThanOrEqual(2);
  const of = (id: string) => document.checks.find((check: { id: string }) => check.id === id);
  expect(of("database")).toMatchObject({
    result: "problem",
    message: expect.stringContaining("a file of another kind"),
    advice: expect.stringContaining("KDACCEL_HOME"),
  });
  expect(of("target")).toMatchObject({ result: "problem", message: expect.stringContaining('"gpu"') });
  expect(of("executable-memory").advice === null || typeof of("executable-memory").advice === "string").toBe(
    true,
  );
});

/**
 * Executes every row of the tables on edge values and compares with its model (models/), in a process of its own: a
 * wrong byte ends that process, and the last line that it wrote says where.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { nativeAvailability } from "../../native/availability.ts";
import { instructionNames } from "./instructions.ts";
import { controlRows, models } from "./models/models.fixture.ts";

interface Summary {
  readonly forms: number;
  readonly executed: number;
  readonly lacking: readonly string[];
  readonly differences: readonly unknown[];
}

describe("every row", () => {
  it("has a model or a test of its own, and not both", () => {
    const untested = instructionNames.filter((name) => !models[name] && !controlRows.includes(name));
    expect(untested).toEqual([]);
    expect(controlRows.filter((name) => models[name])).toEqual([]);
  });

  it("is in the tables", () => {
    const names: readonly string[] = instructionNames;
    expect([...Object.keys(models), ...controlRows].filter((name) => !names.includes(name))).toEqual([]);
  });

  it.runIf(nativeAvailability().available)(
    "computes what its model computes",
    { timeout: 300_000 },
    ({ annotate }) => {
      const entry = fileURLToPath(new URL("execution.child.fixture.ts", import.meta.url));
      const { status, signal, stdout, stderr } = spawnSync(process.execPath, [entry], {
        encoding: "utf8",
        maxBuffer: 2 ** 28,
      });
      const lines = stdout.trim().split("\n");
      expect({ status, signal, last: lines.at(-1)?.slice(0, 60), stderr }).toMatchObject({
        status: 0,
        signal: null,
      });
      const summary = JSON.parse((lines.at(-1) ?? "").replace(/^done /, "")) as Summary;
      expect(summary.differences).toEqual([]);
      expect(summary.forms).toBeGreaterThan(400);
      const names = [...new Set(summary.lacking.map((form) => form.split(" ")[0]))];
      const skipped =
        names.length > 0 ? `; this CPU lacks ${summary.lacking.length} forms: ${names.join(", ")}` : "";
      console.info(`x64: executed ${summary.forms} forms in ${summary.executed} variants${skipped}`);
      return annotate(`${summary.forms} forms, ${summary.executed} variants${skipped}`);
    },
  );
});

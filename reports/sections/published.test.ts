/** Figures of others beside those of a run. */
import { expect, it } from "vitest";
import type { Published } from "../../kernels/experiment.ts";
import { made } from "../../kernels/made-up.fixture.ts";
import { publishedSection } from "./published.ts";

const published = (by: Published["by"], step: string, value: number): Published => ({
  ...(by && { by }),
  ...{ title: `found by ${by}`, source: "a paper", conditions: "other data", metric: "test-error" },
  rows: [{ step, value }],
});
const here = made({ workload: "digits", variant: "kd", metric: "test-error", value: 0.125 });

it("stand in columns of their own, by who found them, with a number for the source", () => {
  const [note, table, sources] = publishedSection(
    [published("authors", "kd", 0.01), published("others", "kd", 0.02), published("others", "at", 0.03)],
    [here],
  );
  expect(note).toMatch(/figures cannot/);
  const rows = (table ?? "").split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  expect(rows.find((row) => row[1] === "`kd`")?.slice(2, 5)).toEqual(["1.00 % [1]", "2.00 % [2]", "12.5 %"]);
  expect(rows.find((row) => row[1] === "`at`")?.slice(2, 5)).toEqual(["—", "3.00 % [3]", "—"]);
  expect(sources).toContain("2. found by others. other data. Source: a paper.");
});

it("have a table of their own where nobody says who found them", () => {
  expect(publishedSection([published(undefined, "step", 0.01)], [here])[0]).toMatch(/^Published elsewhere/);
  expect(publishedSection([], [here])).toEqual([]);
});

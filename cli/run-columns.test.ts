import { expect, it } from "vitest";
import type { Measurement } from "../kernels/experiment.ts";
import { chartSteps, takenAway } from "../kernels/gemm/waterfall-steps.ts";
import { metric, metrics } from "../kernels/metrics.ts";
import { type RunRow, runColumns } from "./run-columns.ts";
import { table } from "./table.ts";
import { columnsOf } from "./terminal-text.ts";
import { themeFor } from "./theme.ts";

const theme = themeFor(process.stdout);
const against = { variant: "naive-ijk", target: "js" } as const;
const shown = ["time", "throughput", "peak-fraction", "speed-up", "bandwidth", "simulated-intensity"];

const measured = (row: Pick<RunRow, "variant" | "target">, id: string, correct = true): Measurement => ({
  ...{ experiment: "gemm-waterfall", workload: "640x640x640", ...row, threads: 1, metric: id },
  ...{ unit: metric(id).unit, kind: "timed", value: 123.4, low: 119.8, high: 127.6, n: 15, correct },
  ...(id === "speed-up" && { against }),
});

const rowsOf = (ids: readonly string[], correct = true): RunRow[] =>
  [...chartSteps.slice(0, 14), ...takenAway].map(({ variant, target }) => ({
    ...{ variant, target },
    measured: ids.map((id) => measured({ variant, target }, id, correct)),
  }));

const lines = (rows: readonly RunRow[], width: number): string[] =>
  table(runColumns(rows, against, { width, theme }).columns, rows, { width });

it("fits the waterfall into 80 columns with every name whole", () => {
  const rows = rowsOf(shown);
  for (const line of lines(rows, 80)) expect(columnsOf(line)).toBeLessThanOrEqual(80);
  for (const { variant } of rows)
    expect(lines(rows, 80).some((line) => line.startsWith(`${variant} `))).toBe(true);
  expect(runColumns(rows, against, { width: 80, theme }).folded).toContain("FLOP/B at L1");
});

it("shows everything where there is room, and into a file", () => {
  const { columns, folded } = runColumns(rowsOf(shown), against, { width: Number.POSITIVE_INFINITY, theme });
  expect(folded).toEqual([]);
  expect(columns).toHaveLength(2 + shown.length + 1);
});

it("keeps the ratio and the share of peak, which a comparison is about, and what is wrong", () => {
  const titles = runColumns(
    rowsOf(
      metrics.map(({ id }) => id),
      false,
    ),
    against,
    { width: 80, theme },
  ).columns.map(({ title }) => title);
  for (const title of ["variant", "target", "time", "GFLOP/s", "% peak", "x", "correct"])
    expect(titles).toContain(title);
});

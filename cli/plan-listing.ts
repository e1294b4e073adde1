/**
 * What would run, without running it: `bench --list`.
 */
import type { Cell, Experiment, Settings, Target } from "../kernels/experiment.ts";
import { expectedSeconds, planRun } from "../kernels/host/plan.ts";
import { formatDuration } from "../reports/numbers.ts";
import { table } from "./table.ts";
import { outputColumns } from "./terminal-text.ts";
import { themeFor } from "./theme.ts";

/** The plan as a table with the expected time of each workload, and the sum. */
export function planLines(
  experiments: readonly Experiment[],
  settings: Settings,
  stream: NodeJS.WriteStream,
): string[] {
  const parts = planRun(experiments, settings);
  const theme = themeFor(stream);
  const rows = parts.flatMap(({ experiment, cells }) => cells.map((cell) => ({ id: experiment.id, cell })));
  const listed = table(
    [
      { title: "experiment", text: ({ id }) => id, style: theme.id },
      { title: "workload", text: ({ cell }) => cell.workload },
      { title: "about", text: ({ cell }) => formatDuration(cell.seconds), align: "right" },
      { title: "variants", text: ({ cell }) => variantsText(cell), flex: 1 },
    ],
    rows,
    { width: outputColumns(stream), heading: theme.muted },
  );
  const claims = parts.flatMap(({ experiment }) => experiment.claims).length;
  const sums = [
    counted(parts.length, "experiment"),
    counted(rows.length, "workload"),
    counted(claims, "claim"),
  ].join(", ");
  return [...listed, "", `${sums}: about ${formatDuration(expectedSeconds(parts))}`];
}

/** Variants by target where a cell has several: `js: naive-ijk; wasm: naive-ijk micro-4x4`. */
function variantsText({ variants }: Cell): string {
  const targets = [...new Set(variants.map(({ target }) => target))];
  const on = (target: Target): string =>
    variants.flatMap((ref) => (ref.target === target ? ref.variant : [])).join(" ");
  if (targets.length <= 1) return targets.map(on).join("");
  return targets.map((target) => `${target}: ${on(target)}`).join("; ");
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The same for programs. */
export function planDocument(experiments: readonly Experiment[], settings: Settings): object {
  const parts = planRun(experiments, settings);
  return {
    schema: "kdaccel/bench-plan/1",
    settings,
    seconds: expectedSeconds(parts),
    experiments: parts.map(({ experiment, cells }) => ({
      experiment: experiment.id,
      claims: experiment.claims.map(({ claim }) => claim),
      cells,
    })),
  };
}

/**
 * What would run, without running it: `bench --list`.
 */
import type { Experiment, Settings } from "../kernels/experiment.ts";
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
      { title: "variants", text: ({ cell }) => cell.variants.map((v) => v.variant).join(" "), flex: 1 },
    ],
    rows,
    { width: outputColumns(stream), heading: theme.muted },
  );
  const claims = parts.flatMap(({ experiment }) => experiment.claims).length;
  const total = `${parts.length} experiments, ${rows.length} workloads, ${claims} claims: about ${formatDuration(expectedSeconds(parts))}`;
  return [...listed, "", total];
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

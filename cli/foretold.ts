/**
 * What experiments predict of the cells that are about to run, said before the first of them begins: a prediction that
 * is shown with the result is none.
 */
import type { RunPart } from "../kernels/host/plan.ts";
import { sanitise } from "./terminal-text.ts";

/** Lines for every cell of an experiment that foretells; none where none does. Loads the code of those alone. */
export async function foretold(parts: readonly RunPart[]): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const { experiment, cells } of parts) {
    if (!experiment.foretells || cells.length === 0) continue;
    const { foretell } = await experiment.load();
    for (const cell of cells) {
      const said = (await foretell?.(cell)) ?? [];
      if (said.length > 0) lines.push(`${experiment.id} ${cell.workload}, predicted:`);
      lines.push(...said.map((line) => `  ${line}`));
    }
  }
  return lines.map(sanitise);
}

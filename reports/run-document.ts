/**
 * A stored run as one JSON document: the machine-readable output of `bench`, `runs show` and `report`. A contract: fields may be
 * added, never changed or removed.
 */
import type { StoredRun } from "../catalog/ledger.ts";
import { commandLine } from "./command-line.ts";

/** The document. `articleOf` gives the article that a claim stands in, or null for the list's own prose. */
export function runDocument(
  schema: "kdaccel/bench/1" | "kdaccel/run/1",
  stored: StoredRun,
  articleOf: (claim: string) => number | null,
): object {
  const { run, settings, environment } = stored;
  return {
    schema,
    run: {
      id: run.id,
      status: run.status,
      startedAt: run.startedAt,
      finishedAt: run.finishedAt,
      seed: settings.seed,
      profile: settings.profile,
      targets: settings.targets,
      ...(settings.workloads && { workloads: settings.workloads }),
      threads: settings.threads ?? 1,
      command: commandLine(run.command),
      environment,
    },
    cells: stored.cells,
    measurements: stored.measurements,
    verdicts: stored.verdicts.map((verdict) => ({ ...verdict, article: articleOf(verdict.claim) })),
    failures: stored.failures,
  };
}

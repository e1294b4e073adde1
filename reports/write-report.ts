/** Writes the report of a stored run into a folder: what the `report` command and the terminal UI call. */
import type { Connection } from "../catalog/database/open.ts";
import type { StoredRun } from "../catalog/ledger.ts";
import type { Experiment } from "../kernels/experiment.ts";
import { type ReportFile, writeFolder } from "./folder.ts";
import { reportPage, runReport } from "./run-report.ts";
import { sourcesOf } from "./sources.ts";

export interface ReportOrder {
  /** The catalog, for what the report cites. */
  readonly db: Connection;
  readonly stored: StoredRun;
  readonly experiments: readonly Experiment[];
  readonly directory: string;
  /** Write into a folder that holds other files too. */
  readonly force?: boolean;
}

export interface WrittenReport {
  /** Absolute path of the folder. */
  readonly folder: string;
  readonly files: readonly ReportFile[];
}

/** The folder that is offered where the user names none. */
export function defaultFolder(run: string): string {
  return `kdaccel-report-${run}`;
}

/**
 * Makes the report and puts it into its folder as a whole.
 *
 * @throws FolderProblem where the folder cannot take it
 */
export async function writeReport(order: ReportOrder): Promise<WrittenReport> {
  const { db, stored, experiments, directory, force = false } = order;
  const files = await runReport({ stored, experiments, sources: sourcesOf(db, stored, experiments) });
  return { folder: writeFolder(directory, files, { entry: reportPage, force }), files };
}

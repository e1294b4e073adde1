/** What a report is made of: plain data, so that the report is a function of it. */
import type { StoredRun } from "../catalog/ledger.ts";
import type { Experiment } from "../kernels/experiment.ts";
import type { Sources } from "./sources.ts";

export interface ReportInput {
  readonly stored: StoredRun;
  /** All experiments that this version knows; one that the run has and this version does not is shown by its id. */
  readonly experiments: readonly Experiment[];
  readonly sources: Sources;
}

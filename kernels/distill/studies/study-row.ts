/** From a study to the row that lists show: its plan, and the charts that all studies have. */
import type { ChartHint, ExperimentRow } from "../../experiment.ts";
import { type StudySpec, studyPlan } from "./study.ts";

const charts: readonly ChartHint[] = [
  { kind: "curves", title: "Test error while training", metric: "test-error" },
  { kind: "bars", title: "Test error after the last epoch, mean over seeds", metric: "test-error" },
];

/** The row of a study. */
export const studyRow = (
  spec: StudySpec,
  row: Omit<ExperimentRow, "plan" | "charts"> & Partial<Pick<ExperimentRow, "charts">>,
): ExperimentRow => ({ charts, ...row, plan: studyPlan(spec) });

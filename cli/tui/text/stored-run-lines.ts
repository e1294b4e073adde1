/** A stored run as lines: what was asked, on which machine, then its results. */
import type { StoredRun } from "../../../catalog/ledger.ts";
import { formatDuration } from "../../../reports/numbers.ts";
import { momentText } from "../../moment.ts";
import { blank, type Line } from "../line.ts";
import { progressOf } from "../model/progress.ts";
import { wrapped } from "./article-lines.ts";
import { type RunTextOptions, runLines } from "./run-lines.ts";

/** All lines of a stored run. */
export function storedRunLines(stored: StoredRun, options: RunTextOptions): Line[] {
  const { run, environment } = stored;
  const { columns } = options;
  const took = run.finishedAt
    ? `, ${formatDuration((Date.parse(run.finishedAt) - Date.parse(run.startedAt)) / 1000)}`
    : "";
  const machine = [
    environment.cpu,
    `${environment.cores} cores`,
    `Node ${environment.node}`,
    environment.virtualised ? `virtualised (${environment.virtualised})` : "",
  ];
  return [
    ...wrapped(`${run.id}  ${run.status}, ${momentText(run.startedAt)}${took}`, columns, "heading"),
    ...wrapped(`kdaccel ${run.command.join(" ")}`, columns, "id"),
    ...wrapped(`${run.settings.profile} profile, seed ${run.settings.seed}`, columns, "muted"),
    ...wrapped(machine.filter(Boolean).join(" · "), columns, "muted"),
    blank,
    ...runLines(progressOf(stored), options),
  ];
}

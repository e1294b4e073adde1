/**
 * A run by the name that the user typed. Apart from recorded-run.ts, so that showing a run loads nothing that runs one.
 */
import type { Connection } from "../catalog/database/open.ts";
import { findRun, loadRun, runName, type StoredRun } from "../catalog/ledger.ts";
import { UsageError } from "./exit.ts";

/** The stored run with this id, or the newest for `last`. */
export function storedRunCalled(db: Connection, typed: string): StoredRun {
  const id = findRun(db, typed);
  const stored = id === undefined ? undefined : loadRun(db, id);
  if (stored) return stored;
  const newest = findRun(db, "last");
  throw new UsageError(
    typed === "last" ? "nothing was run yet" : `there is no run "${typed}"`,
    newest === undefined
      ? "`kdaccel bench --topic tiling` makes one."
      : `The newest is ${runName(newest)}; \`kdaccel runs\` lists them.`,
  );
}

/**
 * The ledger: what was run, on which machine, with every sample, measurement, verdict and failure. Rows are written as
 * the events come, so a killed run keeps what it had; deleting a run deletes all of it.
 */
import type { Migration } from "../migrate.ts";

export const ledger: Migration = {
  version: 2,
  name: "ledger",
  sql: `
    CREATE TABLE run (
      -- typed and shown as r<id>; never given twice
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      started_at TEXT NOT NULL,
      finished_at TEXT,
      -- NULL: still running, or the process died
      outcome TEXT CHECK (outcome IN ('finished', 'interrupted')),
      -- who writes to it, so that a dead writer can be told from a living one
      pid INTEGER NOT NULL,
      process_started TEXT NOT NULL,
      -- the arguments as typed, a JSON array
      command TEXT NOT NULL CHECK (json_valid(command)),
      profile TEXT NOT NULL CHECK (profile IN ('quick', 'standard', 'full')),
      seed INTEGER NOT NULL,
      targets TEXT NOT NULL CHECK (json_valid(targets)),
      environment TEXT NOT NULL CHECK (json_valid(environment))
    ) STRICT;

    CREATE TABLE cell (
      id INTEGER PRIMARY KEY,
      run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      experiment TEXT NOT NULL,
      workload TEXT NOT NULL,
      -- in the order of the plan, over all experiments of the run
      position INTEGER NOT NULL,
      -- the planned variants, a JSON array of {variant, target}
      variants TEXT NOT NULL CHECK (json_valid(variants)),
      -- NULL until it is complete
      finished_at TEXT,
      seconds REAL,
      UNIQUE (run, experiment, workload)
    ) STRICT;

    CREATE TABLE sample (
      id INTEGER PRIMARY KEY,
      cell INTEGER NOT NULL REFERENCES cell (id) ON DELETE CASCADE,
      variant TEXT NOT NULL,
      target TEXT NOT NULL,
      metric TEXT NOT NULL,
      round INTEGER NOT NULL,
      value REAL NOT NULL
    ) STRICT;
    CREATE INDEX sample_by_cell ON sample (cell);

    CREATE TABLE measurement (
      id INTEGER PRIMARY KEY,
      cell INTEGER NOT NULL REFERENCES cell (id) ON DELETE CASCADE,
      variant TEXT NOT NULL,
      target TEXT NOT NULL,
      threads INTEGER NOT NULL,
      metric TEXT NOT NULL,
      unit TEXT NOT NULL,
      kind TEXT NOT NULL CHECK (kind IN ('exact', 'timed')),
      value REAL NOT NULL,
      low REAL NOT NULL,
      high REAL NOT NULL,
      n INTEGER NOT NULL,
      against_variant TEXT,
      against_target TEXT,
      -- NULL: there was nothing to compare with
      correct INTEGER CHECK (correct IN (0, 1)),
      CHECK ((against_variant IS NULL) = (against_target IS NULL))
    ) STRICT;
    CREATE INDEX measurement_by_cell ON measurement (cell);

    -- The claim is an id of the catalog, but a verdict outlives a claim that the list drops: no foreign key.
    CREATE TABLE verdict (
      run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      experiment TEXT NOT NULL,
      claim TEXT NOT NULL,
      verdict TEXT NOT NULL CHECK (verdict IN ('confirmed', 'refuted', 'inconclusive')),
      rule TEXT NOT NULL,
      evidence TEXT NOT NULL,
      judged_at TEXT NOT NULL,
      PRIMARY KEY (run, experiment, claim)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX verdict_by_claim ON verdict (claim, run);

    CREATE TABLE failure (
      id INTEGER PRIMARY KEY,
      run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      experiment TEXT NOT NULL,
      workload TEXT,
      variant TEXT,
      target TEXT,
      reason TEXT NOT NULL CHECK (reason IN ('wrong', 'crashed', 'hung', 'error')),
      message TEXT NOT NULL
    ) STRICT;
    CREATE INDEX failure_by_run ON failure (run);
  `,
};

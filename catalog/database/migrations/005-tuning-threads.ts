/**
 * Searches on several threads, and a plan in use for each number of threads. Plans that were adopted before are dropped:
 * they had been compared with a packed plan, where by now what the caches hold is read in place by default.
 */
import type { Migration } from "../migrate.ts";

export const tuningThreads: Migration = {
  version: 5,
  name: "tuning-threads",
  sql: `
    ALTER TABLE tuning ADD COLUMN threads INTEGER NOT NULL DEFAULT 1 CHECK (threads >= 1);

    DROP TABLE best_plan;
    -- One plan for each machine, target, element, class of shapes and number of threads: the newest that was adopted.
    CREATE TABLE best_plan (
      cpu TEXT NOT NULL,
      -- the extensions that the machine told of, a sorted JSON array
      isa TEXT NOT NULL CHECK (json_valid(isa)),
      target TEXT NOT NULL,
      element TEXT NOT NULL,
      shape_class TEXT NOT NULL,
      threads INTEGER NOT NULL CHECK (threads >= 1),
      plan TEXT NOT NULL,
      speed_up REAL NOT NULL,
      speed_up_low REAL NOT NULL CHECK (speed_up_low > 1),
      speed_up_high REAL NOT NULL,
      tuning INTEGER NOT NULL REFERENCES tuning (id) ON DELETE CASCADE,
      adopted_at TEXT NOT NULL,
      PRIMARY KEY (cpu, isa, target, element, shape_class, threads)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX best_plan_by_tuning ON best_plan (tuning);
  `,
};

/**
 * Searches for fast plans: every search with what it was asked, every plan that it tried with what the model expected and
 * what was measured, and the plan that is used for a class of shapes on a machine. Trials are written batch by batch, so
 * a killed search keeps what it had; forgetting a best plan keeps the search that found it.
 */
import type { Migration } from "../migrate.ts";

export const tunings: Migration = {
  version: 4,
  name: "tunings",
  sql: `
    CREATE TABLE tuning (
      -- typed and shown as t<id>; never given twice
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
      environment TEXT NOT NULL CHECK (json_valid(environment)),
      target TEXT NOT NULL,
      element TEXT NOT NULL CHECK (element IN ('f32', 'f64')),
      m INTEGER NOT NULL CHECK (m >= 1),
      n INTEGER NOT NULL CHECK (n >= 1),
      k INTEGER NOT NULL CHECK (k >= 1),
      strategy TEXT NOT NULL,
      profile TEXT NOT NULL CHECK (profile IN ('quick', 'standard', 'full')),
      seed INTEGER NOT NULL,
      -- seconds that the search may take, and that its parts took so far
      budget REAL NOT NULL,
      spent REAL NOT NULL DEFAULT 0,
      -- what every candidate was compared with
      default_plan TEXT NOT NULL,
      -- how it ended, a JSON object; NULL until it has
      decision TEXT CHECK (json_valid(decision))
    ) STRICT;

    CREATE TABLE trial (
      id INTEGER PRIMARY KEY,
      tuning INTEGER NOT NULL REFERENCES tuning (id) ON DELETE CASCADE,
      batch INTEGER NOT NULL,
      stage TEXT NOT NULL CHECK (stage IN ('trials', 'semifinal', 'final')),
      plan TEXT NOT NULL,
      -- speed-up over the default plan that the model expected before the measurement
      predicted REAL NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('measured', 'wrong', 'crashed', 'hung', 'error')),
      -- why it was not measured
      message TEXT,
      seconds REAL,
      seconds_low REAL,
      seconds_high REAL,
      -- paired, over the default plan
      speed_up REAL,
      speed_up_low REAL,
      speed_up_high REAL,
      rounds INTEGER,
      CHECK ((state = 'measured') = (message IS NULL)),
      CHECK ((state = 'measured') = (seconds IS NOT NULL AND speed_up IS NOT NULL AND rounds IS NOT NULL))
    ) STRICT;
    CREATE INDEX trial_by_tuning ON trial (tuning, id);

    -- One plan for each machine, target, element and class of shapes: the newest that was adopted.
    CREATE TABLE best_plan (
      cpu TEXT NOT NULL,
      -- the extensions that the machine told of, a sorted JSON array
      isa TEXT NOT NULL CHECK (json_valid(isa)),
      target TEXT NOT NULL,
      element TEXT NOT NULL,
      shape_class TEXT NOT NULL,
      plan TEXT NOT NULL,
      speed_up REAL NOT NULL,
      speed_up_low REAL NOT NULL CHECK (speed_up_low > 1),
      speed_up_high REAL NOT NULL,
      tuning INTEGER NOT NULL REFERENCES tuning (id) ON DELETE CASCADE,
      adopted_at TEXT NOT NULL,
      PRIMARY KEY (cpu, isa, target, element, shape_class)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX best_plan_by_tuning ON best_plan (tuning);
  `,
};

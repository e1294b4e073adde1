/**
 * Trainings of studies, each stored the moment it is through: a resumed run goes on after the last one, so they outlive
 * what an unfinished cell had measured.
 */
import type { Migration } from "../migrate.ts";

export const trainings: Migration = {
  version: 6,
  name: "trainings",
  sql: `
    CREATE TABLE training (
      id INTEGER PRIMARY KEY,
      cell INTEGER NOT NULL REFERENCES cell (id) ON DELETE CASCADE,
      variant TEXT NOT NULL,
      target TEXT NOT NULL,
      seed INTEGER NOT NULL,
      -- of wall time
      seconds REAL NOT NULL,
      -- final values by metric, a JSON object
      figures TEXT NOT NULL CHECK (json_valid(figures)),
      -- one value an epoch, by metric: a JSON object of arrays
      curves TEXT NOT NULL CHECK (json_valid(curves)),
      -- why it was given up
      failure TEXT,
      UNIQUE (cell, variant, target, seed)
    ) STRICT;
  `,
};

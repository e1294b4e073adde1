/**
 * Settings that only some runs have, as one JSON object, so that a further choice of the user needs no column: the
 * user's own workloads.
 */
import type { Migration } from "../migrate.ts";

export const runChoices: Migration = {
  version: 3,
  name: "run-choices",
  sql: `
    ALTER TABLE run ADD COLUMN choices TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(choices));
  `,
};

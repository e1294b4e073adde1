/**
 * The schema's history in order. To add a step: a new file with the next number, and its row here.
 */
import type { Migration } from "../migrate.ts";
import { catalog } from "./001-catalog.ts";
import { ledger } from "./002-ledger.ts";
import { runChoices } from "./003-run-choices.ts";
import { tunings } from "./004-tunings.ts";
import { tuningThreads } from "./005-tuning-threads.ts";
import { trainings } from "./006-trainings.ts";

/** All migrations, oldest first. */
export const migrations: readonly Migration[] = [
  catalog,
  ledger,
  runChoices,
  tunings,
  tuningThreads,
  trainings,
];

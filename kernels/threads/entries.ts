/**
 * The files that run in the threads of a team: beside this one, as sources or, bundled, as dist/team-keeper.js and
 * dist/team-worker.js (rolldown.config.js gives them these names).
 */

const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";

/** Main file of the thread that starts the members and notices their ends. */
export const keeperEntry = new URL(`./team-keeper.${extension}`, import.meta.url);

/** Main file of a member. */
export const workerEntry = new URL(`./team-worker.${extension}`, import.meta.url);

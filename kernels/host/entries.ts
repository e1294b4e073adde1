/**
 * The files that run in the child process: beside this one, as sources or, bundled, as dist/child.js and
 * dist/watchdog.js (rolldown.config.js gives them these names).
 */

const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";

/** Main file of the child process. */
export const childEntry = new URL(`./child.${extension}`, import.meta.url);

/** The child's second thread. */
export const watchdogEntry = new URL(`./watchdog.${extension}`, import.meta.url);

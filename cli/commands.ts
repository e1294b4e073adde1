/**
 * Every command by name. The file of a command is loaded when it is called, or when its own help is asked for; help,
 * completion and suggestions read this table alone.
 */
import type { Command } from "commander";
import type { Laboratory } from "./laboratory.ts";

/** What a file in cli/commands/ exports. */
export interface CommandFile {
  /**
   * Adds arguments, options and the action to a command that already has its name and summary. An action prints
   * results to stdout, throws `UsageError` or `CommandError`, and sets `process.exitCode` where it ends otherwise.
   */
  define(command: Command, laboratory: Laboratory): void;
}

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<CommandFile>;
}

/** All commands in the order in which help lists them. */
export const commands: readonly CommandEntry[] = [
  {
    name: "topics",
    summary: "the tree of topics, with counts of articles, claims and experiments",
    load: () => import("./commands/topics.ts"),
  },
  {
    name: "articles",
    summary: "the reading list, by topic and kind",
    load: () => import("./commands/articles.ts"),
  },
  {
    name: "search",
    summary: "find articles, claims, topics and terms, in Chinese and English",
    load: () => import("./commands/search.ts"),
  },
  {
    name: "show",
    summary: "one article, claim, topic or experiment in full",
    load: () => import("./commands/show.ts"),
  },
  {
    name: "open",
    summary: "an article or its paper in the browser",
    load: () => import("./commands/open.ts"),
  },
  {
    name: "claims",
    summary: "what is claimed, and what was found here",
    load: () => import("./commands/claims.ts"),
  },
  {
    name: "glossary",
    summary: "what the words of the field mean",
    load: () => import("./commands/glossary.ts"),
  },
  {
    name: "experiments",
    summary: "what can be run",
    load: () => import("./commands/experiments.ts"),
  },
  {
    name: "bench",
    summary: "run experiments: measure, judge claims, keep the evidence",
    load: () => import("./commands/bench.ts"),
  },
  {
    name: "tune",
    summary: "search the fastest plan of a matrix product on this machine, and use it from then on",
    load: () => import("./commands/tune.ts"),
  },
  {
    name: "runs",
    summary: "what was run and what came of it; show or delete one",
    load: () => import("./commands/runs.ts"),
  },
  {
    name: "report",
    summary: "a run as Markdown with charts and raw data",
    load: () => import("./commands/report.ts"),
  },
  {
    name: "code",
    summary: "the generated kernel behind a variant, readable",
    load: () => import("./commands/code.ts"),
  },
  {
    name: "compile",
    summary: "an ONNX model as kernels made for it: passes, memory, check, time",
    load: () => import("./commands/compile.ts"),
  },
  {
    name: "data",
    summary: "the data sets to train on; download, show or remove the well-known ones",
    load: () => import("./commands/data.ts"),
  },
  {
    name: "doctor",
    summary: "what runs and figures depend on here, with advice",
    load: () => import("./commands/doctor.ts"),
  },
];

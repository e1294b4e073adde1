/**
 * From arguments to a command, and from an error to a message and an exit code. Only the command that was called is
 * loaded. With no arguments on a terminal it is the terminal UI.
 */
import { Command, CommanderError } from "commander";
import about from "../package.json" with { type: "json" };
import { type CommandEntry, commands } from "./commands.ts";
import { CommandError, exitCodes } from "./exit.ts";
import type { Laboratory } from "./laboratory.ts";
import { sanitise, sanitiseLines } from "./terminal-text.ts";

/** Runs the program; sets `process.exitCode` and never throws. */
export async function runProgram(argv: readonly string[], laboratory: Laboratory): Promise<void> {
  endWhereOutputEnds();
  if (argv.includes("--no-color")) process.env.NO_COLOR = "1";
  try {
    await dispatch(argv, laboratory);
  } catch (error) {
    process.exitCode = report(error, argv);
  }
}

async function dispatch(argv: readonly string[], laboratory: Laboratory): Promise<void> {
  if (argv.every((word) => word === "--no-color" || word === "--debug"))
    return startWithoutCommand(laboratory);
  const program = await programFor(calledCommand(argv), laboratory);
  await program.parseAsync(argv, { from: "user" });
}

async function startWithoutCommand(laboratory: Laboratory): Promise<void> {
  const { hasTerminal, startTui } = await import("./tui/start.ts");
  if (hasTerminal()) {
    process.exitCode = await startTui(laboratory);
    return;
  }
  process.stderr.write("kdaccel: the terminal UI needs a terminal; `kdaccel --help` lists the commands.\n");
  process.exitCode = exitCodes.usage;
}

/** The command that the arguments name, also as `help NAME`. */
function calledCommand(argv: readonly string[]): CommandEntry | undefined {
  const words = argv.filter((word) => !word.startsWith("-"));
  const name = words[0] === "help" ? words[1] : words[0];
  return commands.find((entry) => entry.name === name);
}

/** The whole program as commander sees it: every command with its summary, the called one with its options. */
async function programFor(called: CommandEntry | undefined, laboratory: Laboratory): Promise<Command> {
  const program = new Command("kdaccel")
    .description(about.description)
    .version(about.version, "-V, --version", "print the version")
    .option("--debug", "show where an error came from")
    .option("--no-color", "print without colours, as does NO_COLOR")
    .helpOption("-h, --help", "show help")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => {} })
    .exitOverride();
  for (const entry of commands) {
    const command = program.command(entry.name).summary(entry.summary).description(entry.summary);
    if (entry === called) (await entry.load()).define(command, laboratory);
  }
  return program;
}

/** Prints what went wrong and what to do about it; returns the exit code. */
function report(error: unknown, argv: readonly string[]): number {
  if (error instanceof CommanderError) return reportUsage(error, calledCommand(argv));
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`kdaccel: ${sanitiseLines(message)}\n`);
  const remedy = remedyOf(error);
  if (remedy) process.stderr.write(`${sanitiseLines(remedy)}\n`);
  if (argv.includes("--debug")) process.stderr.write(`${stackOf(error)}\n`);
  else if (!isExpected(error)) {
    process.stderr.write("This is a fault of kdaccel. Run the command again with --debug to see where.\n");
  }
  return error instanceof CommandError ? error.exitCode : exitCodes.failed;
}

/** Commander's own errors: help and version were asked for, or the arguments do not fit. */
function reportUsage(error: CommanderError, called: CommandEntry | undefined): number {
  if (error.exitCode === 0 || error.code === "commander.helpDisplayed") return exitCodes.done;
  const [what, ...suggestion] = error.message.replace(/^error: /, "").split("\n");
  if (error.code !== "commander.help") {
    process.stderr.write(`kdaccel: ${sanitise(what ?? "")}\n`);
    const didYouMean = suggestion.join(" ").replace(/^\((.*)\)$/, "$1");
    const help = called ? `kdaccel ${called.name} --help` : "kdaccel --help";
    process.stderr.write(`${didYouMean ? `${sanitise(didYouMean)} ` : ""}\`${help}\` lists what there is.\n`);
  }
  return exitCodes.usage;
}

/** Errors of other floors that carry a remedy (a database problem does) are expected ones as well. */
function remedyOf(error: unknown): string | undefined {
  const remedy = (error as { remedy?: unknown } | null)?.remedy;
  return typeof remedy === "string" ? remedy : undefined;
}

function isExpected(error: unknown): boolean {
  return error instanceof CommandError || remedyOf(error) !== undefined;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `\ncaused by: ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}

/**
 * `| head -1` closes our output: what it wanted to read it has read. Any other trouble with stdout is told. Nobody can be
 * told of trouble with stderr, and nothing but progress and advice is lost: whatever runs goes on to its result.
 */
function endWhereOutputEnds(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(process.exitCode ?? exitCodes.done);
    const what = error.code === "ENOSPC" ? "no space is left where it goes" : error.message;
    process.stderr.write(`kdaccel: the output could not be written: ${sanitise(what)}\n`);
    process.stderr.write("Send it to another place. What a run measured is stored: `kdaccel runs`.\n");
    process.exit(exitCodes.failed);
  });
  process.stderr.on("error", () => {});
}

/**
 * How the program ends: its exit codes, and the errors that choose one. A command throws; main.ts prints and exits.
 */

/** The exit codes that scripts may rely on. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  /** A refuted claim or a regression, where the user asked to fail on it. */
  refuted: 3,
  /** An open verdict, with `--strict`. */
  inconclusive: 4,
  /** Nothing was measured, or what a measurement needs could not be set up. */
  nothingMeasured: 5,
  /** A kernel disagrees with its reference. */
  wrongResult: 6,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** An expected error: what was found, what to do about it, and the exit code. Printed without a stack. */
export class CommandError extends Error {
  readonly remedy: string | undefined;
  readonly exitCode: ExitCode;

  constructor(message: string, remedy?: string, exitCode: ExitCode = exitCodes.failed, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "CommandError";
    this.remedy = remedy;
    this.exitCode = exitCode;
  }
}

/** The user asked for something that does not exist or does not fit: exit code 2. */
export class UsageError extends CommandError {
  constructor(message: string, remedy?: string) {
    super(message, remedy, exitCodes.usage);
    this.name = "UsageError";
  }
}

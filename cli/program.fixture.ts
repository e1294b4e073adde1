/**
 * Starts the real program as a child process, for tests: its own database folder, its output as text.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartOptions {
  /** KDACCEL_HOME of the process. */
  readonly home: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Which program: with the fixture experiments (default), or with the real ones. */
  readonly entry?: "main.fixture.ts" | "main.ts" | "catalog-commands.fixture.ts";
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves once the error output holds this text; rejects if the process ends before. */
  saysOnStderr(text: string): Promise<void>;
}

const running = new Set<ChildProcess>();

/** Ends every program that still runs: for `afterEach`, because a failed test leaves its own behind. */
export function endPrograms(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** Starts the program and lets it run. */
export function startProgram(args: readonly string[], options: StartOptions): Started {
  const entry = join(import.meta.dirname, options.entry ?? "main.fixture.ts");
  const child = spawn(process.execPath, [entry, ...args], {
    env: { ...process.env, NO_COLOR: "1", KDACCEL_HOME: options.home, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  child.once("close", () => running.delete(child));
  const stdout = collected(child, "stdout");
  const stderr = collected(child, "stderr");
  const ended = once(child, "close").then(([code, signal]) => ({
    code,
    signal,
    stdout: stdout(),
    stderr: stderr(),
  }));
  const saysOnStderr = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (stderr().includes(text)) resolve();
      };
      child.stderr?.on("data", look);
      look();
      ended.then(() => reject(new Error(`ended without saying "${text}": ${stderr()}`)));
    });
  return { child, ended, saysOnStderr };
}

/** Runs the program to its end. */
export function runProgramWith(args: readonly string[], options: StartOptions): Promise<Ended> {
  return startProgram(args, options).ended;
}

function collected(child: ChildProcess, name: "stdout" | "stderr"): () => string {
  let text = "";
  child[name]?.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  return () => text;
}

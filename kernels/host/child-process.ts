/**
 * The host's side of one child process: starts it, sends the job, reads its lines, notices silence, death and nonsense,
 * and makes sure that it ends. Everything that can happen comes out as a message or as one `Ending`.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { VariantRef } from "../experiment.ts";
import { childEntry } from "./entries.ts";
import { type CellEvent, ProtocolError, readMessage } from "./messages.ts";
import { type Job, stopCommand } from "./protocol.ts";

/** How a child ended otherwise than by having done its job or by having been stopped. */
export interface Mishap {
  readonly how: "crashed" | "hung" | "error";
  readonly message: string;
  /** The variant that was announced last: its code ran, or was about to. */
  readonly suspect?: VariantRef | undefined;
}

export type Ending = { readonly how: "done" } | { readonly how: "stopped" } | Mishap;

export interface ChildOptions {
  /** The longest silence in seconds before the child counts as hung. */
  readonly silence: number;
  readonly signal?: AbortSignal | undefined;
  /** Main file of the child; the real one unless a test has its own. */
  readonly entry?: URL | undefined;
}

// How long a child that was told to stop may take for the sample it is in, before it is killed.
const graceMilliseconds = 5000;
// A machine with more work than cores takes seconds to start a process; until it has said something, that is no hang.
const startSeconds = 30;
// Of what a dying process says (V8's out-of-memory report, a native assertion) the end tells the reason.
const keptErrorBytes = 4096;

/** Runs a job in a fresh process and yields its events; returns how it ended. The process is gone afterwards. */
export async function* runInChild(job: Job, options: ChildOptions): AsyncGenerator<CellEvent, Ending> {
  const child = spawn(process.execPath, [fileURLToPath(options.entry ?? childEntry)], {
    stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"],
    windowsHide: true,
  });
  const [, , errors, control, events] = child.stdio as unknown as [null, null, Readable, Writable, Readable];
  const said = tailOf(errors);
  const gone = new Promise<Mishap>((resolve) => {
    child.once("error", (error) =>
      resolve({ how: "error", message: `no process could be started: ${error.message}` }),
    );
    child.once("close", (code, signal) =>
      resolve({ how: "crashed", message: epitaph(code, signal, said()) }),
    );
  });
  control.on("error", () => {}); // the child died before it read; `gone` tells
  const kill = (): void => void child.kill("SIGKILL");
  const quiet = watchSilence(events, options.silence, kill);
  const stop = stopOnAbort(options.signal, control, kill);
  let suspect: VariantRef | undefined;
  try {
    control.write(`${JSON.stringify(job)}\n`);
    for await (const line of createInterface({ input: events })) {
      const message = readMessage(line, job);
      if (message.type === "progress") suspect = message.ref ?? suspect;
      if (message.type !== "ended") yield message;
      else if (message.outcome !== "error") return { how: message.outcome };
      else return { how: "error", message: message.message ?? "no reason given" };
    }
    const death = await gone;
    if (options.signal?.aborted) return { how: "stopped" };
    return quiet.hung()
      ? { how: "hung", message: `silent for ${quiet.limit()} s`, suspect }
      : { ...death, suspect };
  } catch (error) {
    if (error instanceof ProtocolError) return { how: "error", message: error.message };
    throw error;
  } finally {
    quiet.end();
    stop.end();
    kill();
    events.destroy(); // unread lines would keep the child's end from being noticed
    await gone;
  }
}

/** Collects the end of what the process says on its error output. */
function tailOf(errors: Readable): () => string {
  let text = "";
  errors.setEncoding("utf8");
  errors.on("data", (chunk: string) => {
    text = (text + chunk).slice(-keptErrorBytes);
  });
  return () => text.trim();
}

function epitaph(code: number | null, signal: NodeJS.Signals | null, said: string): string {
  const how = signal ? `ended by ${signal}` : `ended with code ${code}`;
  const lines = said.split("\n").filter((line) => /\S/.test(line));
  // V8 and libc put the reason into one line; what else they say (stacks, addresses) helps nobody here.
  const reason =
    lines.find((line) => /error|fatal|assert/i.test(line)) ?? (signal ? undefined : lines.at(-1));
  return reason ? `${how}: ${reason.trim()}` : how;
}

/**
 * Calls `onSilence` when nothing was heard for so long. Counted in quarters, so that a laptop that slept, or a job
 * that was suspended, loses one quarter and not its child.
 */
function watchSilence(events: Readable, seconds: number, onSilence: () => void) {
  const quarters = 4;
  let quiet = 0;
  let hung = false;
  let limit = Math.max(seconds, startSeconds);
  events.on("data", () => {
    quiet = 0;
    limit = seconds;
  });
  const timer = setInterval(
    () => {
      quiet += 1;
      if ((quiet * seconds) / quarters < limit || hung) return;
      hung = true;
      onSilence();
    },
    (seconds * 1000) / quarters,
  );
  return { hung: () => hung, limit: () => limit, end: () => clearInterval(timer) };
}

/** Tells the child to stop when the signal says so, and kills it if it has not done so in time. */
function stopOnAbort(signal: AbortSignal | undefined, control: Writable, kill: () => void) {
  let timer: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    control.write(`${stopCommand}\n`);
    timer = setTimeout(kill, graceMilliseconds);
  };
  if (signal?.aborted) onAbort();
  else signal?.addEventListener("abort", onAbort, { once: true });
  return {
    end: () => {
      signal?.removeEventListener("abort", onAbort);
      clearTimeout(timer);
    },
  };
}

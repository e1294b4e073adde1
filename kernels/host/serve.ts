/**
 * The child's side: receives one job, runs that cell and writes its events. One process a cell, so that no cell
 * inherits another's compiled code, garbage or memory layout.
 */
import { writeSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { Experiment } from "../experiment.ts";
import { createBench } from "../measure/bench.ts";
import { watchdogEntry } from "./entries.ts";
import type { CellEvent, ChildMessage, EndedMessage } from "./messages.ts";
import { eventDescriptor, type Job } from "./protocol.ts";

/** Runs the job that the host sends, with the experiment that `find` knows, and ends the process. */
export async function serveCell(find: (id: string) => Experiment | undefined): Promise<never> {
  // Ctrl-C reaches every process of the terminal; the host decides what becomes of this one.
  process.on("SIGINT", () => {});
  process.on("uncaughtException", (error) =>
    end({ type: "ended", outcome: "error", message: describe(error) }),
  );
  const stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const watchdog = new Worker(watchdogEntry, { workerData: { stop } });
  watchdog.on("error", (error) => {
    throw error;
  });
  const job = await new Promise<Job>((resolve) =>
    watchdog.once("message", (line) => resolve(JSON.parse(line))),
  );
  return end(await run(job, find, () => Atomics.load(stop, 0) === 1));
}

async function run(
  job: Job,
  find: (id: string) => Experiment | undefined,
  stopping: () => boolean,
): Promise<EndedMessage> {
  const emit = (event: CellEvent): void => {
    send(event);
    // Between two steps of its work, a cell that will not be finished anyway need not wait for the next comparison.
    if (event.type === "progress" && stopping()) end({ type: "ended", outcome: "stopped" });
  };
  try {
    const experiment = find(job.experiment);
    if (!experiment) throw new Error(`this build has no experiment "${job.experiment}"`);
    const procedure = await experiment.load();
    await procedure.run(job.cell, createBench({ ...job, emit, stopping }));
    return { type: "ended", outcome: stopping() ? "stopped" : "done" };
  } catch (error) {
    if (stopping()) return { type: "ended", outcome: "stopped" };
    return { type: "ended", outcome: "error", message: describe(error) };
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}

function end(message: EndedMessage): never {
  send(message);
  process.exit();
}

/** Writes a line and returns once the host's pipe has it: a crash in the next instruction cannot lose it. */
function send(message: ChildMessage): void {
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let sent = 0; sent < bytes.length; ) sent += writeSome(bytes.subarray(sent));
}

const nap = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

function writeSome(bytes: Buffer): number {
  try {
    return writeSync(eventDescriptor, bytes);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EPIPE") process.exit(1); // the host is gone
    if (code !== "EAGAIN") throw error;
    // The pipe is full and does not block on this system: give the host a millisecond to read.
    Atomics.wait(nap, 0, 0, 1);
    return 0;
  }
}

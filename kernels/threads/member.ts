/**
 * A member of a team: waits for the job's number to change, does its share, says so. Between two jobs it looks for a
 * moment, then sleeps, so that an idle team costs nothing.
 */
import { type MessagePort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { bindThread } from "../native/affinity.ts";
import type { Share, TaskTable } from "./tasks.ts";
import {
  announceProgress,
  type Board,
  command,
  doneWord,
  jobWord,
  outcome,
  outcomeWord,
  spinWhile,
  state,
  stateWord,
  taskWord,
} from "./words.ts";

/** What the keeper gives to a member. */
export interface MemberData {
  readonly board: Board;
  readonly member: number;
  /** The logical processor that is this member's, where threads are bound. */
  readonly processor: number | undefined;
  /** Orders come in, errors go out. */
  readonly port: MessagePort;
}

/** An order: what to set up under which number. */
export interface Order {
  readonly number: number;
  readonly task: string;
  readonly order: unknown;
}

/** Serves jobs for ever; the thread ends when its team does. */
export async function serveMember(table: TaskTable): Promise<never> {
  const { board, member, processor, port } = workerData as MemberData;
  const { words, numbers } = board;
  const prepared = new Map<number, Share>();
  if (processor !== undefined) bindThread([processor]);
  let seen = 0;
  Atomics.store(words, stateWord(member), state.alive);
  announceProgress(board);
  for (;;) {
    seen = nextJob(words, seen);
    const task = Atomics.load(words, taskWord);
    let how: number = outcome.fine;
    try {
      if (task === command.prepare) await prepare(port, table, prepared);
      else if (task === command.release) prepared.delete(numbers[0] as number);
      else shareOf(prepared, task)(numbers);
    } catch (error) {
      how = outcome.failed;
      sendError(port, error);
    }
    Atomics.store(words, outcomeWord(member), how);
    Atomics.store(words, doneWord(member), seen);
    announceProgress(board);
  }
}

function nextJob(words: Int32Array, seen: number): number {
  spinWhile(words, jobWord, seen);
  for (;;) {
    const job = Atomics.load(words, jobWord);
    if (job !== seen) return job;
    Atomics.wait(words, jobWord, seen);
  }
}

async function prepare(port: MessagePort, table: TaskTable, prepared: Map<number, Share>): Promise<void> {
  const received = receiveMessageOnPort(port) as { readonly message: Order } | undefined;
  if (!received) throw new Error("expected an order in this member's port; found none");
  const { number, task, order } = received.message;
  const load = Object.hasOwn(table, task) ? table[task] : undefined;
  if (!load)
    throw new Error(
      `expected one of the tasks ${Object.keys(table).join(", ")}; found "${task}"; see tasks.ts`,
    );
  prepared.set(number, (await load()).prepare(order));
}

function shareOf(prepared: ReadonlyMap<number, Share>, task: number): Share {
  const share = prepared.get(task);
  if (!share) throw new Error(`expected a prepared task; found number ${task}; prepare it before it is run`);
  return share;
}

/** The error itself where it can be posted, else what it says. */
function sendError(port: MessagePort, error: unknown): void {
  try {
    port.postMessage(error);
  } catch {
    port.postMessage(new Error(String(error)));
  }
}

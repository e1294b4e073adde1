/**
 * The keeper of a team: a thread that starts the members, notices when one of them ends, for whatever reason, and says
 * so on the board. It exists because the caller cannot: while it waits for its team, its event loop stands still, and
 * the end of a worker thread is an event.
 */
import { type MessagePort, Worker, workerData } from "node:worker_threads";
import type { MemberData } from "./member.ts";
import { announceProgress, type Board, state, stateWord } from "./words.ts";

/** What the caller gives to the keeper. */
export interface KeeperData {
  readonly board: Board;
  /** Main file of a member. */
  readonly entry: string;
  /** The logical processor of each member, from 1; empty where threads are not bound. */
  readonly processors: readonly number[];
  /** One for each member, to be handed on. */
  readonly ports: readonly MessagePort[];
  /** Where the caller reads how a member ended. */
  readonly obituaries: MessagePort;
}

/** How a member ended. */
export interface Obituary {
  readonly member: number;
  readonly error: Error;
}

const { board, entry, processors, ports, obituaries } = workerData as KeeperData;

for (const [index, port] of ports.entries()) {
  const member = index + 1;
  const data: MemberData = { board, member, processor: processors[member], port };
  const worker = new Worker(new URL(entry), { workerData: data, transferList: [port] });
  let error: Error | undefined;
  worker.once("error", (reason) => {
    error = plain(reason);
  });
  worker.once("exit", (code) => {
    obituaries.postMessage({ member, error: error ?? new Error(`the thread ended with code ${code}`) });
    Atomics.store(board.words, stateWord(member), state.dead);
    announceProgress(board);
  });
}

/** The same as an error that can be posted: what arrives from a dying thread may have lost its prototype. */
function plain(reason: unknown): Error {
  const { message = String(reason), stack } = reason as Partial<Error>;
  return Object.assign(new Error(message), { stack });
}

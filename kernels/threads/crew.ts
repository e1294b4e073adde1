/**
 * The members of a team from their start to their end, as the caller sees them: who is there, who is at work, and what
 * went wrong. A caller that waits never waits for the dead: the keeper says on the board who has ended.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { allowedProcessors, bindThread } from "../native/affinity.ts";
import { keeperEntry } from "./entries.ts";
import type { Order } from "./member.ts";
import type { KeeperData, Obituary } from "./team-keeper.ts";
import {
  type Board,
  createBoard,
  doneWord,
  jobWord,
  outcome,
  outcomeWord,
  progressWord,
  spinWhile,
  state,
  stateWord,
  taskWord,
} from "./words.ts";

/** How long the start of the threads may take: they load their code, maybe from a slow disk on a busy machine. */
const startMilliseconds = 30_000;
/** A caller that waits looks again by itself this often, should a wake-up ever be lost. */
const sliceMilliseconds = 100;
/** A member of a team failed; the cause is its own error. */
export class TeamError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.name = "TeamError";
  }
}

let atFirst: readonly number[] | undefined;

/** What this thread was allowed before it was bound. */
function allowed(): readonly number[] {
  atFirst ??= allowedProcessors();
  return atFirst;
}

/** A logical processor for each thread, the caller's first; none where there are fewer processors than threads. */
function bindings(threads: number): readonly number[] {
  const processors = allowed();
  return processors.length < threads ? [] : processors.slice(0, threads);
}

export class Crew {
  readonly board: Board;
  readonly #threads: number;
  readonly #keeper: Worker;
  readonly #ports: readonly MessagePort[];
  readonly #obituaries: MessagePort;
  #job = 0;
  #ended = false;
  #obituary: Obituary | undefined;

  /** Starts the members and waits until they are there. @throws TeamError if one does not come. */
  constructor(threads: number, entry: URL) {
    this.#threads = threads;
    this.board = createBoard(threads);
    const channels = Array.from({ length: threads - 1 }, () => new MessageChannel());
    const obituaries = new MessageChannel();
    this.#ports = channels.map(({ port1 }) => port1);
    this.#obituaries = obituaries.port1;
    const ports = channels.map(({ port2 }) => port2);
    const processors = bindings(threads);
    const data: KeeperData = {
      ...{ board: this.board, entry: entry.href, processors, ports },
      obituaries: obituaries.port2,
    };
    this.#keeper = new Worker(keeperEntry, { workerData: data, transferList: [...ports, obituaries.port2] });
    this.#keeper.unref();
    this.#keeper.on("error", () => {
      this.#ended = true;
    });
    this.#awaitStart();
    // Only now: a thread inherits the processors of the one that starts it.
    if (processors[0] !== undefined) bindThread([processors[0]]);
  }

  /** Whether this crew does no job any more. */
  isBroken(): boolean {
    return this.#ended || this.#has(stateWord, state.dead);
  }

  /** Sends each member an order. */
  post(orderFor: (member: number) => Order): void {
    for (const [index, port] of this.#ports.entries()) port.postMessage(orderFor(index + 1));
  }

  /** Sets the members to work. @throws TeamError if one has died. */
  begin(task: number): void {
    if (this.isBroken()) this.#throwBroken();
    const { words } = this.board;
    Atomics.store(words, taskWord, task);
    this.#job = (this.#job + 1) | 0;
    Atomics.store(words, jobWord, this.#job);
    Atomics.notify(words, jobWord);
  }

  /** Returns once every member is done or dead. */
  wait(): void {
    const { words } = this.board;
    for (;;) {
      const progress = Atomics.load(words, progressWord);
      if (!this.#isAtWork()) return;
      spinWhile(words, progressWord, progress);
      Atomics.wait(words, progressWord, progress, sliceMilliseconds);
    }
  }

  /** @throws TeamError if a member died or threw in the last job */
  complain(what: string): void {
    if (this.isBroken()) this.#throwBroken();
    if (!this.#has(outcomeWord, outcome.failed)) return;
    const member = this.#firstFailed();
    const error = lastOf(this.#ports[member - 1] as MessagePort);
    throw new TeamError(`thread ${member} of ${this.#threads} failed in ${what}: ${messageOf(error)}`, error);
  }

  /** Ends all threads, whatever they do. */
  async end(): Promise<void> {
    this.#ended = true;
    bindThread(allowed());
    await this.#keeper.terminate();
  }

  #awaitStart(): void {
    const { words } = this.board;
    const until = performance.now() + startMilliseconds;
    for (;;) {
      const progress = Atomics.load(words, progressWord);
      if (this.#has(stateWord, state.dead)) this.#throwBroken();
      if (!this.#has(stateWord, state.starting)) return;
      if (performance.now() > until) {
        void this.end();
        throw new TeamError(
          `expected ${this.#threads - 1} more threads within ${startMilliseconds / 1000} s; not all of them came; ` +
            "run with fewer --threads",
        );
      }
      Atomics.wait(words, progressWord, progress, sliceMilliseconds);
    }
  }

  #isAtWork(): boolean {
    const { words } = this.board;
    for (let member = 1; member < this.#threads; member++)
      if (
        Atomics.load(words, doneWord(member)) !== this.#job &&
        Atomics.load(words, stateWord(member)) !== state.dead
      )
        return true;
    return false;
  }

  /** Whether a word of any member has this value. */
  #has(word: (member: number) => number, value: number): boolean {
    for (let member = 1; member < this.#threads; member++)
      if (Atomics.load(this.board.words, word(member)) === value) return true;
    return false;
  }

  #firstFailed(): number {
    for (let member = 1; ; member++)
      if (Atomics.load(this.board.words, outcomeWord(member)) === outcome.failed) return member;
  }

  #throwBroken(): never {
    this.#obituary ??= lastOf(this.#obituaries) as Obituary | undefined;
    void this.end();
    const { member, error } = this.#obituary ?? {};
    const what = member === undefined ? "the threads of this team have ended" : `thread ${member} died`;
    const why = member === undefined ? "" : `: ${messageOf(error)}`;
    throw new TeamError(
      `expected ${this.#threads} threads at work; ${what}${why}; create the tasks anew`,
      error,
    );
  }
}

/** The newest message in a port; older ones are dropped, because they are of jobs that failed in the caller itself. */
function lastOf(port: MessagePort): unknown {
  let last: unknown;
  for (;;) {
    const received = receiveMessageOnPort(port) as { readonly message: unknown } | undefined;
    if (!received) return last;
    last = received.message;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

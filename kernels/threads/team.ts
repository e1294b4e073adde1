/**
 * A team of threads that work on shared memory: the caller and its members. A job is synchronous for the caller, who
 * does a share of its own and allocates nothing, so that a job can stand in a timed loop. Members are started once,
 * reused by every job, sleep in between, keep no process alive, and end with it.
 */
import { Crew, TeamError } from "./crew.ts";
import { workerEntry } from "./entries.ts";
import type { Order } from "./member.ts";
import type { Share } from "./tasks.ts";
import { command, mostThreads } from "./words.ts";

export { TeamError } from "./crew.ts";

/** A task that every thread of a team has set up. */
export interface PreparedTask {
  /** What the next job passes; to be filled before `run`. All tasks of a team share them. */
  readonly numbers: Float64Array;
  /**
   * Runs one job on all threads and returns when all are done.
   * @throws TeamError if a member threw or died; what the caller's own share throws as it is
   */
  run(): void;
  /** Lets the members forget the task, with whatever memory it holds. */
  release(): void;
}

/** A team of so many threads, the caller among them. `teamOf` hands out the one to use. */
export class Team {
  readonly threads: number;
  readonly #entry: URL;
  #crew: Crew | undefined;
  #prepared = 0;
  #busy = false;

  /** `entry` is the main file of the members; the real one unless a test has its own. Nothing is started yet. */
  constructor(threads: number, entry: URL = workerEntry) {
    if (!Number.isInteger(threads) || threads < 1 || threads > mostThreads)
      throw new RangeError(`expected 1 to ${mostThreads} threads; found ${threads}; choose as many as cores`);
    this.threads = threads;
    this.#entry = entry;
  }

  /** Whether a member has died: such a team does no job any more, and `teamOf` replaces it. */
  get broken(): boolean {
    return this.#crew?.isBroken() ?? false;
  }

  /**
   * Sets a task up in every thread: `own` in the caller, and in each member (from 1) what the task of this name
   * (tasks.ts) makes of its order. Starts the members if there are none yet.
   * @throws TeamError if a member cannot be started or cannot set it up
   */
  prepare(task: string, orderFor: (member: number) => unknown, own: Share): PreparedTask {
    this.#crew ??= new Crew(this.threads, this.#entry);
    const crew = this.#crew;
    const number = ++this.#prepared;
    const { numbers } = crew.board;
    this.#job(
      crew,
      `the set-up of ${task}`,
      command.prepare,
      () => {},
      (member) => ({
        number,
        task,
        order: orderFor(member),
      }),
    );
    return {
      numbers,
      run: () => this.#job(crew, task, number, own),
      release: () => {
        if (crew.isBroken()) return;
        numbers[0] = number;
        this.#job(crew, `the release of ${task}`, command.release, () => {});
      },
    };
  }

  /** Ends the members; tasks that they had set up are gone, and the next `prepare` starts new ones. */
  async end(): Promise<void> {
    const crew = this.#crew;
    this.#crew = undefined;
    await crew?.end();
  }

  /** One job on all threads. What the caller's own share throws is thrown when the members are done. */
  #job(crew: Crew, what: string, number: number, own: Share, orderFor?: (member: number) => Order): void {
    if (this.#busy) throw new TeamError(`expected one job at a time; found ${what} within another`);
    this.#busy = true;
    try {
      if (orderFor) crew.post(orderFor);
      crew.begin(number);
      let done = false;
      try {
        own(crew.board.numbers);
        done = true;
      } finally {
        crew.wait();
        if (done) crew.complain(what);
      }
    } finally {
      this.#busy = false;
    }
  }
}

const teams = new Map<number, Team>();

/** The process's team of so many threads, a new one if a member of the last has died. */
export function teamOf(threads: number): Team {
  let team = teams.get(threads);
  if (!team || team.broken) {
    void team?.end();
    team = new Team(threads);
    teams.set(threads, team);
  }
  return team;
}

/** Ends all members of all teams of this process; only tests and programs that go on for long have use for it. */
export async function endTeams(): Promise<void> {
  const all = [...teams.values()];
  teams.clear();
  await Promise.all(all.map((team) => team.end()));
}

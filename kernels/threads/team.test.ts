/** Teams of threads: jobs, reuse, and everything that can go wrong in a member. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it, test } from "vitest";
import { allowedProcessors } from "../native/affinity.ts";
import { Team, type TeamError } from "./team.ts";
import { mostThreads } from "./words.ts";

const entry = new URL("./team-worker.fixture.ts", import.meta.url);
const begun: Team[] = [];

function teamOfTrials(threads: number, main: URL = entry): Team {
  const team = new Team(threads, main);
  begun.push(team);
  return team;
}
afterEach(async () => {
  await Promise.all(begun.splice(0).map((team) => team.end()));
});

/** A task in which every thread adds the job's first number to its own sum. */
function adding(team: Team) {
  const sums = new Float64Array(new SharedArrayBuffer(8 * team.threads));
  const task = team.prepare(
    "add",
    (member) => ({ sums, member }),
    (numbers) => {
      sums[0] = (sums[0] as number) + (numbers[0] as number);
    },
  );
  const add = (value: number): void => {
    task.numbers[0] = value;
    task.run();
  };
  return { sums, add, task };
}

function thrownBy(work: () => void): TeamError {
  try {
    work();
  } catch (error) {
    return error as TeamError;
  }
  throw new Error("nothing was thrown");
}

describe("a team", () => {
  test.each([1, 2, 3, 5])("of %i does every job on every thread, and is done when run returns", (threads) => {
    const { sums, add } = adding(teamOfTrials(threads));
    for (let value = 1; value <= 1000; value++) {
      add(value);
      expect(sums.every((sum) => sum === (value * (value + 1)) / 2)).toBe(true);
    }
  });

  it.runIf(allowedProcessors().length >= 2)("binds each thread to a core until it ends", async () => {
    const before = allowedProcessors();
    const team = teamOfTrials(2);
    const sums = new Float64Array(new SharedArrayBuffer(32));
    team
      .prepare(
        "processors",
        (member) => ({ sums, member }),
        () => {
          const own = allowedProcessors();
          sums.set([own[0] as number, own.length]);
        },
      )
      .run();
    expect([...sums]).toEqual([before[0], 1, before[1], 1]);
    await team.end();
    expect(allowedProcessors()).toEqual(before);
  });

  it("leaves threads free where they are more than cores", () => {
    const before = allowedProcessors();
    const team = teamOfTrials(before.length + 1);
    adding(team).add(1);
    expect(allowedProcessors()).toEqual(before);
  });

  it("keeps its tasks apart and its threads from one to the next", () => {
    const team = teamOfTrials(2);
    const first = adding(team);
    const second = adding(team);
    first.add(1);
    second.add(10);
    first.add(100);
    expect([...first.sums]).toEqual([101, 101]);
    expect([...second.sums]).toEqual([10, 10]);
  });

  it("does a job also after its members have gone to sleep", async () => {
    const { sums, add } = adding(teamOfTrials(2));
    for (let time = 0; time < 5; time++) {
      await new Promise((resolve) => setTimeout(resolve, 30));
      add(1);
    }
    expect([...sums]).toEqual([5, 5]);
  });

  it("forgets a task that is released, and no other", () => {
    const team = teamOfTrials(2);
    const [gone, kept] = [adding(team), adding(team)];
    gone.task.release();
    expect(() => gone.add(1)).toThrow(/expected a prepared task/);
    kept.add(1);
    expect([...kept.sums]).toEqual([1, 1]);
  });

  test.each([0, 1.5, -1, Number.NaN, mostThreads + 1])("of %s threads is refused", (threads) => {
    expect(() => new Team(threads)).toThrow(/expected 1 to 256 threads/);
  });
});

describe("what goes wrong in a member", () => {
  it("an error in a job is thrown at the caller with its cause, and the team goes on", () => {
    const team = teamOfTrials(3);
    const { sums, add } = adding(team);
    const bad = team.prepare(
      "throws",
      () => null,
      () => {},
    );
    const error = thrownBy(() => bad.run());
    expect(error.message).toMatch(/^thread 1 of 3 failed in throws: no good$/);
    expect(error.cause).toBeInstanceOf(RangeError);
    add(2);
    expect([...sums]).toEqual([2, 2, 2]);
    expect(team.broken).toBe(false);
  });

  it("an error of the caller's own share comes first, and is not blamed on the next job", () => {
    const team = teamOfTrials(2);
    const both = team.prepare(
      "throws",
      () => null,
      () => {
        throw new Error("mine");
      },
    );
    expect(() => both.run()).toThrow(/^mine$/);
    const { sums, add } = adding(team);
    add(1);
    expect([...sums]).toEqual([1, 1]);
    expect(
      thrownBy(() =>
        team.prepare(
          "cannot-be-set-up",
          () => null,
          () => {},
        ),
      ).message,
    ).toMatch(/bad order/);
  });

  it("a task that cannot be set up, or is unknown, or cannot be posted, is refused when it is prepared", () => {
    const team = teamOfTrials(2);
    const prepare = (task: string, order: unknown) => () =>
      team.prepare(
        task,
        () => order,
        () => {},
      );
    expect(prepare("cannot-be-set-up", null)).toThrow(/failed in the set-up of cannot-be-set-up: bad order/);
    expect(prepare("toString", null)).toThrow(/expected one of the tasks add, .*found "toString"/);
    expect(prepare("add", () => {})).toThrow(/could not be cloned/);
    const { sums, add } = adding(team);
    add(1);
    expect([...sums]).toEqual([1, 1]);
  });

  it("its death is thrown at once, with the cause, at every later job too", () => {
    const team = teamOfTrials(3);
    const { add } = adding(team);
    const fatal = team.prepare(
      "exits",
      () => null,
      () => {},
    );
    const began = performance.now();
    const error = thrownBy(() => fatal.run());
    expect(performance.now() - began).toBeLessThan(20_000);
    expect(error.message).toMatch(/expected 3 threads at work; thread \d died: the thread ended with code 3/);
    expect(error.cause).toBeInstanceOf(Error);
    expect(team.broken).toBe(true);
    expect(() => add(1)).toThrow(/died: the thread ended with code 3; create the tasks anew/);
  });

  it("a member whose code cannot be loaded is an error, not a wait", () => {
    const team = teamOfTrials(2, new URL("./no-such-file.ts", import.meta.url));
    expect(() => adding(team)).toThrow(/thread 1 died: .*no-such-file/);
  });

  it("a job within a job is refused, and the outer one ends", () => {
    const team = teamOfTrials(2);
    const inner = adding(team);
    const outer = team.prepare(
      "sleeps",
      () => null,
      () => inner.add(1),
    );
    expect(() => outer.run()).toThrow(/expected one job at a time; found add within another/);
    inner.add(3);
    expect([...inner.sums]).toEqual([3, 3]);
  });
});

describe("a program that has a team", () => {
  const program = fileURLToPath(new URL("./exits.fixture.ts", import.meta.url));

  test.each([
    ["has nothing more to do", "idle", 0],
    ["calls exit", "exit", 7],
    ["calls exit between its jobs", "exit-at-work", 7],
  ] as const)("ends when it %s", (_, how, code) => {
    const { status, stdout, signal } = spawnSync(process.execPath, [program, how], {
      encoding: "utf8",
      timeout: 20_000,
    });
    expect({ status, stdout, signal }).toEqual({ status: code, stdout: "ready\n", signal: null });
  });

  it.runIf(existsSync("/proc/self/task"))(
    "has its threads while it is busy, and leaves none when killed",
    async () => {
      const child = spawn(process.execPath, [program, "busy"], { stdio: ["ignore", "pipe", "inherit"] });
      await new Promise((resolve) => child.stdout.once("data", resolve));
      const threads = threadsOf(child);
      // The caller, the keeper and two members, beside what Node has for itself.
      expect(threads.length).toBeGreaterThanOrEqual(4);
      const gone = new Promise((resolve) => child.once("close", resolve));
      child.kill("SIGKILL");
      await gone;
      expect(threads.filter((thread) => existsSync(`/proc/${thread}`))).toEqual([]);
    },
  );
});

function threadsOf({ pid }: ChildProcess): string[] {
  return readdirSync(`/proc/${pid}/task`);
}

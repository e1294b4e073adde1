import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Ended, endPrograms, runProgramWith, type Started, startProgram } from "./program.fixture.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "kdaccel-bench-"));
});
afterEach(() => {
  endPrograms();
  rmSync(home, { recursive: true, force: true });
});

const bench = (...args: string[]): Promise<Ended> => runProgramWith(["bench", ...args], { home });
const json = ({ stdout }: Ended) => JSON.parse(stdout);

describe("a bench that goes well", () => {
  let shared: string;
  let ended: Ended;
  beforeAll(async () => {
    shared = mkdtempSync(join(tmpdir(), "kdaccel-bench-"));
    ended = await runProgramWith(["bench", "--topic", "tiling"], { home: shared });
  });
  afterAll(() => rmSync(shared, { recursive: true, force: true }));

  it("prints each workload's table, then the verdicts with rule and evidence", () => {
    expect(ended.code).toBe(0);
    expect(ended.stdout).toMatch(/^Fixture fine \(fine\)/);
    expect(ended.stdout).toMatch(/variant +target +time \[95 %\] +GFLOP\/s +x over good +loads +correct/);
    expect(ended.stdout).toMatch(/\ngood +js .* 1 +3 +yes\n/);
    expect(ended.stdout).toMatch(/confirmed +blocking-pays-beyond-cache\n +2 counts\n +Rule: Every count/);
  });

  it("says on stderr, and there only, how far it is", () => {
    expect(ended.stderr).toMatch(/Run r1\n\[1\/2\] fine one: .*left\n\[2\/2\] fine two/);
    expect(ended.stdout).not.toMatch(/\[1\/2\]/);
  });

  it("is shown again from the ledger, as tables and as JSON", async () => {
    const shown = await runProgramWith(["runs", "show", "last"], { home: shared });
    expect(shown.stdout).toContain(ended.stdout.trim());
    expect(shown.stdout).toContain("kdaccel bench --topic tiling");
    const document = json(await runProgramWith(["runs", "show", "r1", "--json"], { home: shared }));
    expect(document).toMatchObject({
      schema: "kdaccel/run/1",
      run: {
        id: "r1",
        status: "finished",
        profile: "standard",
        seed: 1,
        command: "kdaccel bench --topic tiling",
      },
      verdicts: [{ claim: "blocking-pays-beyond-cache", verdict: "confirmed", article: 54 }],
      failures: [],
    });
    expect(document.run.environment).toMatchObject({ cpu: expect.any(String), node: process.versions.node });
    const listed = await runProgramWith(["runs"], { home: shared });
    expect(listed.stdout).toMatch(/r1 .*finished .*2\/2 +1 confirmed .*fine/);
  });

  it("takes experiments by their ids alone, but not beside what settles the choice", async () => {
    const named = json(await runProgramWith(["bench", "fine", "--list", "--json"], { home: shared }));
    const chosen = json(
      await runProgramWith(["bench", "--topic", "tiling", "--list", "--json"], { home: shared }),
    );
    expect(named).toEqual(chosen);
    for (const settling of [["--all"], ["--resume", "r1"]]) {
      const refused = await runProgramWith(["bench", "fine", ...settling], { home: shared });
      expect(refused).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(`${settling[0]} settles what runs`),
      });
    }
    expect((await runProgramWith(["bench", "fime"], { home: shared })).stderr).toMatch(/fine/);
  });

  it("is deleted on request", async () => {
    expect((await runProgramWith(["runs", "delete", "r1"], { home: shared })).stdout).toBe(
      "Deleted run r1.\n",
    );
    const gone = await runProgramWith(["runs", "show", "r1"], { home: shared });
    expect(gone).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining('there is no run "r1"'),
    });
  });
});

it("prints one JSON document with everything that was measured", async () => {
  const document = json(await bench("--experiment", "fine", "--seed", "7", "--target", "js", "--json"));
  expect(document).toMatchObject({
    schema: "kdaccel/bench/1",
    run: { id: "r1", seed: 7, targets: ["js"], finishedAt: expect.any(String) },
  });
  expect(document.measurements).toContainEqual(
    expect.objectContaining({
      experiment: "fine",
      workload: "one",
      variant: "good",
      metric: "loads",
      value: 3,
    }),
  );
});

it("lists what would run and stores nothing", async () => {
  const listed = await bench("--all", "--list");
  expect(listed.stdout).toMatch(/fine +one +0\.1 s +good twice/);
  expect((await runProgramWith(["runs"], { home })).stderr).toContain("Nothing was run yet");
});

describe("with --peers", () => {
  it("says which libraries it found and what to do about the others, and times those that are here", async () => {
    const ended = await bench("--experiment", "beside", "--peers");
    expect(ended.code).toBe(0);
    expect(ended.stderr).toContain("\nother-blas 1.2.3: built for tests\n");
    expect(ended.stderr).toContain("\nabsent does not take part: no such library. Install nothing.\n");
    expect(ended.stdout).toMatch(/\nother-blas +peer .* yes\n/);
    expect(ended.stdout).not.toContain("absent");
    const shown = await runProgramWith(["runs", "show", "last"], { home });
    expect(shown.stdout).toContain("peer other-blas 1.2.3: built for tests");
    const document = json(await runProgramWith(["runs", "show", "last", "--json"], { home }));
    expect(document.run.environment.peers).toEqual([
      { peer: "other-blas", version: "1.2.3", detail: "built for tests" },
    ]);
  });

  it("plans them, and without it looks for none", async () => {
    const planned = async (...more: string[]) =>
      json(await bench("--experiment", "beside", "--list", "--json", ...more)).experiments[0].cells[0]
        .variants;
    expect(await planned("--peers")).toContainEqual({ variant: "other-blas", target: "peer" });
    expect(await planned()).toEqual([{ variant: "good", target: "js" }]);
    expect((await bench("--experiment", "beside")).stderr).not.toContain("other-blas");
  });
});

describe("arguments that do not fit", () => {
  it.each([
    [["--topic", "tilling"], 'there is no topic "tilling"', "Did you mean tiling?"],
    [["--topc", "tiling"], "unknown option '--topc'", "Did you mean --topic?"],
    [["--target", "gpu", "--all"], "gpu", "js, wasm, native and native-avx2"],
    [["--threads", "256", "--all"], "--threads 256 is more than the", "add --oversubscribe"],
    [["--threads", "0", "--all"], "--threads", "a whole number from 1 to 256"],
    [["--resume", "r9"], 'there is no run "r9"', "kdaccel bench"],
  ])("%j: exit code 2, what was wrong and what to do", async (args, what, advice) => {
    const { code, stdout, stderr } = await bench(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(what);
    expect(stderr).toContain(advice);
    expect(stderr.trim().split("\n").length).toBeLessThanOrEqual(3);
  });

  it.each([
    [["--resume", "last", "--profile", "full"], "--profile"],
    [["--resume", "last", "--list"], "--list"],
    [["--all", "--topic", "tiling"], "--topic"],
  ])("%j contradict each other: exit code 2", async (args, which) => {
    const { code, stderr } = await bench(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(`cannot be used with option '${which}`);
    expect(stderr).toContain("kdaccel bench --help");
  });

  it("a target on which nothing runs: exit code 5, whether it is to be run or listed", async () => {
    for (const list of [[], ["--list"]]) {
      const args = ["bench", "--experiment", "fma-rounding", "--target", "wasm", ...list];
      const { code, stdout, stderr } = await runProgramWith(args, { home, entry: "main.ts" });
      expect({ code, stdout }).toEqual({ code: 5, stdout: "" });
      expect(stderr).toContain("nothing of this runs on wasm");
    }
  });

  it("a topic that no experiment belongs to: exit code 5", async () => {
    const { code, stderr } = await bench("--topic", "pruning");
    expect(code).toBe(5);
    expect(stderr).toContain("no experiment tests topic pruning");
  });
});

describe("kernels that fail", () => {
  it("wrong, crashing and throwing ones are reported, the others measured; wrong decides the exit code", async () => {
    const ended = await bench("--experiment", "crash", "--experiment", "wrong", "--experiment", "throws");
    expect(ended.code).toBe(6);
    expect(ended.stderr).toMatch(/crash one bad \(js\) crashed: .*measured again without it/);
    expect(ended.stdout).toMatch(/Failures\ncrash one bad \(js\) crashed/);
    expect(ended.stdout).toContain(
      "wrong one bad (js) disagrees with its reference: element 0 is 4, expected 3",
    );
    // The message's escape sequence does not reach the terminal.
    expect(ended.stdout).toContain("throws one failed: no memory for 3 matrices");
    expect(ended.stdout).toMatch(/confirmed +three-loops-are-cache-unfriendly/);
  });

  it("one that hangs is killed and blamed: exit code 1", async () => {
    const ended = await bench("--experiment", "hang");
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain("hang one bad (js) hung: silent for 5 s");
    expect(ended.stdout).toMatch(/\ntwo .*\nvariant.*\ngood/);
  });

  it("nothing measured at all: exit code 5", async () => {
    expect((await bench("--experiment", "crash-alone")).code).toBe(5);
  });
});

// The processes are found in /proc.
describe.runIf(process.platform === "linux")("a run that is cut short", () => {
  const gated = (): { gate: string; open(): void; run: Started } => {
    const gate = join(home, "gate");
    const run = startProgram(["bench", "--experiment", "gated"], {
      home,
      env: { KDACCEL_FIXTURE_GATE: gate },
    });
    return { gate, open: () => writeFileSync(gate, ""), run };
  };
  const reachedTheGate = "[1/3] gated before";

  async function expectCompletion(): Promise<void> {
    const resumed = await bench("--resume", "last");
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).toMatch(/\[1\/2\] gated gate.*\n\[2\/2\] gated after/);
    expect(resumed.stdout).toMatch(/confirmed +tiling-avoids-rereading\n +3 counts/);
    expect((await bench("--resume", "last")).stderr).toContain("run r1 is complete");
  }

  it("by Ctrl-C keeps what was finished, says how to go on, and ends with 130", async () => {
    const { run } = gated();
    await run.saysOnStderr(reachedTheGate);
    run.child.kill("SIGINT");
    const ended = await run.ended;
    expect(ended.code).toBe(130);
    expect(ended.stderr).toContain("kdaccel bench --resume r1");
    expect(ended.stdout).toMatch(/before .*\n.*\ngood/);
    expect(ended.stdout).toContain("after  not finished");
    expect((await runProgramWith(["runs"], { home })).stdout).toMatch(/r1 .*interrupted .*1\/3/);
    await expectCompletion();
  });

  it("by kill -9 of the program keeps what was finished, and its child does not outlive it", async () => {
    const { run } = gated();
    await run.saysOnStderr(reachedTheGate);
    const child = await childOf(run);
    run.child.kill("SIGKILL");
    expect((await run.ended).signal).toBe("SIGKILL");
    await expectDeath(child);
    const shown = await runProgramWith(["runs", "show", "r1"], { home });
    expect(shown.stdout).toMatch(/Run r1 killed/);
    expect(shown.stderr).toContain("kdaccel bench --resume r1");
    await expectCompletion();
  });

  it("by kill -9 of the child in the middle blames the child's variant and goes on", async () => {
    const { run } = gated();
    await run.saysOnStderr(reachedTheGate);
    process.kill(await childOf(run), "SIGKILL");
    const ended = await run.ended;
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("gated gate crashed: ended by SIGKILL");
    expect(ended.stdout).toMatch(/\nafter .*\nvariant.*\ngood/);
    const resumed = await bench("--resume", "last");
    expect(resumed).toMatchObject({ code: 0, stderr: expect.stringContaining("[1/1] gated gate") });
  });

  it.runIf(process.platform === "linux").each([
    ["an endless kernel", "stuck"],
    ["endless kernels on all its threads", "stuck-threads"],
  ])("by kill -9 ends a child that is stuck in %s", async (_, experiment) => {
    const run = startProgram(["bench", "--experiment", experiment], { home });
    await run.saysOnStderr("Run r1");
    const child = await childOf(run);
    await eventually(() => isBusy(child));
    run.child.kill("SIGKILL");
    await expectDeath(child);
  });

  it("is not taken up while it still goes on", async () => {
    const { run, open } = gated();
    await run.saysOnStderr(reachedTheGate);
    const refused = await bench("--resume", "r1");
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("still going on") });
    expect((await runProgramWith(["runs", "delete", "r1"], { home })).code).toBe(1);
    open();
    expect((await run.ended).code).toBe(0);
  });
});

it("lets two benches write to one database at the same time", async () => {
  const both = await Promise.all([bench("--experiment", "fine"), bench("--experiment", "fine")]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  const listed = await runProgramWith(["runs", "--json"], { home });
  expect(json(listed).runs).toMatchObject([
    { status: "finished", cells: { finished: 2, planned: 2 } },
    { status: "finished", cells: { finished: 2, planned: 2 } },
  ]);
});

/** The process that runs the cells of a started program, once there is one. */
function childOf(run: Started): Promise<number> {
  const parentOf = (pid: number): number => Number(statOf(pid)[1]);
  return eventually(() =>
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .find((pid) => parentOf(pid) === run.child.pid),
  );
}

/** The fields of /proc/<pid>/stat after the name: state, parent …; empty for a process that is gone. */
function statOf(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}

/** Whether a process has computed for a while (user time of half a second, in ticks of 10 ms). */
function isBusy(pid: number): true | undefined {
  return Number(statOf(pid)[11]) > 50 || undefined;
}

async function expectDeath(pid: number): Promise<void> {
  // A zombie (Z) that nobody waits for yet is as dead as one that is gone.
  await eventually(() => ["Z", undefined].includes(statOf(pid)[0]) || undefined);
}

/** The first defined answer; the test's own time limit ends the waiting. */
async function eventually<T>(ask: () => T | undefined): Promise<T> {
  for (;;) {
    const answer = ask();
    if (answer !== undefined) return answer;
    await wait(20);
  }
}

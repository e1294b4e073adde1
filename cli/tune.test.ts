/** The real program searching small products in real child processes. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openDatabase } from "../catalog/database/open.ts";
import { finishTuning } from "../catalog/tunings.ts";
import { endPrograms, runProgramWith, startProgram } from "./program.fixture.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "kdaccel-tune-"));
});
afterEach(() => {
  endPrograms();
  rmSync(home, { recursive: true, force: true });
});

const tune = (...args: string[]) => runProgramWith(["tune", ...args], { home, entry: "main.ts" });
const small = ["--shape", "24x20x16", "--seconds", "1"];

it("shows a search as it happens, then its best plans and what came of it", async () => {
  const { code, stdout, stderr } = await tune(...small, "--seed", "3");
  expect(code).toBe(0);
  expect(stderr).toMatch(/^Search t1\n4 plans tried/);
  expect(stdout).toMatch(/^t1: 24x20x16 f32 on wasm, evolution, seed 3\nplan +stage +time +over auto/);
  expect(stdout).toMatch(/(Adopted tuned-\S+:|auto stays:)/);
  expect(stdout).toMatch(/\d+ plans tried in .*Spearman|Too few plans/);
});

it.each(["grid", "random"])("searches by %s, in double precision, as JSON", async (strategy) => {
  const { code, stdout } = await tune(...small, "--strategy", strategy, "--element", "f64", "--json");
  const document = JSON.parse(stdout);
  expect(code).toBe(0);
  expect(document).toMatchObject({
    schema: "kdaccel/tune/1",
    tuning: {
      id: "t1",
      strategy,
      element: "f64",
      m: 24,
      n: 20,
      k: 16,
      status: "finished",
      tried: 4,
      failed: 0,
    },
  });
  expect(document.trials[0]).toMatchObject({ stage: "trials", predicted: expect.any(Number) });
  expect(document.tuning.decision.reason).toMatch(/than auto|default/);
});

it("keeps what was tried when it is interrupted, and goes on from there", { timeout: 120_000 }, async () => {
  const started = startProgram(["tune", "--shape", "24x20x16", "--seconds", "60", "--json"], {
    home,
    entry: "main.ts",
  });
  await started.saysOnStderr("plans tried");
  started.child.kill("SIGINT");
  const ended = await started.ended;
  expect(ended.code).toBe(130);
  expect(ended.stderr).toContain("kdaccel tune --resume t1");
  const before = JSON.parse(ended.stdout);
  expect(before.tuning).toMatchObject({ status: "interrupted", decision: null });
  expect(before.trials.length).toBeGreaterThan(0);
  const db = openDatabase({ path: join(home, "kdaccel.db") });
  db.prepare("UPDATE tuning SET budget = 1").run();
  db.close();
  const resumed = JSON.parse((await tune("--resume", "last", "--json")).stdout);
  expect(resumed.trials.slice(0, before.trials.length)).toEqual(before.trials);
  expect(resumed.tuning).toMatchObject({ id: "t1", status: "finished" });
  const again = await tune("--resume", "t1");
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("search t1 has ended") });
});

it("lists the plans in use, hands them to experiments, and forgets them on request", {
  timeout: 120_000,
}, async () => {
  expect((await tune("--list")).stderr).toContain("the defaults are used");
  await tune("--shape", "640x640x640", "--seconds", "0.1", "--target", "wasm", "--json");
  const plan = "tuned-6x8v128-mc96-nc640-kc384-u4-jpi";
  const db = openDatabase({ path: join(home, "kdaccel.db") });
  const speedUp = { value: 1.2, low: 1.1, high: 1.3 };
  const decision = { adopted: plan, finalist: plan, speedUp, rounds: 15, reason: "faster" };
  finishTuning(db, 1, decision, { shapeClass: "m1024-n1024-k1024", spent: 1 });
  db.close();
  expect((await tune("--list")).stdout).toMatch(
    new RegExp(`wasm +f32 +m1024-n1024-k1024 +1 +${plan} +1.20x +t1`),
  );
  const listed = await runProgramWith(["bench", "--experiment", "gemm-schedule", "--list", "--json"], {
    home,
    entry: "main.ts",
  });
  expect(listed.stdout).toContain(plan);
  expect((await tune("--forget", "--shape", "640x640x640")).stdout).toBe(
    "1 plan forgotten; the defaults are used.\n",
  );
  expect((await tune("--list", "--json")).stdout).toContain('"plans": []');
});

it("searches how two threads share a product", { timeout: 120_000 }, async () => {
  const { code, stdout } = await tune("96x96x96", "--seconds", "1", "--threads", "2", "--json");
  expect(code).toBe(0);
  const document = JSON.parse(stdout);
  expect(document.tuning).toMatchObject({ threads: 2, defaultPlan: "auto-2t", failed: 0 });
  for (const { id } of document.trials) expect(id).toMatch(/^tuned-.*-2t-(2x1|1x2)$/);
});

it("prints the code of any plan that a search may try", async () => {
  const plan = "tuned-3x8v128-mc96-nc640-kc384-u1-pji";
  const { stdout } = await runProgramWith(["code", "gemm-schedule", plan, "--target", "wasm"], {
    home,
    entry: "main.ts",
  });
  expect(stdout).toContain("(module");
  expect(stdout).toContain("micro-3x8-f32");
});

it.each([
  [[], /a shape to tune is missing/],
  [["--shape", "640"], /three sides/],
  [["--shape", "0x4x4"], /three sides/],
  [["--shape", "4x4x4", "--seconds", "-1"], /positive number|unknown option|argument/],
  [["--shape", "4x4x4", "--strategy", "luck"], /evolution, random, grid/],
  [["4x4x4", "--target", "js", "--threads", "2"], /JavaScript computes on one thread/],
  [["4x4x4", "--threads", "0"], /whole number from 1/],
  [["--resume", "t7"], /there is no search "t7"/],
])("refuses %j with a sentence", async (args, message) => {
  const { code, stderr, stdout } = await tune(...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(message);
});

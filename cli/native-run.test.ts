/** Native kernels through the whole program: forced, left out, crashing, and taken up again. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nativeAvailability } from "../kernels/native/availability.ts";
import { type Ended, endPrograms, runProgramWith } from "./program.fixture.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "kdaccel-native-"));
});
afterEach(() => {
  endPrograms();
  rmSync(home, { recursive: true, force: true });
});

const program = (args: readonly string[], env: Record<string, string> = {}): Promise<Ended> =>
  runProgramWith(args, { home, env: { KDACCEL_TARGET: "", ...env } });
const bench = (args: readonly string[], env?: Record<string, string>): Promise<Ended> =>
  program(["bench", ...args], env);

// Koffi is hidden from the program as if it had not been installed.
const hook = `import { registerHooks } from "node:module";
  registerHooks({ resolve: (name, context, next) => {
    if (name === "koffi") throw new Error("Cannot find module 'koffi'");
    return next(name, context);
  } });`;
const withoutKoffi = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(hook)}` };

describe.runIf(nativeAvailability().available)("where native kernels run", () => {
  it("they are among the targets of a run without options, and the run says for what they were made", async () => {
    const ended = await bench(["--experiment", "native", "--json"]);
    const document = JSON.parse(ended.stdout);
    expect(ended).toMatchObject({ code: 0, stderr: expect.not.stringContaining("Without native") });
    expect(document.run.targets).toEqual(["js", "wasm", "native"]);
    expect(document.run.environment.nativeIsa).toMatch(/^avx(2|512)$/);
    expect(document.measurements).toContainEqual(expect.objectContaining({ target: "native", value: 3 }));
  });

  it("they can be restricted to AVX2; the run says so, and is taken up again with the same", async () => {
    const ended = await bench(["--experiment", "crash-alone", "--target", "js", "--target", "native-avx2"]);
    expect(ended.code).toBe(5);
    const resumed = await bench(["--resume", "last", "--json"], { KDACCEL_TARGET: "js" });
    expect(JSON.parse(resumed.stdout).run).toMatchObject({
      targets: ["js", "native"],
      environment: { nativeIsa: "avx2" },
    });
    expect((await program(["runs", "show", "last"])).stdout).toContain("targets js native (avx2)");
    expect(await bench(["--resume", "last"], withoutKoffi)).toMatchObject({
      code: 5,
      stderr: expect.stringContaining("cannot run here"),
    });
  });

  it.each([
    ["native-illegal", /native-illegal one fatal \(native\) crashed: ended (by SIGILL|with code)/],
    ["native-endless", /native-endless one fatal \(native\) hung: silent for 2 s/],
  ])("%s costs its variant and exit code 1; the ledger keeps the rest", async (id, failure) => {
    const ended = await bench(["--experiment", id]);
    expect(ended).toMatchObject({ code: 1, stdout: expect.stringMatching(failure) });
    const shown = await program(["runs", "show", "last", "--json"]);
    const { run, measurements, failures } = JSON.parse(shown.stdout);
    expect(run.status).toBe("finished");
    expect(failures).toMatchObject([{ variant: "fatal", target: "native" }]);
    expect(measurements.map((m: { variant: string }) => m.variant).sort()).toEqual([
      "good",
      "good",
      "native",
    ]);
  });
});

describe("where a choice forbids native kernels", () => {
  it("KDACCEL_TARGET=js runs js alone and says nothing of a fallback", async () => {
    const ended = await bench(["--experiment", "native", "--json"], { KDACCEL_TARGET: "js" });
    expect(ended).toMatchObject({ code: 0, stderr: expect.not.stringContaining("Without native") });
    expect(JSON.parse(ended.stdout).run.targets).toEqual(["js"]);
  });

  it("KDACCEL_TARGET=gpu is a wrong use", async () => {
    const ended = await bench(["--experiment", "native"], { KDACCEL_TARGET: "gpu" });
    expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining('KDACCEL_TARGET is "gpu"') });
  });
});

describe("where koffi is missing", () => {
  it("a run falls back to wasm with one line that says why", async () => {
    const ended = await bench(["--experiment", "native"], withoutKoffi);
    expect(ended.code).toBe(0);
    const lines = ended.stderr.split("\n").filter((line) => line.startsWith("Without native kernels"));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/Cannot find module 'koffi'.*wasm is the fastest target here/);
  });

  it("a forced choice of native ends with exit code 5 and the reason", async () => {
    const ended = await bench(["--experiment", "native", "--target", "native"], withoutKoffi);
    expect(ended).toMatchObject({ code: 5, stdout: "", stderr: expect.stringContaining("cannot run here") });
    expect(ended.stderr).toContain("Cannot find module 'koffi'");
  });
});

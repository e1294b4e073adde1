import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Experiment, Settings } from "../kernels/experiment.ts";
import { experiments } from "../kernels/registry.ts";
import { checkWorkloads, workloadsTyped } from "./own-workloads.ts";
import { type Ended, endPrograms, runProgramWith } from "./program.fixture.ts";

const settings: Settings = { profile: "quick", seed: 1, targets: ["js", "wasm"] };
const called = (id: string): Experiment => {
  const found = experiments.find((experiment) => experiment.id === id);
  if (!found) throw new Error(`no experiment ${id}`);
  return found;
};

describe("what is typed", () => {
  it("is one product or several, each once and in one spelling", () => {
    expect(workloadsTyped("300x500x700")).toEqual(["300x500x700"]);
    expect(workloadsTyped("8x8x8, 1×2×3,08X8x8", ["5x5x5"])).toEqual(["5x5x5", "8x8x8", "1x2x3"]);
  });

  it.each(["", "300", "300x500", "0x5x5", "5x-1x5", "5x5x5x5", "1.5x2x3", "5x5xk", "1000001x1x1", "5x5x5,"])(
    "is refused where it is none: %j",
    (text) => expect(() => workloadsTyped(text)).toThrow(/MxNxK such as 300x500x700/),
  );
});

describe("what can be run", () => {
  const own = { ...settings, workloads: ["300x500x700"] };

  it("is an experiment that takes shapes, on a shape that fits", () => {
    expect(() => checkWorkloads([called("gemm-ladder")], experiments, own, 2 ** 30)).not.toThrow();
    expect(() => checkWorkloads([called("gemm-tiling")], experiments, settings, 0)).not.toThrow();
  });

  it("is no other, and the error names those that are", () => {
    expect(() => checkWorkloads([called("gemm-tiling")], experiments, own)).toThrow(
      expect.objectContaining({
        message: expect.stringContaining("gemm-tiling runs on sizes of its own"),
        remedy: expect.stringContaining("--experiment gemm-ladder"),
        exitCode: 2,
      }),
    );
  });

  it("fits the free memory and what a kernel can address, told before it is allocated", () => {
    const huge = { ...settings, workloads: ["60000x60000x60000"] };
    const check = (each: Settings, free: number) => () =>
      checkWorkloads([called("gemm-ladder")], experiments, each, free);
    expect(check(huge, 2 ** 50)).toThrow(/about \d+.* GiB for 60000x60000x60000; 4 GiB can be had/);
    expect(check(own, 2 ** 20)).toThrow(/1 MiB can be had/);
  });

  const asked = {
    product: ["300x500x700", "2000x2000x2000"],
    layer: ["16x20x20:32x3x3:p1", "64x28x28:64x1x1"],
  } as const;

  it("plans the shape in place of its own sizes, with time to run it", () => {
    for (const { ownWorkloads, plan } of experiments) {
      if (!ownWorkloads) continue;
      const workloads = asked[ownWorkloads.kind];
      const cells = plan({ ...settings, workloads });
      expect(cells.map(({ workload }) => workload)).toEqual(workloads);
      for (const { variants, seconds, silence } of cells) {
        expect(variants.length).toBeGreaterThan(0);
        expect(seconds).toBeGreaterThan(0);
        if (ownWorkloads.kind === "product") expect(silence).toBeGreaterThanOrEqual(60);
      }
    }
  });

  it("is of the kind that the experiment takes, and the error names those that take the other", () => {
    const layers = { ...settings, workloads: asked.layer };
    expect(() => checkWorkloads([called("gemm-ladder")], experiments, layers)).toThrow(
      expect.objectContaining({
        message: "gemm-ladder takes products such as 300x500x700; found 16x20x20:32x3x3:p1",
        remedy: expect.stringContaining("--experiment conv-algorithms"),
      }),
    );
    expect(() => checkWorkloads([called("conv-algorithms")], experiments, own)).toThrow(
      /takes layers such as/,
    );
    expect(() => checkWorkloads([called("conv-algorithms")], experiments, layers, 2 ** 30)).not.toThrow();
  });
});

describe("bench --workload", () => {
  let home: string;
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), "kdaccel-workload-"));
  });
  afterAll(() => {
    endPrograms();
    rmSync(home, { recursive: true, force: true });
  });
  const program = (...args: string[]): Promise<Ended> => runProgramWith(args, { home, entry: "main.ts" });
  const bench = (...args: string[]): Promise<Ended> =>
    program("bench", "--experiment", "gemm-ladder", ...args);

  it("runs it, stores it, judges nothing by it, and writes it into the line that repeats the run", async () => {
    const args = ["--workload", "9x20x33", "--profile", "quick", "--target", "wasm", "--json"];
    const ended = await bench(...args);
    expect(ended.code).toBe(0);
    const document = JSON.parse(ended.stdout);
    expect(document.run.workloads).toEqual(["9x20x33"]);
    expect(document.cells.map((cell: { workload: string }) => cell.workload)).toEqual(["9x20x33"]);
    for (const { verdict, evidence } of document.verdicts) {
      expect(verdict).toBe("inconclusive");
      expect(evidence).toContain("this run was made on 9x20x33 alone; run without --workload");
    }
    const shown = await program("runs", "show", "last");
    expect(shown.stdout).toContain("workloads 9x20x33");
    const resumed = await program("bench", "--resume", "last");
    expect(resumed.stderr).toContain("is complete");
  }, 60_000);

  it.each([
    [["--workload", "0x5x5"], "MxNxK such as 300x500x700"],
    [["--workload", "60000x60000x60000"], "can be had"],
    [["--workload", "3x8x8:4x3x3:p-1"], "Negative padding would cut the image"],
    [["--workload", "6x8x8:4x3x3:g4"], "channels in 4 equal groups"],
    [["--workload", "3x2x8:4x3x3"], "height, padding included, to be at least the kernel's 3"],
    [["--workload", "8x8x8", "--experiment", "gemm-tiling"], "sizes of its own"],
    [["--workload", "8x8x8", "--experiment", "gemm-tiling", "--list"], "sizes of its own"],
  ])("%j ends with exit code 2 and a line that says why", async (args, what) => {
    const { code, stdout, stderr } = await bench(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(what);
  });
});

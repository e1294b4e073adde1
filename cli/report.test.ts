import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ended, runProgramWith } from "./program.fixture.ts";

let home: string;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "kdaccel-report-test-"));
  // A real experiment of half a second, then one that has no chart.
  await runProgramWith(["bench", "--experiment", "mma-block", "--profile", "quick"], {
    home,
    entry: "main.ts",
  });
  await runProgramWith(["bench", "--topic", "tiling"], { home });
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const report = (...args: string[]): Promise<Ended> =>
  runProgramWith(["report", ...args], { home, entry: "main.ts" });
const folder = (name: string): string => join(home, name);
const read = (...path: string[]): string => readFileSync(join(home, ...path), "utf8");

describe("kdaccel report", () => {
  it("writes page, chart and raw data of a run, and lists them", async () => {
    const { code, stdout, stderr } = await report("r1", "-o", folder("one"));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const files = [
      "charts/01-mma-block-bars.svg",
      "measurements.csv",
      "report.md",
      "run.json",
      "samples.csv",
    ];
    const listed = stdout.trimEnd().split("\n");
    expect(listed.toSorted()).toEqual(files.map((file) => join(folder("one"), file)));
    for (const file of files) expect(read("one", file)).not.toBe("");
    expect(read("one", "report.md")).toContain("一次m x n x k的MMA完成");
    expect(read("one", "report.md")).toContain("kdaccel bench --experiment mma-block --profile quick");
  });

  it("writes the same bytes again over its own report", async () => {
    const before = read("one", "report.md") + read("one", "charts", "01-mma-block-bars.svg");
    expect((await report("r1", "-o", folder("one"))).code).toBe(0);
    expect(read("one", "report.md") + read("one", "charts", "01-mma-block-bars.svg")).toBe(before);
  });

  it("takes the newest run by default, and the newest on a topic where asked", async () => {
    const last = JSON.parse((await report("-o", folder("last"), "--json")).stdout);
    expect(last).toMatchObject({ schema: "kdaccel/report/1", run: "r2", folder: folder("last") });
    expect(last.files[0].path).toBe("report.md");
    const topic = JSON.parse((await report("--topic", "fma", "-o", folder("fma"), "--json")).stdout);
    expect(topic.run).toBe("r1");
  });

  it("refuses a folder that is someone else's, and with --force leaves what is in it", async () => {
    mkdirSync(folder("mine"));
    writeFileSync(join(folder("mine"), "thesis.tex"), "mine");
    const refused = await report("r1", "-o", folder("mine"));
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/not a report of kdaccel: it holds thesis\.tex\n.*--force/);
    expect(readdirSync(folder("mine"))).toEqual(["thesis.tex"]);
    expect((await report("r1", "-o", folder("mine"), "--force")).code).toBe(0);
    expect(read("mine", "thesis.tex")).toBe("mine");
    expect(readdirSync(folder("mine"))).toContain("report.md");
  });

  it.each([
    [["r99"], /there is no run "r99"/],
    [["--topic", "tilling"], /there is no topic "tilling"\nDid you mean tiling/],
    [["--topic", "pruning"], /no run on topic "pruning" is stored\nNo experiment belongs to this topic yet/],
    [["r1", "--topic", "gemv"], /a run and --topic were both given/],
    [["r1", "-o", ""], /-o needs the name of a folder/],
  ])("says what is wrong with %j and what to do, with exit code 2", async (args, message) => {
    const { code, stdout, stderr } = await report(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
  });

  it("says that nothing was run yet", async () => {
    const empty = mkdtempSync(join(tmpdir(), "kdaccel-report-empty-"));
    try {
      const { code, stderr } = await runProgramWith(["report"], { home: empty });
      expect(code).toBe(2);
      expect(stderr).toMatch(/nothing was run yet/);
    } finally {
      rmSync(empty, { recursive: true, force: true });
    }
  });
});

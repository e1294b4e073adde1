import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FolderProblem, type ReportFile, writeFolder } from "./folder.ts";

let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "kdaccel-folder-"));
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

const files = (text: string, ...charts: string[]): ReportFile[] => [
  { path: "report.md", text },
  { path: "run.json", text: "{}" },
  ...charts.map((name) => ({ path: `charts/${name}`, text: `<svg>${text}</svg>` })),
];
const entry = "report.md";
const read = (...path: string[]): string => readFileSync(join(...path), "utf8");
const write = (text: string, folder: string, charts = ["01.svg"], force = false): string =>
  writeFolder(folder, files(text, ...charts), { entry, force });

/** Everything below a folder, by path. */
const listing = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();

function problemOf(act: () => unknown): FolderProblem {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(FolderProblem);
    return error as FolderProblem;
  }
  throw new Error("expected a FolderProblem; none was thrown");
}

describe("a report's folder", () => {
  it("is made with its parents, and nothing else is left beside it", () => {
    const folder = join(place, "reports", "r1");
    expect(write("one", folder)).toBe(folder);
    expect(listing(folder)).toEqual(["charts", "charts/01.svg", "report.md", "run.json"]);
    expect(readdirSync(join(place, "reports"))).toEqual(["r1"]);
  });

  it("takes an empty folder that exists", () => {
    expect(write("one", place)).toBe(place);
    expect(listing(place)).toEqual(["charts", "charts/01.svg", "report.md", "run.json"]);
  });

  it("replaces an earlier report and its charts", () => {
    write("one", place, ["01.svg", "02.svg"]);
    write("two", place, ["01.svg"]);
    expect(listing(place)).toEqual(["charts", "charts/01.svg", "report.md", "run.json"]);
    expect(read(place, "charts", "01.svg")).toBe("<svg>two</svg>");
    write("three", place, []);
    expect(listing(place)).toEqual(["charts", "report.md", "run.json"]);
  });

  it("follows a symbolic link to a folder", () => {
    mkdirSync(join(place, "real"));
    symlinkSync(join(place, "real"), join(place, "link"));
    write("one", join(place, "link"));
    expect(read(place, "real", "report.md")).toBe("one");
  });

  it("removes what a killed process had staged", () => {
    mkdirSync(join(place, ".kdaccel-report-abc"));
    writeFileSync(join(place, ".kdaccel-report-abc", "report.md"), "half");
    write("one", place);
    expect(listing(place)).toEqual(["charts", "charts/01.svg", "report.md", "run.json"]);
  });
});

describe("what is someone else's", () => {
  it.each([["notes.txt"], ["report.md"], ["run.json"], ["charts"]])(
    "is refused where the folder holds %s alone, and left as it was",
    (name) => {
      writeFileSync(join(place, name), "mine");
      const problem = problemOf(() => write("one", place));
      expect(problem.message).toContain(name);
      expect(problem.remedy).toContain("--force");
      expect(listing(place)).toEqual([name]);
      expect(read(place, name)).toBe("mine");
    },
  );

  it("is refused where something was added to an earlier report", () => {
    write("one", place);
    writeFileSync(join(place, "my-notes.md"), "mine");
    expect(problemOf(() => write("two", place)).message).toContain("my-notes.md");
    expect(read(place, "report.md")).toBe("one");
  });

  it("stays beside a report that is written with force", () => {
    mkdirSync(join(place, "charts"));
    writeFileSync(join(place, "charts", "holiday.svg"), "mine");
    writeFileSync(join(place, "my-notes.md"), "mine");
    write("one", place, ["01.svg"], true);
    expect(read(place, "charts", "holiday.svg")).toBe("mine");
    expect(read(place, "my-notes.md")).toBe("mine");
    expect(read(place, "report.md")).toBe("one");
  });

  it("is refused where the path is a file, or goes through one", () => {
    writeFileSync(join(place, "file"), "mine");
    expect(problemOf(() => write("one", join(place, "file"))).message).toContain("something else");
    expect(problemOf(() => write("one", join(place, "file", "below"))).message).toContain("is a file");
    expect(problemOf(() => write("one", join(place, "file", "below"), [], true)).remedy).toContain("-o");
    expect(listing(place)).toEqual(["file"]);
  });
});

describe("a report that cannot be written", () => {
  const unwritable = [...files("two", "01.svg"), { path: "bad\0name", text: "" }];

  it("leaves no folder where there was none", () => {
    problemOf(() => writeFolder(join(place, "new"), unwritable, { entry }));
    expect(listing(place)).toEqual([]);
  });

  it("leaves the earlier one whole", () => {
    write("one", place);
    problemOf(() => writeFolder(place, unwritable, { entry, force: true }));
    expect(listing(place)).toEqual(["charts", "charts/01.svg", "report.md", "run.json"]);
    expect(read(place, "report.md")).toBe("one");
  });

  it("never leaves its folder", () => {
    const outside = [{ path: "../outside.md", text: "" }, ...files("one")];
    problemOf(() => writeFolder(join(place, "in", "side"), outside, { entry }));
    expect(existsSync(join(place, "in", "outside.md"))).toBe(false);
  });

  it.runIf(process.getuid?.() !== 0)("says that a folder may not be written", () => {
    chmodSync(place, 0o500);
    expect(problemOf(() => write("one", join(place, "new"))).message).toContain("may not be written");
    chmodSync(place, 0o700);
  });
});

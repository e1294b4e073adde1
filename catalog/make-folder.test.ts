import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { makeFolder } from "./make-folder.ts";

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "kdaccel-folder-"));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

it("makes everything above it as well, and leaves alone what is there", () => {
  const folder = join(base, "a", "b", "c");
  makeFolder(folder);
  writeFileSync(join(folder, "kept"), "");
  makeFolder(folder);
  expect(existsSync(join(folder, "kept"))).toBe(true);
});

it("says that a file is in the way", () => {
  writeFileSync(join(base, "file"), "");
  for (const folder of ["file", "file/x"]) expect(() => makeFolder(join(base, folder))).toThrow(/EEXIST/);
});

it.runIf(process.platform === "linux")("ends where the system takes no folder", () => {
  expect(() => makeFolder("/proc/kdaccel/x")).toThrow(/ENOENT|EACCES/);
});

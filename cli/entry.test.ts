import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runProgramWith } from "./program.fixture.ts";

const root = join(import.meta.dirname, "..");
const entry = join(root, "bin", "kdaccel.js");
const about = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "kdaccel-entry-"));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Runs the entry under a Node that says it is of another version. */
function underNode(version: string, ...args: string[]) {
  const disguise = join(home, "disguise.cjs");
  writeFileSync(
    disguise,
    `Object.defineProperty(process, "versions", { value: { ...process.versions, node: process.env.NODE_SAYS } });`,
  );
  const env = { ...process.env, NODE_SAYS: version, KDACCEL_HOME: home };
  return spawnSync(process.execPath, ["--require", disguise, entry, ...args], { encoding: "utf8", env });
}

it("prints its version, also under the oldest Node that it supports", () => {
  expect(underNode("22.19.0", "--version")).toMatchObject({ status: 0, stdout: `${about.version}\n` });
  expect(underNode("26.0.0", "-V")).toMatchObject({ status: 0, stdout: `${about.version}\n` });
});

it.each(["20.20.2", "22.18.9", "16.0.0"])("tells Node %s what to do and loads nothing", (version) => {
  const { status, stdout, stderr } = underNode(version, "runs");
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toContain(`needs Node >=22.19; this is Node ${version}`);
  expect(stderr).toContain("npx kdaccel");
});

it.runIf(process.platform === "linux")("starts nothing that waits where no cache can be kept", () => {
  const env = { ...process.env, KDACCEL_HOME: "/proc/nowhere" };
  const { status } = spawnSync(process.execPath, [entry, "--help"], {
    encoding: "utf8",
    env,
    timeout: 20_000,
  });
  // Ended by itself: with the help, or with the advice to build in a checkout without a bundle.
  expect([0, 1]).toContain(status);
});

it("is written so that an old Node can parse it", () => {
  // Optional chaining, nullish operators, private fields, top-level await and node: imports came after Node 12.
  expect(readFileSync(entry, "utf8")).not.toMatch(/\?\.[a-z(]|\?\?|#[a-z]+\s*[=(]|^await |"node:/m);
});

it("without arguments and without a terminal gives a line of help and ends with 2", async () => {
  const { code, stdout, stderr } = await runProgramWith([], { home });
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain("kdaccel --help");
  expect(stderr.trim().split("\n")).toHaveLength(1);
});

it("suggests the command that a mistyped one was meant to be", async () => {
  const { code, stderr } = await runProgramWith(["benhc"], { home });
  expect(code).toBe(2);
  expect(stderr).toContain("Did you mean bench?");
});

it("shows where an error came from with --debug only", async () => {
  const plain = await runProgramWith(["runs", "show", "r1"], { home });
  expect(plain.stderr).not.toContain("    at ");
  const debug = await runProgramWith(["runs", "show", "r1", "--debug"], { home });
  expect(debug.stderr).toContain("    at ");
  expect(debug.code).toBe(plain.code);
});

it("lists every command with its summary in the help", async () => {
  const { code, stdout } = await runProgramWith(["--help"], { home });
  expect(code).toBe(0);
  expect(stdout).toMatch(/bench .*run experiments/);
  expect(stdout).toMatch(/runs .*what was run/);
});

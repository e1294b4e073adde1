import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");

let dist: string;
let home: string;
beforeAll(() => {
  // Below node_modules, where the bundle finds the packages that stay outside of it.
  const cache = join(root, "node_modules", ".cache");
  mkdirSync(cache, { recursive: true });
  dist = mkdtempSync(join(cache, "kdaccel-bundle-"));
  home = mkdtempSync(join(tmpdir(), "kdaccel-bundle-"));
  const rolldown = join(root, "node_modules", "rolldown", "bin", "cli.mjs");
  const build = [rolldown, "--config", "rolldown.config.js", "--dir", dist];
  const { status, stderr } = spawnSync(process.execPath, build, { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
});
afterAll(() => {
  rmSync(dist, { recursive: true, force: true });
  rmSync(home, { recursive: true, force: true });
});

const kdaccel = (...args: string[]) =>
  spawnSync(process.execPath, [join(dist, "main.js"), ...args], {
    encoding: "utf8",
    env: { ...process.env, KDACCEL_HOME: home, NO_COLOR: "1" },
  });

it("runs a real experiment in its child process, which it finds beside itself", () => {
  const ended = kdaccel("bench", "--experiment", "gemm-tile-exactness", "--profile", "quick", "--json");
  expect(ended.stderr).toContain("[1/1] gemm-tile-exactness");
  expect(ended.status).toBe(0);
  const { verdicts, failures } = JSON.parse(ended.stdout);
  expect(failures).toEqual([]);
  expect(verdicts).toMatchObject([{ claim: "tiles-sum-to-the-product", verdict: "confirmed" }]);
});

it("finds the child that looks for OpenBLAS, and goes on without what is absent", () => {
  const env = {
    ...process.env,
    KDACCEL_HOME: home,
    KDACCEL_OPENBLAS: "/nowhere/blas.so",
    KDACCEL_PEERS: home,
  };
  const args = ["bench", "--experiment", "gemm-ladder", "--profile", "quick", "--peers", "--list", "--json"];
  const ended = spawnSync(process.execPath, [join(dist, "main.js"), ...args], { encoding: "utf8", env });
  expect(ended.status).toBe(0);
  // The probe itself says which name it tried.
  expect(ended.stderr).toContain("openblas does not take part: no /nowhere/blas.so was found.");
  expect(ended.stderr).toContain(
    "onnxruntime-node does not take part: package onnxruntime-node is not installed.",
  );
  expect(JSON.parse(ended.stdout).settings.peers).toEqual([]);
});

it("holds the reading list and measures widths of every script", () => {
  expect(kdaccel("search", "蒸馏").stdout).toContain("蒸馏");
  expect(kdaccel("runs", "show", "👩‍🔬").stderr).toContain("there is no run");
});

it("carries neither tests nor fixtures, and says what else it needs", () => {
  const sources = readdirSync(dist).map((name) => readFileSync(join(dist, name), "utf8"));
  expect(sources.filter((source) => /fixture (fine|gated|stuck)|from "vitest"/.test(source))).toEqual([]);
  const about = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const imported = sources.flatMap((source) =>
    [
      ...source.matchAll(
        /^import .*? from "([^".][^"]*)"|import\("([^".][^"]*)"\)|\("([a-z-]+)"\)\.default/gm,
      ),
    ].map((match) => match[1] ?? match[2] ?? match[3] ?? ""),
  );
  const packages = new Set(imported.filter((name) => !name.startsWith("node:")));
  const optional = new Set(["react-devtools-core"]);
  for (const name of packages) {
    if (!optional.has(name)) expect(Object.keys(about.dependencies)).toContain(name);
  }
  expect(packages).toContain("better-sqlite3");
});

#!/usr/bin/env node
// biome-ignore-all lint/style/useNodejsImportProtocol: a Node before 14.18 does not know `node:`
/*
 * The program's first file. CommonJS without recent syntax, so that any Node can parse it: a Node that is too old gets a
 * sentence instead of a crash in a native module. `--version` is answered here, before anything else loads.
 */
"use strict";

const fs = require("fs");
const path = require("path");
const about = require("../package.json");

const root = path.join(__dirname, "..");

/** Whether version `a.b.c` of the running Node is at least the `>=a.b` that package.json asks for. */
function isNewEnough(running, asked) {
  const wanted = asked
    .replace(/[^0-9.]/g, "")
    .split(".")
    .map(Number);
  const found = running.split(".").map(Number);
  return found[0] !== wanted[0] ? found[0] > wanted[0] : found[1] >= (wanted[1] || 0);
}

function explainNode() {
  const pinned = path.join(root, "node_modules", ".bin", process.platform === "win32" ? "node.cmd" : "node");
  const checkout = fs.existsSync(path.join(root, "package-lock.json"));
  const remedy = !checkout
    ? "Install a newer Node (https://nodejs.org), then run kdaccel again."
    : fs.existsSync(pinned)
      ? `This checkout has its own: run \`npx kdaccel …\` in ${root}.`
      : `Run \`npm ci\` in ${root}, which brings one, then \`npx kdaccel …\` there.`;
  const { engines } = about;
  process.stderr.write(
    `kdaccel: needs Node ${engines.node}; this is Node ${process.versions.node}.\n${remedy}\n`,
  );
}

/** Where V8 may keep compiled code between starts; undefined leaves the choice to Node. */
function compileCacheFolder() {
  const env = process.env;
  if (env.KDACCEL_HOME) return path.join(env.KDACCEL_HOME, "cache", "compile");
  if (env.XDG_CACHE_HOME && path.isAbsolute(env.XDG_CACHE_HOME)) {
    return path.join(env.XDG_CACHE_HOME, "kdaccel", "compile");
  }
  const home = require("os").homedir();
  return process.platform === "linux" ? path.join(home, ".cache", "kdaccel", "compile") : undefined;
}

/** Makes a folder and those above it; Node's own `recursive` never returns for one below /proc. */
function makeFolder(folder) {
  if (fs.existsSync(folder)) return;
  makeFolder(path.dirname(folder));
  fs.mkdirSync(folder);
}

/** A cache that cannot be written is no error: Node then compiles as if there were none. */
function enableCompileCache() {
  const folder = compileCacheFolder();
  try {
    if (folder) makeFolder(folder);
  } catch {
    return;
  }
  require("module").enableCompileCache(folder);
}

function start() {
  const bundle = path.join(root, "dist", "main.js");
  if (!fs.existsSync(bundle)) {
    process.stderr.write(`kdaccel: ${bundle} is missing.\nBuild it: \`npm run build\` in ${root}.\n`);
    process.exitCode = 1;
    return;
  }
  enableCompileCache();
  import(require("url").pathToFileURL(bundle).href);
}

if (!isNewEnough(process.versions.node, about.engines.node)) {
  explainNode();
  process.exitCode = 1;
} else if (process.argv.length === 3 && (process.argv[2] === "--version" || process.argv[2] === "-V")) {
  process.stdout.write(`${about.version}\n`);
} else {
  start();
}

/*
 * Builds dist/: the program, the child process that runs experiments, and the threads of its teams. Commands, the
 * terminal UI and experiments are chunks of their own, loaded when needed. All chunks lie flat in dist/, because
 * kernels/host/entries.ts and kernels/threads/entries.ts look for their files beside themselves. What
 * cli/startup.bench.ts measures is decided here: how many files a command opens, and that nothing is loaded which it
 * does not use.
 */
import childProcess from "node:child_process";
import { defineConfig } from "rolldown";

/**
 * Two builtins that cost more to import than a small command takes to run. node:child_process loads net, dgram and
 * streams, and most commands never call it: the first call loads it. An import of node:process asks every getter of
 * `process` for its value, standard input included: the global is the same object and asks none.
 */
const cheapBuiltins = {
  "node:child_process": () => onDemand("node:child_process", childProcess),
  "node:process": () =>
    "export default globalThis.process; export const { cwd, env } = globalThis.process;\n",
};

const builtinsOnDemand = {
  name: "builtins-on-demand",
  resolveId: (id) => (Object.hasOwn(cheapBuiltins, id) ? `\0${id}` : null),
  load: (id) => (id.startsWith("\0node:") ? cheapBuiltins[id.slice(1)]() : null),
};

/** Source of a module with the same functions as a builtin, which it loads when one of them is called. */
function onDemand(specifier, builtin) {
  const names = Object.keys(builtin).filter((name) => /^[a-z]/.test(name));
  const functions = names.map(
    (name) =>
      `export const ${name} = (...args) => process.getBuiltinModule("${specifier}").${name}(...args);\n`,
  );
  return `${functions.join("")}export default { ${names.join(", ")} };\n`;
}

export default defineConfig({
  input: {
    main: "cli/main.ts",
    child: "kernels/host/child.ts",
    watchdog: "kernels/host/watchdog.ts",
    "team-keeper": "kernels/threads/team-keeper.ts",
    "team-worker": "kernels/threads/team-worker.ts",
    "openblas-probe": "kernels/peers/openblas/core-probe.ts",
  },
  platform: "node",
  plugins: [builtinsOnDemand],
  // Native code cannot be bundled; the chart libraries are large and only reports need them, undici only downloads.
  external: ["better-sqlite3", "koffi", "undici", "vega", "vega-lite", "react-devtools-core"],
  transform: { define: { "process.env.NODE_ENV": '"production"' } },
  output: {
    dir: "dist",
    format: "esm",
    cleanDir: true,
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
    codeSplitting: {
      groups: [
        // What every command needs: two files instead of twelve.
        {
          name: "program",
          test: /commander|package\.json$|cli\/(exit|theme|table|terminal-text|text-width|print|moment)\.ts|catalog\/plain-text/,
        },
        {
          name: "catalog",
          test: /catalog\/(database\/|(did-you-mean|identifiers|library|matching|open-catalog)\.ts|search\/(index-rows|words)\.ts|articles\/digest\.ts)/,
        },
      ],
    },
  },
});

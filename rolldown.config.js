/*
 * Builds dist/: the program, and the child process that runs experiments. Commands, the terminal UI and experiments
 * are chunks of their own, loaded when needed. All chunks lie flat in dist/, because kernels/host/entries.ts looks for
 * the child's files beside itself.
 */
import { defineConfig } from "rolldown";

export default defineConfig({
  input: { main: "cli/main.ts", child: "kernels/host/child.ts", watchdog: "kernels/host/watchdog.ts" },
  platform: "node",
  // Native code cannot be bundled; the chart libraries are large and only reports need them.
  external: ["better-sqlite3", "vega", "vega-lite", "react-devtools-core"],
  transform: { define: { "process.env.NODE_ENV": '"production"' } },
  output: {
    dir: "dist",
    format: "esm",
    cleanDir: true,
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
  },
});

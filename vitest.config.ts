import { defineConfig } from "vitest/config";

// Three projects: `quick` is what `npm test` runs, `full` holds the long ones (*.full.test.ts), `bench` prints
// figures (*.bench.ts). Files run in child processes because several tests load native code and time things.
export default defineConfig({
  test: {
    pool: "forks",
    projects: [
      {
        extends: true,
        test: {
          name: "quick",
          include: ["{cli,kernels,catalog,reports}/**/*.test.{ts,tsx}"],
          exclude: ["**/*.full.test.{ts,tsx}"],
          testTimeout: 30_000,
          // Some prepare with a real run, which a loaded machine starts slowly.
          hookTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: "full",
          include: ["{cli,kernels,catalog,reports}/**/*.full.test.{ts,tsx}"],
          testTimeout: 600_000,
        },
      },
    ],
  },
});

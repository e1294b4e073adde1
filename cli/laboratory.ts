/**
 * What the program can run: its experiments, and the file that runs them in a child process. Handed to every command,
 * so that the tests' program differs from the real one in this alone (main.fixture.ts).
 */
import type { Experiment } from "../kernels/experiment.ts";

export interface Laboratory {
  /** The registry; loaded on demand because most commands do not need it. */
  experiments(): Promise<readonly Experiment[]>;
  /** Entry of the child process; the host's own where absent. */
  readonly child?: URL;
}

/** The experiments of kernels/registry.ts. */
export const laboratory: Laboratory = {
  experiments: async () => (await import("../kernels/registry.ts")).experiments,
};

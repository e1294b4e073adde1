/**
 * What the program can run: its experiments, and the file that runs them in a child process. Handed to every command,
 * so that the tests' program differs from the real one in this alone (main.fixture.ts).
 */
import type { Experiment } from "../kernels/experiment.ts";
import type { FoundPeers } from "../kernels/peers/peers.ts";

export interface Laboratory {
  /** The registry; loaded on demand because most commands do not need it. */
  experiments(): Promise<readonly Experiment[]>;
  /** The libraries of others that are on this machine, and what to do about the others; loaded on demand. */
  peers(): Promise<FoundPeers>;
  /** Entry of the child process; the host's own where absent. */
  readonly child?: URL;
}

/** The experiments of kernels/registry.ts. */
export const laboratory: Laboratory = {
  experiments: async () => (await import("../kernels/registry.ts")).experiments,
  peers: async () => (await import("../kernels/peers/peers.ts")).findPeers(),
};

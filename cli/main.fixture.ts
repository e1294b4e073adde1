/** The program with the fixture experiments, for the tests of what can go wrong; see main.ts. */
import type { Laboratory } from "./laboratory.ts";
import { runProgram } from "./program.ts";

const fixtures: Laboratory = {
  experiments: async () => (await import("../kernels/host/experiments.fixture.ts")).fixtureExperiments,
  child: new URL("../kernels/host/child.fixture.ts", import.meta.url),
};

await runProgram(process.argv.slice(2), fixtures);

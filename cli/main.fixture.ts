/** The program with the fixture experiments, for the tests of what can go wrong; see main.ts. */
import type { Laboratory } from "./laboratory.ts";
import { runProgram } from "./program.ts";

const fixtures: Laboratory = {
  experiments: async () => (await import("../kernels/host/experiments.fixture.ts")).fixtureExperiments,
  peers: async () => ({
    found: [{ peer: "other-blas", version: "1.2.3", detail: "built for tests" }],
    missing: ["absent does not take part: no such library. Install nothing."],
  }),
  child: new URL("../kernels/host/child.fixture.ts", import.meta.url),
};

await runProgram(process.argv.slice(2), fixtures);

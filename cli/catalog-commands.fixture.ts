/** The program with two experiments that are only listed, for the tests of the catalog's commands; see main.ts. */
import type { Experiment } from "../kernels/experiment.ts";
import type { Laboratory } from "./laboratory.ts";
import { runProgram } from "./program.ts";

const listed = (id: string, topics: readonly string[], claims: readonly string[]): Experiment => ({
  id,
  title: { en: `Listed ${id}`, zh: `列出的${id}` },
  question: "Is it listed?",
  topics,
  claims: claims.map((claim) => ({
    claim,
    rule: "never judged",
    judge: () => ({ verdict: "inconclusive", evidence: "" }),
  })),
  charts: [],
  plan: () => [],
  load: () => Promise.reject(new Error("listing an experiment must not load it")),
});

const experiments = [
  listed("listed-tiling", ["tiling"], ["tiling-avoids-rereading", "blocking-pays-beyond-cache"]),
  listed("listed-softmax", ["softmax"], []),
];
const laboratory: Laboratory = {
  experiments: async () => experiments,
  peers: async () => ({ found: [], missing: [] }),
};

await runProgram(process.argv.slice(2), laboratory);

/**
 * Main file of a child process in which some plans misbehave: unrolled by 8 they kill the process, unrolled by 2 they
 * compute something else. Everything else is the real procedure.
 */
import type { Bench, Candidate } from "../experiment.ts";
import { serveCell } from "../host/serve.ts";
import { readTrialWorkload, tuneTrials } from "./trials.experiment.ts";
import { procedure } from "./trials.ts";

const misbehaving = (candidate: Candidate): Candidate => ({
  ...candidate,
  check: () => {
    if (candidate.variant.includes("-u8-")) process.kill(process.pid, "SIGSEGV");
    return candidate.variant.includes("-u2-") ? "1 of 4 elements differ" : (candidate.check?.() ?? null);
  },
});

await serveCell((id) =>
  id === tuneTrials.id
    ? {
        ...tuneTrials,
        load: async () => ({
          run: (cell, bench) => {
            readTrialWorkload(cell.workload);
            const compare: Bench["compare"] = (candidates, options) =>
              bench.compare(candidates.map(misbehaving), options);
            return procedure.run(
              cell,
              Object.create(bench, {
                compare: { value: compare },
                variants: { value: bench.variants },
                settings: { value: bench.settings },
                random: { value: bench.random.bind(bench) },
              }),
            );
          },
        }),
      }
    : undefined,
);

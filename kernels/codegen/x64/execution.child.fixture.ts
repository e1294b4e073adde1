/**
 * The process that executes every row that computes, in every form that this CPU has. It says which form it is at before
 * it executes it, so that a crash has a name, and ends with a summary. A wrong encoding can kill it, not its parent.
 */
import { writeSync } from "node:fs";
import { thisCpu } from "../../native/cpu.ts";
import { type Difference, execute } from "./execution.fixture.ts";
import { formsOf, instructionNames } from "./instructions.ts";
import { models } from "./models/models.fixture.ts";

const has = new Set(thisCpu().features);
const wide = has.has("avx512f");
const differences: Difference[] = [];
let [forms, executed] = [0, 0];
const lacking: string[] = [];

for (const name of instructionNames) {
  const model = models[name];
  if (!model) continue;
  for (const form of formsOf(name)) {
    if (!form.features.every((feature) => has.has(feature))) {
      lacking.push(`${name} ${form.bits}`);
      continue;
    }
    writeSync(1, `at ${name} ${form.encoding} ${form.bits} ${form.row[3]}\n`);
    const result = execute(form, model, wide);
    forms++;
    executed += result.executed;
    differences.push(...result.differences);
  }
}
writeSync(
  1,
  `done ${JSON.stringify({ forms, executed, lacking, differences: differences.slice(0, 400) })}\n`,
);

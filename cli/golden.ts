/**
 * `npm run golden -- DIR [DIR …]`: runs every case of every *.json of the schema kd-golden/1 in these folders. One line
 * for each case that fails, then `N passed, N failed`; exit code 0 where all passed, else 1.
 */
import { runGoldenFolder } from "../kernels/golden/run.ts";
import { sanitise } from "./terminal-text.ts";

const folders = process.argv.slice(2);
let passed = 0;
let failed = 0;
for (const folder of folders) {
  const outcome = runGoldenFolder(folder);
  passed += outcome.passed;
  failed += outcome.failures.length;
  for (const { id, message } of outcome.failures) process.stdout.write(`${sanitise(`${id}: ${message}`)}\n`);
}
if (folders.length === 0)
  process.stdout.write("expected a folder; found none; npm run golden -- DIR [DIR …]\n");
process.stdout.write(`${passed} passed, ${failed} failed\n`);
if (failed > 0 || folders.length === 0) process.exitCode = 1;

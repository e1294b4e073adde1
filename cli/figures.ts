/**
 * `npm run bench`: runs every *.bench.ts of the project one after the other, never two at a time, since they time
 * things. Each prints its own figures. Arguments choose files by a part of their path.
 */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const wanted = process.argv.slice(2);
const files = globSync("{kernels,catalog,reports,cli}/**/*.bench.ts", { cwd: root })
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort();

for (const file of files) {
  process.stdout.write(`\n# ${file}\n`);
  const { status } = spawnSync(process.execPath, [join(root, file)], { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}

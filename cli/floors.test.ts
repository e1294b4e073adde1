/** The floor rule is configuration, and configuration can rot: here the linter meets an import of every direction. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const house = mkdtempSync(join(tmpdir(), "kdaccel-floors-"));
afterAll(() => rmSync(house, { recursive: true, force: true }));

/** Files of a house of its own: importer, what it imports, and whether the rule allows it. */
const imports = [
  ["kernels/gemm/a.ts", "../../catalog/b.ts", false],
  ["kernels/gemm/b.ts", "../../reports/b.ts", false],
  ["kernels/gemm/c.ts", "../../cli/b.ts", false],
  ["kernels/gemm/d.ts", "../measure/b.ts", true],
  ["catalog/search/a.ts", "../../reports/b.ts", false],
  ["catalog/search/b.ts", "../../cli/b.ts", false],
  ["catalog/search/c.ts", "../../kernels/gemm/b.ts", false],
  ["catalog/search/d.ts", "../../kernels/experiment.ts", true],
  ["catalog/search/d.ts", "../../kernels/run-events.ts", true],
  ["reports/a.ts", "../cli/b.ts", false],
  ["reports/b.ts", "../catalog/b.ts", true],
  ["reports/c.ts", "../kernels/gemm/b.ts", true],
  ["cli/tui/a.ts", "../../reports/b.ts", true],
  ["cli/tui/b.ts", "../../kernels/gemm/b.ts", true],
] as const;

/** The ways in which a module can reach another. */
const forms: Readonly<Record<string, (path: string) => string>> = {
  import: (path) => `import { b } from "${path}";\n\nexport const a = b;\n`,
  "import type": (path) => `import type { B } from "${path}";\n\nexport type A = B;\n`,
  "dynamic import": (path) => `export const a = () => import("${path}");\n`,
  "re-export": (path) => `export { b } from "${path}";\n`,
};

function lints(file: string, source: string): boolean {
  mkdirSync(dirname(join(house, file)), { recursive: true });
  writeFileSync(join(house, file), source);
  try {
    execFileSync(join(root, "node_modules", ".bin", "biome"), ["lint", "--vcs-enabled=false", file], {
      cwd: house,
      stdio: "pipe",
    });
    return true;
  } catch (error) {
    expect(String((error as { stderr: Buffer }).stderr)).toContain("noRestrictedImports");
    return false;
  }
}

describe.each(Object.entries(forms))("by %s", (_form, write) => {
  it.each(imports)("%s reaching %s: allowed %s", (file, path, allowed) => {
    cpSync(join(root, "biome.json"), join(house, "biome.json"));
    expect(lints(file, write(path))).toBe(allowed);
  });
});

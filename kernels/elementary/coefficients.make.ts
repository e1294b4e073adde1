/** Writes coefficients.ts anew: `node kernels/elementary/coefficients.make.ts`. A test compares it with what is stored. */
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { type ApproximationName, approximations, computeCoefficients, splitLn2 } from "./approximations.ts";

/** The text of coefficients.ts before it is formatted. */
export function coefficientsText(): string {
  const names = Object.keys(approximations) as ApproximationName[];
  const union = names.map((name) => `"${name}"`).join(" | ");
  const list = (numbers: readonly number[]): string => `[${numbers.join(", ")}]`;
  const rows = names.map(
    (name) =>
      `  ${name}: { f32: ${list(computeCoefficients(name, "f32"))}, f64: ${list(computeCoefficients(name, "f64"))} },`,
  );
  return [
    "/**",
    " * Made by coefficients.make.ts from the table in approximations.ts; not to be edited. Lowest power first; f32 ones are",
    " * numbers of 24 bits.",
    " */",
    "// biome-ignore-all lint/suspicious/noApproximativeNumericConstant: what is rounded to a type is no constant of Math",
    'import type { RealElement } from "./intervals.ts";',
    "",
    "/** Coefficients of each row of the table. */",
    `export const coefficients: Readonly<Record<${union}, Readonly<Record<RealElement, readonly number[]>>>> = {`,
    ...rows,
    "};",
    "",
    "/** ln 2 as a part that exponents multiply exactly, and the rest. */",
    "export const ln2Parts: Readonly<Record<RealElement, readonly [high: number, low: number]>> = {",
    `  f32: ${list(splitLn2("f32"))},`,
    `  f64: ${list(splitLn2("f64"))},`,
    "};",
    "",
  ].join("\n");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  writeFileSync(new URL("coefficients.ts", import.meta.url), coefficientsText());

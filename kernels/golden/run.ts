/**
 * Runs files of golden numbers: every case on every target, in float64 and, where the file has a tolerance for it, in
 * float32. A case that cannot be run has failed; nothing is skipped.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { KernelTarget } from "../codegen/compile.ts";
import { Memory } from "../codegen/memory.ts";
import type { Real } from "../gemm/arguments.ts";
import { nativeAvailability } from "../native/availability.ts";
import { firstMismatch } from "./compare.ts";
import { type GoldenEvaluator, type GoldenVariant, Inputs } from "./evaluator.ts";
import { evaluators } from "./evaluators.ts";
import { elementsOf, type GoldenCase, type GoldenFile, mostFileBytes, parseGolden } from "./schema.ts";
import { type Tensor, tensorsOf } from "./tensors.ts";

/** Why a case, or a whole file, did not pass. */
export interface GoldenFailure {
  /** Id of the case, or name of the file. */
  readonly id: string;
  /** One clause: where, what was expected, what was found. Holds text from the file. */
  readonly message: string;
}

export interface GoldenOutcome {
  readonly passed: number;
  readonly failures: readonly GoldenFailure[];
}

/** The targets that this machine runs. */
export function goldenTargets(): readonly KernelTarget[] {
  return nativeAvailability().available ? ["wasm", "js", "native"] : ["wasm", "js"];
}

/** Runs every *.json of a folder, in order of name; a folder without any has failed. */
export function runGoldenFolder(folder: string, targets = goldenTargets()): GoldenOutcome {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  } catch (error) {
    return failed(folder, `expected a folder of *.json; found ${(error as Error).message}`);
  }
  if (names.length === 0)
    return failed(folder, "expected at least one *.json; found none; name the folder itself");
  return joined(names.sort().map((name) => runGoldenFile(join(folder, name), targets)));
}

/** Runs every case of one file. */
export function runGoldenFile(path: string, targets = goldenTargets()): GoldenOutcome {
  let file: GoldenFile;
  try {
    const { size } = statSync(path);
    if (size > mostFileBytes)
      return failed(path, `expected at most ${mostFileBytes} bytes; found ${size}; split the file`);
    file = parseGolden(readFileSync(path, "utf8"));
  } catch (error) {
    return failed(path, (error as Error).message);
  }
  const arenas = new Arenas();
  return joined(file.cases.map((each) => runCase(file, each, targets, arenas)));
}

const failed = (id: string, message: string): GoldenOutcome => ({ passed: 0, failures: [{ id, message }] });

function joined(outcomes: readonly GoldenOutcome[]): GoldenOutcome {
  return {
    passed: outcomes.reduce((sum, { passed }) => sum + passed, 0),
    failures: outcomes.flatMap(({ failures }) => failures),
  };
}

function runCase(
  file: GoldenFile,
  golden: GoldenCase,
  targets: readonly KernelTarget[],
  arenas: Arenas,
): GoldenOutcome {
  const messages: string[] = [];
  try {
    const evaluator = evaluatorOf(file);
    const inputs = new Inputs({ ...tensorsOf(golden), ...turnableOf(evaluator, golden) });
    const variant = variantOf(evaluator, golden.variant);
    const run = { file, golden, inputs, evaluator, variant, arenas };
    for (const element of file.tolerance.f32 ? (["f64", "f32"] as const) : (["f64"] as const))
      for (const target of targets) messages.push(...runOnce(run, target, element));
  } catch (error) {
    messages.push((error as Error).message);
  }
  const [first, ...others] = messages;
  if (first === undefined) return { passed: 1, failures: [] };
  return failed(golden.id, others.length === 0 ? first : `${first} (and ${others.length} more runs)`);
}

/** Outputs whose sign is free, as inputs that say which one the file has. */
function turnableOf({ turnable = [] }: GoldenEvaluator, { outputs }: GoldenCase): Record<string, Tensor> {
  const lists = Object.entries(outputs).filter(([name]) => turnable.includes(name.replace(/\.\d+$/, "")));
  return Object.fromEntries(
    lists.map(([name, output]) => {
      const values = Float64Array.from(typeof output === "number" ? [output] : output);
      return [name, { shape: [values.length], values }];
    }),
  );
}

interface Run {
  readonly file: GoldenFile;
  readonly golden: GoldenCase;
  readonly inputs: Inputs;
  readonly evaluator: GoldenEvaluator;
  readonly variant: GoldenVariant;
  readonly arenas: Arenas;
}

/** What went wrong with a case on one target in one precision, if anything. */
function runOnce(run: Run, target: KernelTarget, element: Real): readonly string[] {
  const { file, golden, inputs, evaluator, variant, arenas } = run;
  const tolerance = file.tolerance[element] ?? file.tolerance.f64;
  const where = `${target} ${element}`;
  const memory = arenas.of(target, element, bytesFor(golden));
  const mark = memory.mark();
  try {
    const result = variant.evaluate(golden.params, inputs, { target, element, memory });
    const found = firstMismatch(golden, result, tolerance, new Set(evaluator.integers));
    if (!found) return [];
    const { what, expected, found: other, allowed } = found;
    return [`${where}: ${what} expected ${expected}; found ${other}; tolerance ${allowed}`];
  } catch (error) {
    return [`${where}: ${(error as Error).message}`];
  } finally {
    memory.release(mark);
  }
}

function evaluatorOf({ area, loss }: GoldenFile): GoldenEvaluator {
  const evaluator = evaluators.find((row) => row.area === area && row.loss === loss);
  if (evaluator) return evaluator;
  const known = evaluators.map((row) => `${row.area}/${row.loss}`).join(", ");
  throw new RangeError(`cannot run ${area}/${loss}; known are ${known}`);
}

function variantOf({ area, loss, variants }: GoldenEvaluator, name: string): GoldenVariant {
  const found = Object.hasOwn(variants, name) ? variants[name] : undefined;
  if (found) return found;
  throw new RangeError(
    `cannot run variant "${name}" of ${area}/${loss}; known are ${Object.keys(variants).join(", ")}`,
  );
}

/** Room for workspaces, and copies of every tensor of a case: transposed, padded, unfolded by a kernel of 7x7. */
const workspaceBytes = 16 * 2 ** 20;
const copies = 64;

function bytesFor({ inputs, outputs }: GoldenCase): number {
  const lengths = [
    ...Object.values(inputs).map(({ shape }) => elementsOf(shape)),
    ...Object.values(outputs).map((output) => (typeof output === "number" ? 1 : output.length)),
  ];
  const elements = lengths.reduce((sum, length) => sum + length, 0);
  return Math.min(workspaceBytes + copies * 8 * elements, 2 ** 31);
}

/** One memory for each target and precision, made anew only where a case needs a larger one. */
class Arenas {
  readonly #memories = new Map<string, Memory>();

  of(target: KernelTarget, element: Real, bytes: number): Memory {
    const key = `${target} ${element}`;
    const kept = this.#memories.get(key);
    if (kept && kept.freeBytes >= bytes) return kept;
    const made = new Memory(bytes);
    this.#memories.set(key, made);
    return made;
  }
}

/**
 * Prints how fast the elementary functions are: elements per second, the share of the core's arithmetic that they use
 * (each operation of the program counts as one multiply-add), and the factor over JavaScript's own function.
 * Run: node kernels/elementary/elementary.bench.ts. Each round runs the peak loop and every contestant once; shown are
 * medians over rounds, ratios taken round by round. The arrays stay in the second-level cache.
 */
import { compile, type KernelTarget, nativeIsa } from "../codegen/compile.ts";
import { childrenOf, type Expression } from "../codegen/expressions.ts";
import { Memory } from "../codegen/memory.ts";
import type { Statement } from "../codegen/statements.ts";
import { widestLanes } from "../codegen/x64/isa.ts";
import type { Candidate } from "../experiment.ts";
import { multiplyAddPeak } from "../measure/peak.ts";
import { nativeAvailability } from "../native/availability.ts";
import { type ElementaryName, elementaryNames, mapProgram } from "./functions.ts";
import type { RealElement } from "./intervals.ts";

const length = 4096;
/** Passes over the arrays in one sample: some tenths of a millisecond. */
const passes = 64;
const rounds = 41;

/** What JavaScript has; the logistic function is written with it. */
const ownFunctions: Readonly<Partial<Record<ElementaryName, (x: number) => number>>> = {
  exp: Math.exp,
  exp2: (x) => 2 ** x,
  log: Math.log,
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
};

const arithmetic = new Set(["binary", "unary", "multiplyAdd", "select"]);

/** Operations on data of one pass of the loop body: what an address takes is not among them. */
function operations(statements: readonly Statement[]): number {
  const count = (expression: Expression): number => {
    if (!("type" in expression) || expression.type.element === "i32") return 0;
    const own = arithmetic.has(expression.op) ? 1 : 0;
    return own + childrenOf(expression).reduce((sum, child) => sum + count(child), 0);
  };
  return statements.reduce((sum, statement) => {
    if (statement.op === "loop") return sum + operations(statement.body);
    return "value" in statement ? sum + count(statement.value) : sum;
  }, 0);
}

function contestants(name: ElementaryName, element: RealElement): Candidate[] {
  const memory = new Memory(2 ** 20);
  const [x, y] = [memory.allocate(element, length), memory.allocate(element, length)];
  for (let i = 0; i < length; i++) x.view[i] = name === "log" ? Math.exp(Math.sin(i) * 20) : Math.sin(i) * 5;
  const own = ownFunctions[name];
  const script: Candidate = {
    variant: "Math",
    target: "js",
    run: () => {
      if (own) for (let pass = 0; pass < passes; pass++) applyTo(own, x.view, y.view);
    },
  };
  const targets: KernelTarget[] = nativeAvailability().available ? ["wasm", "native"] : ["wasm"];
  const kernels = targets.map((target): Candidate => {
    const bytes = element === "f32" ? 4 : 8;
    const lanes = target === "native" ? widestLanes(nativeIsa(), bytes) : 16 / bytes;
    const written = mapProgram(name, element, lanes);
    const { call } = compile(written, target, memory);
    return {
      variant: name,
      target,
      run: () => {
        for (let pass = 0; pass < passes; pass++) call(length, x.address, y.address);
      },
      // Doubles have half the peak of singles, in which it is measured.
      flops: 2 * operations(written.body) * length * passes * (bytes / 4),
    };
  });
  return own ? [script, ...kernels] : kernels;
}

function applyTo(
  f: (x: number) => number,
  x: Float32Array | Float64Array,
  y: Float32Array | Float64Array,
): void {
  for (let i = 0; i < x.length; i++) y[i] = f(x[i] as number);
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] as number;

function seconds(run: () => unknown): number {
  const start = performance.now();
  run();
  return (performance.now() - start) / 1000;
}

/** The value of `at` for each round, and the median of these. */
const overRounds = (count: number, at: (round: number) => number): number =>
  median(Array.from({ length: count }, (_, round) => at(round)));

function report(name: ElementaryName, element: RealElement): void {
  const entrants = contestants(name, element);
  const peaks = { wasm: multiplyAddPeak(1, "wasm"), native: multiplyAddPeak(1, "native") };
  const all = [...entrants, ...Object.values(peaks)];
  for (const { run } of all) for (let i = 0; i < 10; i++) run();
  const times = new Map(all.map((entrant): [Candidate, number[]] => [entrant, []]));
  for (let round = 0; round < rounds; round++)
    for (const [{ run }, samples] of times) samples.push(seconds(run));
  const timeOf = (entrant: Candidate, round: number): number => times.get(entrant)?.[round] as number;
  const [first] = entrants;
  for (const entrant of entrants) {
    const rate = (length * passes) / overRounds(rounds, (r) => timeOf(entrant, r)) / 1e6;
    const words = [
      `${name.padEnd(8)} ${element} ${entrant.target.padEnd(6)} ${rate.toFixed(0).padStart(6)} M/s`,
    ];
    const { target, flops = 0 } = entrant;
    if (target === "wasm" || target === "native") {
      const peak = peaks[target];
      const perFlop = flops / (peak.flops as number);
      const share = overRounds(rounds, (r) => (perFlop * timeOf(peak, r)) / timeOf(entrant, r));
      words.push(`${(100 * share).toFixed(0).padStart(3)} % of peak`);
    }
    if (first && first !== entrant && first.target === "js")
      words.push(`${overRounds(rounds, (r) => timeOf(first, r) / timeOf(entrant, r)).toFixed(1)}x Math`);
    console.log(words.join("  "));
  }
}

for (const element of ["f32", "f64"] as const) for (const name of elementaryNames) report(name, element);

/** Procedure of `softmax-passes`: every algorithm on the same rows, checked against the definition on some of them. */
import { Memory } from "../codegen/memory.ts";
import type { Bench, Candidate, Cell, Procedure, VariantRef } from "../experiment.ts";
import { kernelTarget } from "../kernel-target.ts";
import type { SoftmaxAlgorithm } from "./programs/rows.ts";
import { differsFrom, softmaxReference } from "./reference.ts";
import { createSoftmax } from "./softmax.ts";
import { arrayElements, passVariants, rowLength } from "./softmax-passes.experiment.ts";

export const procedure: Procedure = {
  run,
  code: async (ref) => {
    const options = { algorithm: algorithmOf(ref), target: kernelTarget(ref), memory: new Memory(4096) };
    return createSoftmax(options).kernel.text;
  },
};

/** Results are at most 1, and f32 says them to 6e-8; the sum of a million powers is rounded in vectors of partial sums. */
const tolerance = 1e-6;

async function run(cell: Cell, bench: Bench): Promise<void> {
  const n = rowLength(cell.workload);
  const outer = Math.floor(arrayElements / n);
  const memory = new Memory(2 * 4 * outer * n + 2 ** 16);
  const [x, y] = [memory.allocate("f32", outer * n), memory.allocate("f32", outer * n)];
  bench.progress(`filling ${outer} rows`);
  const random = bench.random("input");
  for (let i = 0; i < x.view.length; i++) x.view[i] = 16 * random() - 8;
  const operands = { memory, outer, n, x, y };
  await bench.compare(bench.variants.map((ref) => candidateOf(ref, operands)));
}

interface Operands {
  readonly memory: Memory;
  readonly outer: number;
  readonly n: number;
  readonly x: { readonly view: Float32Array; readonly address: number };
  readonly y: { readonly view: Float32Array; readonly address: number };
}

function candidateOf(ref: VariantRef, { memory, outer, n, x, y }: Operands): Candidate {
  const softmax = createSoftmax({ algorithm: algorithmOf(ref), target: kernelTarget(ref), memory });
  const run = (): void => softmax.forward({ outer, n }, { input: x.address, output: y.address });
  const check = (): string | null => {
    y.view.fill(Number.NaN);
    run();
    for (const first of [0, outer >> 1, outer - 1]) {
      const [from, to] = [first * n, (first + 1) * n];
      const reference = softmaxReference("softmax", { outer: 1, n }, x.view.subarray(from, to));
      const wrong = differsFrom(reference, y.view.subarray(from, to), tolerance);
      if (wrong) return `row ${first}: ${wrong}`;
    }
    return y.view.some(Number.isNaN) ? "a row was left out" : null;
  };
  return { ...ref, run, check, bytes: 2 * 4 * outer * n };
}

function algorithmOf({ variant }: VariantRef): SoftmaxAlgorithm {
  const algorithm = passVariants.find((each) => each === variant);
  if (algorithm) return algorithm;
  throw new RangeError(`expected one of ${passVariants.join(", ")}; found ${variant}`);
}

/** Procedure of `integer-nonlinearities`: runs each function on its inputs and records the largest error. */
import { Memory } from "../codegen/memory.ts";
import type { Bench, Cell, Procedure, VariantRef } from "../experiment.ts";
import { kernelTarget } from "../kernel-target.ts";
import {
  createIntegerGelu,
  createIntegerLayerNorm,
  createIntegerSoftmax,
} from "./ibert/integer-functions.ts";
import { geluVariant, layerNormVariant, softmaxVariant } from "./integer-nonlinearities.experiment.ts";
import { geluText, layerNormText, softmaxText } from "./listing.ts";
import { realGelu } from "./real-functions.ts";
import type { IntegerOptions } from "./setting.ts";

export const procedure: Procedure = { run, code };

interface Outcome {
  readonly error: number;
  readonly cases: number;
}

const functions: Readonly<Record<string, (options: IntegerOptions, random: () => number) => Outcome>> = {
  [geluVariant]: geluErrors,
  [softmaxVariant]: softmaxErrors,
  [layerNormVariant]: layerNormErrors,
};

async function run(_cell: Cell, bench: Bench): Promise<void> {
  for (const ref of bench.variants) {
    bench.progress(ref.variant, undefined, undefined, ref);
    record(ref, bench);
  }
}

async function code(ref: VariantRef): Promise<string> {
  if (ref.variant === geluVariant) return geluText(ref, geluScale, geluRange / geluScale);
  return ref.variant === softmaxVariant ? softmaxText(ref, softmaxScale, softmaxColumns) : layerNormText(ref);
}

function record(ref: VariantRef, bench: Bench): void {
  const measure = functions[ref.variant];
  if (!measure)
    throw new RangeError(`expected one of ${Object.keys(functions).join(", ")}; found ${ref.variant}`);
  const options = { target: kernelTarget(ref), memory: new Memory(2 ** 24) };
  const { error, cases } = measure(options, bench.random(ref.variant));
  bench.exact(ref, "max-error", error);
  bench.exact(ref, "cases", cases);
}

const geluScale = 2 ** -7;
const geluRange = 8;

function geluErrors(options: IntegerOptions): Outcome {
  const largest = geluRange / geluScale;
  const count = 2 * largest + 1;
  const { view, address } = options.memory.allocate("i32", count);
  for (let i = 0; i < count; i++) view[i] = i - largest;
  const gelu = createIntegerGelu({ ...options, scale: geluScale, largest });
  gelu.run({ count, q: address, out: address });
  let error = 0;
  for (let i = 0; i < count; i++) {
    const real = realGelu((i - largest) * geluScale);
    error = Math.max(error, Math.abs((view[i] as number) * gelu.scaleOut - real));
  }
  return { error, cases: count };
}

const rows = 1000;
const softmaxColumns = 64;
const softmaxScale = 2 ** -8;
/** Scores as attention has them: from nearly equal ones to one that takes all. */
const spreads = [0.5, 1, 2, 4, 8];

function softmaxErrors(options: IntegerOptions, random: () => number): Outcome {
  const count = rows * softmaxColumns;
  const { memory } = options;
  const q = memory.allocate("i32", count);
  const exp = memory.allocate("i32", count);
  const sums = memory.allocate("i32", rows);
  const shares = memory.allocate("u8", count);
  for (let i = 0; i < count; i++) {
    const spread = spreads[Math.floor(i / softmaxColumns) % spreads.length] as number;
    q.view[i] = Math.round(((random() - 0.5) * spread) / softmaxScale);
  }
  const softmax = createIntegerSoftmax({ ...options, scale: softmaxScale, rows, columns: softmaxColumns });
  softmax.exponentials({ q: q.address, exp: exp.address, sums: sums.address });
  softmax.shares({ exp: exp.address, sums: sums.address, out: shares.address });
  let error = 0;
  for (let first = 0; first < count; first += softmaxColumns) {
    const row = q.view.subarray(first, first + softmaxColumns);
    const most = row.reduce((largest, each) => Math.max(largest, each));
    const real = Float64Array.from(row, (each) => Math.exp((each - most) * softmaxScale));
    const total = real.reduce((sum, each) => sum + each, 0);
    for (const [j, each] of real.entries())
      error = Math.max(error, Math.abs((shares.view[first + j] as number) / 256 - each / total));
  }
  return { error, cases: rows };
}

const normColumns = 128;
const normRange = 2 ** 11;

function layerNormErrors(options: IntegerOptions, random: () => number): Outcome {
  const count = rows * normColumns;
  const { view, address } = options.memory.allocate("i32", count);
  for (let i = 0; i < count; i++) view[i] = Math.round((random() + random() - 1) * normRange);
  const given = view.slice();
  const weight = Float64Array.from({ length: normColumns }, () => 0.5 + random());
  const bias = Float64Array.from({ length: normColumns }, () => random() - 0.5);
  const norm = createIntegerLayerNorm({ ...options, rows, weight, bias });
  norm.run({ q: address, out: address });
  let error = 0;
  for (let first = 0; first < count; first += normColumns) {
    const row = given.subarray(first, first + normColumns);
    const mean = row.reduce((sum, each) => sum + each, 0) / normColumns;
    const deviation = Math.sqrt(row.reduce((sum, each) => sum + (each - mean) ** 2, 0) / normColumns);
    const real = Float64Array.from(
      row,
      (each, j) => ((each - mean) / deviation) * (weight[j] as number) + (bias[j] as number),
    );
    const largest = real.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
    for (const [j, each] of real.entries())
      error = Math.max(
        error,
        Math.abs((view[first + j] as number) * (norm.scaleOut[j] as number) - each) / largest,
      );
  }
  return { error, cases: rows };
}

/** Procedure of `integer-speed`: the same product, or the same encoder, in float32 and in bytes, in the same rounds. */
import { Memory } from "../codegen/memory.ts";
import type { Bench, Candidate, Cell, Procedure, VariantRef } from "../experiment.ts";
import { createGemm } from "../gemm/gemm.ts";
import { variantText } from "../gemm/listing.ts";
import { kernelTarget } from "../kernel-target.ts";
import { integerIn } from "../random.ts";
import { calibrate } from "./encoder/calibration.ts";
import { correlation } from "./encoder/correlation.ts";
import { type EncoderWeights, randomWeights, smallEncoder } from "./encoder/encoder.ts";
import { createFloatEncoder } from "./encoder/float-encoder.ts";
import { createIntegerEncoder } from "./encoder/integer-encoder.ts";
import { referenceEncoder } from "./encoder/reference.ts";
import { examples, take } from "./encoder/task.ts";
import { createIntegerGemm } from "./gemm/integer-gemm.ts";
import {
  byteEncoder,
  byteProduct,
  encoderWorkload,
  floatEncoder,
  floatProduct,
  sevenBitProduct,
} from "./integer-speed.experiment.ts";
import { productText } from "./listing.ts";
import { dequantised } from "./quantiser.ts";

export const procedure: Procedure = { run, code };

async function code(ref: VariantRef): Promise<string | undefined> {
  if (ref.variant === byteProduct || ref.variant === byteEncoder) return productText(ref, "u8");
  if (ref.variant === sevenBitProduct) return productText(ref, "u7");
  return variantText({ ...ref, variant: "packed-blocked" });
}

async function run(cell: Cell, bench: Bench): Promise<void> {
  const isEncoder = cell.workload === encoderWorkload;
  const candidates = isEncoder ? encoders(bench) : products(Number.parseInt(cell.workload, 10), bench);
  const base = isEncoder ? floatEncoder : floatProduct;
  const pairs = candidates.flatMap((each) => {
    const other = candidates.find(({ variant, target }) => variant === base && target === each.target);
    return other && other !== each ? [[each, other] as const] : [];
  });
  await bench.compare(candidates, { against: null, pairs, ceiling: false });
}

type Making = (ref: VariantRef) => Candidate;

function making(table: Readonly<Record<string, Making>>, bench: Bench): Candidate[] {
  return bench.variants.map((ref) => {
    const make = table[ref.variant];
    if (!make) throw new RangeError(`expected one of ${Object.keys(table).join(", ")}; found ${ref.variant}`);
    bench.progress(`making ${ref.variant}`, undefined, undefined, ref);
    return make(ref);
  });
}

/** Both kinds multiply the same integers, from 0 to 127 by -127 to 127: sums of 1024 of them are exact in f32 too. */
function products(n: number, bench: Bench): Candidate[] {
  const random = bench.random("operands");
  const a = Uint8Array.from({ length: n * n }, () => integerIn(random, 0, 127));
  const b = Int8Array.from({ length: n * n }, () => integerIn(random, -127, 127));
  const rows = [0, 1, n >> 1, n - 1];
  const expected = rows.map((i) => rowOf(a, b, n, i));
  const check = (candidate: () => void, c: ArrayLike<number>) => (): string | null => {
    candidate();
    for (const [r, i] of rows.entries())
      for (let j = 0; j < n; j++)
        if (c[i * n + j] !== expected[r]?.[j])
          return `row ${i}, column ${j}: expected ${expected[r]?.[j]}; found ${c[i * n + j]}`;
    return null;
  };
  const bytes =
    (left: "u8" | "u7"): Making =>
    (ref) => {
      const memory = new Memory(8 * n * n + 2 ** 23);
      const shape = { m: n, n, k: n };
      const gemm = createIntegerGemm({ target: kernelTarget(ref), memory, shape, left });
      const [x, y, c] = [
        memory.allocate("u8", n * n),
        memory.allocate("i8", n * n),
        memory.allocate("i32", n * n),
      ];
      x.view.set(a);
      y.view.set(b);
      const packed = gemm.pack({ b: y.address, n, k: n, ldb: n });
      const call = (): void => gemm.run({ a: x.address, m: n, lda: n, c: c.address }, packed);
      return { ...ref, run: call, check: check(call, c.view) };
    };
  const floats: Making = (ref) => {
    const memory = new Memory(12 * n * n + 2 ** 24);
    const shape = { m: n, n, k: n };
    const gemm = createGemm({ variant: "packed-blocked", target: kernelTarget(ref), memory, shape });
    const [x, y, c] = [0, 1, 2].map(() => memory.allocate("f32", n * n)) as [Single, Single, Single];
    x.view.set(a);
    y.view.set(b);
    const call = (): void => gemm.run({ ...shape, a: x.address, b: y.address, c: c.address });
    return { ...ref, run: call, check: check(call, c.view) };
  };
  return making(
    { [floatProduct]: floats, [byteProduct]: bytes("u8"), [sevenBitProduct]: bytes("u7") },
    bench,
  );
}
type Single = { readonly view: Float32Array; readonly address: number };

/** One row of the product, in whole numbers that a double holds. */
function rowOf(a: Uint8Array, b: Int8Array, n: number, i: number): Float64Array {
  const row = new Float64Array(n);
  for (let p = 0; p < n; p++)
    for (let j = 0; j < n; j++) (row[j] as number) += (a[i * n + p] as number) * (b[p * n + j] as number);
  return row;
}

/** Sequences that scales are observed on. */
const calibrated = 32;
/** Least correlation with the definition at which an encoder counts as this encoder. */
const least = { float: 0.99999, integer: 0.98 };

function encoders(bench: Bench): Candidate[] {
  const weights = randomWeights(smallEncoder, Math.floor(bench.random("weights")() * 2 ** 31));
  const sequences = take(
    examples(smallEncoder, Math.floor(bench.random("words")() * 2 ** 31)),
    calibrated,
  ).map(({ tokens }) => tokens);
  const [tokens] = sequences as [Int32Array];
  const expected = referenceEncoder(weights, tokens).flatMap((row) => [...row]);
  const agrees = (found: ArrayLike<number>, bound: number): string | null => {
    const r = correlation(expected, found);
    return r >= bound ? null : `correlation with the definition ${r}, expected at least ${bound}`;
  };
  return making(
    {
      [floatEncoder]: (ref) => {
        const encoder = createFloatEncoder({
          target: kernelTarget(ref),
          memory: new Memory(2 ** 25),
          weights,
        });
        const check = (): string | null => agrees(encoder.run(tokens), least.float);
        return { ...ref, run: () => void encoder.run(tokens), check };
      },
      [byteEncoder]: (ref) => byteCandidate(ref, weights, sequences, (found) => agrees(found, least.integer)),
    },
    bench,
  );
}

function byteCandidate(
  ref: VariantRef,
  weights: EncoderWeights,
  sequences: readonly Int32Array[],
  agrees: (found: ArrayLike<number>) => string | null,
): Candidate {
  const target = kernelTarget(ref);
  const [tokens] = sequences as [Int32Array];
  const calibration = calibrate(
    createFloatEncoder({ target, memory: new Memory(2 ** 25), weights }),
    sequences,
  );
  const { hidden } = weights.shape;
  // A head of one output, so that what is timed is the encoder.
  const head = {
    inputs: hidden,
    outputs: 1,
    weight: new Float32Array(hidden).fill(1),
    bias: new Float32Array(1),
  };
  const encoder = createIntegerEncoder({ target, memory: new Memory(2 ** 25), weights, calibration, head });
  const check = (): string | null => {
    encoder.run(tokens);
    const { bytes, quantiser } = encoder.states;
    return agrees(Float64Array.from(bytes, (q) => dequantised(quantiser, q)));
  };
  return { ...ref, run: () => void encoder.run(tokens), check };
}

/**
 * Procedure of `integer-bert`: for each seed an encoder is drawn, its head fitted on the float states, its scales observed
 * on training sequences, and both encoders classify the same test sequences.
 */
import { Memory } from "../codegen/memory.ts";
import type { Bench, Cell, Procedure, VariantRef } from "../experiment.ts";
import { variantText } from "../gemm/listing.ts";
import { kernelTarget } from "../kernel-target.ts";
import { labelSeed } from "../random.ts";
import { calibrate } from "./encoder/calibration.ts";
import { correlation } from "./encoder/correlation.ts";
import { randomWeights, smallEncoder } from "./encoder/encoder.ts";
import { createFloatEncoder } from "./encoder/float-encoder.ts";
import { createIntegerEncoder } from "./encoder/integer-encoder.ts";
import { examples, fitHead, floatLogits, largestOf, take } from "./encoder/task.ts";
import { floatVariant, integerVariant, seedsIn } from "./integer-bert.experiment.ts";
import { productText } from "./listing.ts";

export const procedure: Procedure = {
  run,
  code: async (ref) =>
    ref.variant === integerVariant
      ? productText(ref, "u8")
      : variantText({ ...ref, variant: "packed-blocked" }),
};

/** Sequences to fit the head on, to observe scales on (some of the former), and to test with. */
const trained = 1000;
const calibrated = 64;
const tested = 1000;

interface Outcome {
  readonly floatError: number;
  readonly integerError: number;
  /** Share of sequences that both put into the same class. */
  readonly agreement: number;
  /** Of the two encoders' logits. */
  readonly correlation: number;
}

async function run(cell: Cell, bench: Bench): Promise<void> {
  const float = bench.variants.find(({ variant }) => variant === floatVariant);
  const integer = bench.variants.find(({ variant }) => variant === integerVariant);
  if (!float || !integer)
    throw new Error("both encoders are needed for a comparison; see the failures of this run");
  const seeds = seedsIn(cell.workload);
  const outcomes: Outcome[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const tick = (share: number): void => bench.progress("encoders", seed + share, seeds, integer);
    outcomes.push(compare(integer, labelSeed(bench.settings.seed, `encoder ${seed}`), tick));
  }
  const all = (of: (outcome: Outcome) => number): number[] => outcomes.map(of);
  bench.repeated(
    float,
    "test-error",
    all(({ floatError }) => floatError),
  );
  bench.repeated(
    integer,
    "test-error",
    all(({ integerError }) => integerError),
  );
  const lost = all(({ floatError, integerError }) => integerError - floatError);
  bench.repeated(integer, "test-error-change", lost, float);
  bench.repeated(
    integer,
    "agreement",
    all(({ agreement }) => agreement),
    float,
  );
  bench.repeated(
    integer,
    "correlation",
    all((outcome) => outcome.correlation),
    float,
  );
}

/** Sequences between two reports of progress. */
const reportEvery = 100;

function compare(ref: VariantRef, seed: number, tick: (share: number) => void): Outcome {
  const target = kernelTarget(ref);
  const memory = new Memory(2 ** 25);
  const weights = randomWeights(smallEncoder, seed);
  const stream = examples(smallEncoder, labelSeed(seed, "examples"));
  const float = createFloatEncoder({ target, memory, weights });
  const train = take(stream, trained);
  tick(0);
  const head = fitHead(float, smallEncoder.hidden, train);
  const calibration = calibrate(
    float,
    train.slice(0, calibrated).map(({ tokens }) => tokens),
  );
  const integer = createIntegerEncoder({ target, memory, weights, calibration, head });
  const wrong = { float: 0, integer: 0 };
  let same = 0;
  const logits: { float: number[]; integer: number[] } = { float: [], integer: [] };
  for (const [i, { tokens, label }] of take(stream, tested).entries()) {
    if (i % reportEvery === 0) tick((trained + i) / (trained + tested));
    const [real, whole] = [floatLogits(float, head, tokens), integer.run(tokens)];
    const [one, other] = [largestOf(real), largestOf(whole)];
    if (one !== label) wrong.float++;
    if (other !== label) wrong.integer++;
    if (one === other) same++;
    logits.float.push(...real);
    logits.integer.push(...whole);
  }
  return {
    ...{ floatError: wrong.float / tested, integerError: wrong.integer / tested, agreement: same / tested },
    correlation: correlation(logits.float, logits.integer),
  };
}

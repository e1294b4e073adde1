/** Procedure of `adaptive-softmax`: the step of both output layers side by side, and a model trained with each. */
import { Memory } from "../../codegen/memory.ts";
import type { Bench, Candidate, Cell, Procedure, VariantRef } from "../../experiment.ts";
import { kernelTarget } from "../../kernel-target.ts";
import { labelSeed, randomStream } from "../../random.ts";
import { createSoftmax } from "../softmax.ts";
import {
  adaptiveVariant,
  batchWords,
  fullVariant,
  hiddenWidth,
  stepWorkload,
  trainingSizes,
  trainingWorkload,
} from "./adaptive-softmax.experiment.ts";
import { createBigramModel } from "./bigram-model.ts";
import { type Clusters, cutAt, weightCount } from "./clusters.ts";
import { chooseClusters, expectedStep, storedCosts } from "./cost-model.ts";
import { createOutputLayer, outputLayerBytes } from "./output-layer.ts";
import { surpriseReference } from "./reference.ts";
import { type ZipfText, zipfText } from "./zipf-text.ts";

export const procedure: Procedure = {
  run,
  // Of the kernels of a step the softmax is this room's; the products are GEMM's.
  code: async (ref) => createSoftmax({ target: kernelTarget(ref), memory: new Memory(4096) }).kernel.text,
};

async function run(cell: Cell, bench: Bench): Promise<void> {
  const vocabulary = Number(/(\d+) words$/.exec(cell.workload)?.[1]);
  const language = zipfText(vocabulary, bench.random("language"));
  if (cell.workload === stepWorkload(vocabulary)) await timeSteps(bench, language);
  else if (cell.workload === trainingWorkload(vocabulary)) trainBoth(bench, language);
  else
    throw new RangeError(
      `expected ${stepWorkload(vocabulary)} or ${trainingWorkload(vocabulary)}; found ${cell.workload}`,
    );
}

function clustersOf({ variant, target }: VariantRef, { probabilities }: ZipfText): Clusters {
  if (variant === fullVariant) return cutAt(probabilities.length, hiddenWidth, []);
  const cost = storedCosts[kernelTarget({ variant, target })];
  return chooseClusters(cost, { probabilities, width: hiddenWidth, batch: batchWords });
}

/** So small that the thousands of timed steps leave the weights where they are. */
const timedRate = 1e-9;

async function timeSteps(bench: Bench, language: ZipfText): Promise<void> {
  const words = language.draw(batchWords, bench.random("words"));
  const demand = { ...language, width: hiddenWidth, batch: batchWords };
  const candidates = bench.variants.map((ref) => {
    const clusters = clustersOf(ref, language);
    bench.exact(ref, "weights", weightCount(clusters));
    return stepOf(ref, clusters, words, bench);
  });
  const [full, adaptive] = [fullVariant, adaptiveVariant].map((name) =>
    bench.variants.find(({ variant }) => variant === name),
  );
  if (full && adaptive) {
    const cost = storedCosts[kernelTarget(full)];
    const [all, cut] = [full, adaptive].map((ref) => expectedStep(cost, clustersOf(ref, language), demand));
    bench.exact(adaptive, "expected-speed-up", (all as number) / (cut as number), null, full);
  }
  await bench.compare(candidates);
}

/** Words of a batch that the definition is computed for: plain loops over 20,000 classes take a while. */
const checkedWords = 16;
/** Relative: sums of 64 products in f32. */
const tolerance = 1e-4;

function stepOf(ref: VariantRef, clusters: Clusters, words: Int32Array, bench: Bench): Candidate {
  const options = { target: kernelTarget(ref), batch: batchWords };
  const memory = new Memory(outputLayerBytes(clusters, options) + 8 * batchWords * hiddenWidth + 256);
  const hidden = memory.allocate("f32", batchWords * hiddenWidth);
  const gradients = memory.allocate("f32", batchWords * hiddenWidth).address;
  const layer = createOutputLayer(clusters, { ...options, memory });
  const random = bench.random("weights");
  for (const view of [hidden.view, ...layer.weights.map(({ values }) => values)])
    for (let i = 0; i < view.length; i++) view[i] = random() - 0.5;
  const run = (): void => void layer.train(hidden.address, words, gradients, timedRate);
  const check = (): string | null => {
    const some = words.subarray(0, checkedWords);
    const expected = surpriseReference(clusters, layer.weights, hidden.view, some);
    const found = layer.surprise(hidden.address, some);
    if (Math.abs(found - expected) <= tolerance * expected) return null;
    return `-ln p of ${checkedWords} words is ${found}, expected ${expected}`;
  };
  return { ...ref, run, check };
}

/**
 * A quarter of the smallest power of two with which the full softmax diverged (on a seed that is not among those of the
 * runs); falls to 0 in a straight line.
 */
const firstRate = 8;
/** Words that perplexity is measured on. */
const heldWords = 20_000;

function trainBoth(bench: Bench, language: ZipfText): void {
  const { seeds, steps } = trainingSizes[bench.settings.profile];
  const held = language.draw(heldWords + 1, bench.random("held"));
  const found = new Map(bench.variants.map((ref): [VariantRef, number[]] => [ref, []]));
  for (let seed = 0; seed < seeds; seed++) {
    const text = language.draw(steps * batchWords + 1, bench.random(`text ${seed}`));
    for (const [ref, values] of found) {
      const name = `${ref.variant}, seed ${seed + 1} of ${seeds}`;
      bench.progress(`training ${name}`, seed, seeds, ref);
      values.push(
        trained(ref, language, { text, held, steps, seed: labelSeed(bench.settings.seed, `${seed}`) }),
      );
    }
  }
  for (const [ref, values] of found) {
    bench.repeated(ref, "perplexity", values);
    bench.exact(ref, "unigram-perplexity", language.unigramPerplexity);
    bench.exact(ref, "least-perplexity", language.leastPerplexity);
  }
  const of = (name: string) => [...found].find(([{ variant }]) => variant === name);
  const [full, adaptive] = [of(fullVariant), of(adaptiveVariant)];
  if (!full || !adaptive) return;
  const excess = adaptive[1].map((value, i) => value / (full[1][i] as number) - 1);
  bench.repeated(adaptive[0], "perplexity-excess", excess, full[0]);
}

interface Training {
  readonly text: Int32Array;
  readonly held: Int32Array;
  readonly steps: number;
  readonly seed: number;
}

/** Perplexity behind the last step. */
function trained(ref: VariantRef, language: ZipfText, { text, held, steps, seed }: Training): number {
  const model = createBigramModel({
    ...{ clusters: clustersOf(ref, language), target: kernelTarget(ref), batch: batchWords },
    random: {
      embeddings: randomStream(labelSeed(seed, "embeddings")),
      output: randomStream(labelSeed(seed, "output")),
    },
  });
  for (let step = 0; step < steps; step++)
    model.step(text, step * batchWords, firstRate * (1 - step / steps));
  return model.perplexity(held);
}

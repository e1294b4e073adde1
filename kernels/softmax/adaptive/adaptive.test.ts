import { expect, test } from "vitest";
import type { KernelTarget } from "../../codegen/compile.ts";
import { Memory } from "../../codegen/memory.ts";
import { evidenceOf } from "../../evidence.ts";
import { nativeAvailability } from "../../native/availability.ts";
import { randomStream } from "../../random.ts";
import { trained } from "../rules.fixture.ts";
import { adaptiveSoftmax } from "./adaptive-softmax.experiment.ts";
import { createBigramModel } from "./bigram-model.ts";
import { type Clusters, cutAt, tailOf, weightCount } from "./clusters.ts";
import { chooseClusters, expectedSeconds, expectedStep, fitCost, storedCosts } from "./cost-model.ts";
import { createOutputLayer, outputLayerBytes } from "./output-layer.ts";
import { zipfText } from "./zipf-text.ts";

const targets: readonly KernelTarget[] = nativeAvailability().available
  ? ["js", "wasm", "native"]
  : ["js", "wasm"];
const small = [cutAt(13, 8, []), cutAt(13, 8, [4]), cutAt(13, 8, [3, 7]), cutAt(13, 8, [1, 2, 12])];

/** A layer in f64 with random weights, and hidden states for these words. */
function setUp(target: KernelTarget, clusters: Clusters, words: readonly number[], batch = words.length) {
  const options = { target, batch, element: "f64" } as const;
  const { width } = clusters;
  const memory = new Memory(outputLayerBytes(clusters, options) + 16 * batch * width + 256);
  const hidden = memory.allocate("f64", batch * width);
  const gradients = memory.allocate("f64", batch * width);
  const before = memory.mark();
  const layer = createOutputLayer(clusters, { ...options, memory });
  expect(memory.mark() - before).toBeLessThanOrEqual(outputLayerBytes(clusters, options));
  const random = randomStream(3);
  for (const view of [hidden.view, ...layer.weights.map(({ values }) => values)])
    for (let i = 0; i < view.length; i++) view[i] = 2 * random() - 1;
  return { layer, hidden, gradients };
}

const words = [0, 3, 12, 7, 3, 1, 11];

test.for(targets)("probabilities of all words add up to 1 on %s", (target) => {
  for (const clusters of small) {
    const { layer, hidden } = setUp(target, clusters, [0]);
    const shares = Array.from({ length: 13 }, (_, word) => Math.exp(-layer.surprise(hidden.address, [word])));
    expect(shares.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
  }
});

test.for(targets)("gradients of hidden states are what the loss changes by on %s", (target) => {
  const step = 1e-6;
  for (const clusters of small) {
    const { layer, hidden, gradients } = setUp(target, clusters, words);
    const loss = layer.train(hidden.address, words, gradients.address, 0);
    const mean = (): number => layer.surprise(hidden.address, words) / words.length;
    expect(loss).toBeCloseTo(mean(), 12);
    for (let i = 0; i < hidden.view.length; i++) {
      const x = hidden.view[i] as number;
      hidden.view[i] = x + step;
      const up = mean();
      hidden.view[i] = x - step;
      const slope = (up - mean()) / (2 * step);
      hidden.view[i] = x;
      expect(Math.abs(slope - (gradients.view[i] as number))).toBeLessThan(1e-8);
    }
  }
});

test.for(targets)("a step takes the rate times the gradient off every weight on %s", (target) => {
  const [step, rate] = [1e-6, 0.25];
  for (const clusters of small) {
    const { layer, hidden, gradients } = setUp(target, clusters, words);
    const before = layer.weights.map(({ values }) => [...values]);
    const mean = (): number => layer.surprise(hidden.address, words) / words.length;
    const slopes = layer.weights.map(({ values }) =>
      [...values].map((w, i) => {
        values[i] = w + step;
        const up = mean();
        values[i] = w - step;
        const slope = (up - mean()) / (2 * step);
        values[i] = w;
        return slope;
      }),
    );
    layer.train(hidden.address, words, gradients.address, rate);
    for (const [m, { values }] of layer.weights.entries())
      for (const [i, value] of values.entries()) {
        const change = (value - (before[m]?.[i] as number)) / -rate;
        expect(Math.abs(change - (slopes[m]?.[i] as number))).toBeLessThan(1e-8);
      }
  }
});

test("words of a batch without any of a tail leave that tail alone", () => {
  const { layer, hidden, gradients } = setUp("wasm", cutAt(13, 8, [4]), [0, 1, 2]);
  const before = layer.weights.map(({ values }) => [...values]);
  layer.train(hidden.address, [0, 1, 2], gradients.address, 1);
  expect([...(layer.weights[1]?.values ?? [])]).toEqual(before[1]);
  expect([...(layer.weights[0]?.values ?? [])]).not.toEqual(before[0]);
});

test("cut-offs that do not ascend within the vocabulary are refused, and words beyond it", () => {
  for (const cutoffs of [[0], [5, 5], [7, 3], [13], [2.5]])
    expect(() => cutAt(13, 8, cutoffs)).toThrow(/whole cut-offs that ascend between 1 and 12; found/);
  const { layer, hidden, gradients } = setUp("wasm", cutAt(13, 8, [4]), [0]);
  expect(() => layer.train(hidden.address, [13], gradients.address, 1)).toThrow(
    /words from 0 to 12; found 13/,
  );
  expect(() => layer.surprise(hidden.address, [1, 2])).toThrow(/at most 1 words; found 2/);
});

test("tails are four times narrower each, and every word is in one place", () => {
  const clusters = cutAt(10_000, 256, [1000, 4000]);
  expect(clusters.tails).toEqual([
    { from: 1000, to: 4000, width: 64 },
    { from: 4000, to: 10_000, width: 16 },
  ]);
  expect([0, 999, 1000, 3999, 4000, 9999].map((word) => tailOf(clusters, word))).toEqual([
    -1, -1, 0, 0, 1, 1,
  ]);
  expect(weightCount(clusters)).toBe(1002 * 256 + 64 * (256 + 3000) + 16 * (256 + 6000));
});

test("a cost that follows the model is found again, and its clusters are the cheapest of the grid", () => {
  const cost = { call: 2e-5, score: 3e-9, product: 4e-11 };
  const samples = [16, 64].flatMap((width) =>
    [8, 100].flatMap((rows) =>
      [64, 5000].map((classes) => {
        const size = { classes, rows, width };
        return { ...size, seconds: expectedSeconds(cost, size) };
      }),
    ),
  );
  const fitted = fitCost(samples);
  for (const key of ["call", "score", "product"] as const) expect(fitted[key] / cost[key]).toBeCloseTo(1, 6);
  const { probabilities } = zipfText(5000, randomStream(1));
  const demand = { probabilities, width: 64, batch: 128 };
  const chosen = chooseClusters(cost, demand);
  const least = expectedStep(cost, chosen, demand);
  for (const cutoffs of [[], [64], [512], [362, 2048], [91, 1024, 2896]])
    expect(least).toBeLessThanOrEqual(expectedStep(cost, cutAt(5000, 64, cutoffs), demand));
  // Where every call costs much, cutting does not pay.
  expect(chooseClusters({ ...cost, call: 1 }, demand).tails).toEqual([]);
});

test("the text has the frequencies and the perplexities that it says", () => {
  const language = zipfText(300, randomStream(2));
  const { probabilities, unigramPerplexity, leastPerplexity } = language;
  expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
  expect([...probabilities]).toEqual([...probabilities].sort((a, b) => b - a));
  const text = language.draw(200_000, randomStream(3));
  const counts = new Float64Array(300);
  for (const word of text) (counts[word] as number)++;
  for (const word of [0, 1, 5, 50])
    expect((counts[word] as number) / text.length / (probabilities[word] as number)).toBeCloseTo(1, 1);
  expect(leastPerplexity).toBeLessThan(unigramPerplexity / 2);
  // What is known of the language by counting pairs lies between the two, and near the lower one.
  expect(pairPerplexity(text, 300)).toBeGreaterThan(leastPerplexity * 0.9);
  expect(pairPerplexity(text, 300)).toBeLessThan(unigramPerplexity * 0.7);
});

/** e to the entropy of a word given the one before, estimated from counts. */
function pairPerplexity(text: Int32Array, vocabulary: number): number {
  const counts = new Float64Array(vocabulary * vocabulary);
  const firsts = new Float64Array(vocabulary);
  for (let i = 1; i < text.length; i++) {
    (counts[(text[i - 1] as number) * vocabulary + (text[i] as number)] as number)++;
    (firsts[text[i - 1] as number] as number)++;
  }
  let sum = 0;
  for (const [i, count] of counts.entries())
    if (count > 0) sum -= count * Math.log(count / (firsts[Math.floor(i / vocabulary)] as number));
  return Math.exp(sum / (text.length - 1));
}

test.for(targets)("a model learns from text on %s, with the full softmax and the adaptive one", (target) => {
  const vocabulary = 200;
  const language = zipfText(vocabulary, randomStream(4));
  const [text, held] = [language.draw(20_001, randomStream(5)), language.draw(2001, randomStream(6))];
  for (const cutoffs of [[], [30, 100]]) {
    const random = { embeddings: randomStream(7), output: randomStream(8) };
    const clusters = cutAt(vocabulary, 16, cutoffs);
    const model = createBigramModel({ clusters, target, batch: 50, random });
    for (let step = 0; step < 400; step++) model.step(text, 50 * step, 4);
    const perplexity = model.perplexity(held);
    expect(perplexity).toBeLessThan(0.9 * language.unigramPerplexity);
    expect(perplexity).toBeGreaterThan(language.leastPerplexity);
  }
});

test("stored costs cut a vocabulary of 20,000 into several tails on every target", () => {
  const { probabilities } = zipfText(20_000, randomStream(1));
  for (const cost of Object.values(storedCosts))
    expect(chooseClusters(cost, { probabilities, width: 64, batch: 256 }).tails.length).toBeGreaterThan(1);
});

test("closeness is judged by the interval over enough seeds, once the full softmax has learnt", () => {
  const judged = (...made: Parameters<typeof trained>) =>
    adaptiveSoftmax.claims[1]?.judge(evidenceOf(trained(...made), "standard"));
  expect(judged(600, 1000, -0.1, 0.02)?.verdict).toBe("confirmed");
  expect(judged(600, 1000, 0.05, 0)?.verdict).toBe("confirmed");
  expect(judged(600, 1000, 0.2, 0.1)?.verdict).toBe("refuted");
  expect(judged(1002, 1000, 0, 0.01)).toMatchObject({
    verdict: "inconclusive",
    evidence: expect.stringMatching(/too few steps to have learnt/),
  });
  expect(judged(600, 1000, 0, 0.01, 3)).toMatchObject({
    verdict: "inconclusive",
    evidence: expect.stringMatching(/asks for 5 seeds/),
  });
});

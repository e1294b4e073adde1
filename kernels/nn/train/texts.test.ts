/** Networks on texts learn what takes looking at two places, and end with the same bits on every target in strict. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { integerIn, randomStream } from "../../random.ts";
import { embedding, positions } from "../layers/embedding.ts";
import type { Layer, Nursery } from "../layers/layer.ts";
import { linear } from "../layers/linear.ts";
import { lstm } from "../layers/lstm.ts";
import { layerNorm } from "../layers/norms.ts";
import { flatten, sequential } from "../layers/sequential.ts";
import { transformerBlock } from "../layers/transformer.ts";
import { adam } from "../optimisers/adam.ts";
import { clipGradients } from "../optimisers/clip.ts";
import { Engine, type EngineOptions } from "../tensor/engine.ts";
import { crossEntropy } from "../tensor/functions/softmax.ts";
import type { Examples } from "./examples.ts";
import { errorOf, outputsOf, train } from "./train.ts";

const [words, length, width] = [4, 6, 16];

/** Six words; the second says whether the first or the last is the label. */
function texts(count: number, seed: number): Examples {
  const random = randomStream(seed);
  const inputs = Float32Array.from({ length: count * length }, () => integerIn(random, 0, words - 1));
  const labels = Array.from({ length: count }, (_, i) => {
    const text = inputs.subarray(i * length, (i + 1) * length);
    return text[(text[1] as number) < 2 ? 0 : length - 1] as number;
  });
  return { shape: [length], inputs, labels, classes: words };
}

const networks: Readonly<Record<string, (where: Nursery) => Layer>> = {
  transformer: (where) =>
    sequential(
      embedding(where, words, width, 0.5),
      positions(where, length, width, 0.5),
      transformerBlock(where, { width, heads: 2, dropout: 0.05 }),
      layerNorm(where, width),
      flatten,
      linear(where, length * width, words),
    ),
  lstm: (where) =>
    sequential(
      embedding(where, words, width, 0.5),
      lstm(where, { inputs: width, hidden: width, bidirectional: true }),
      flatten,
      linear(where, length * 2 * width, words),
    ),
};

async function trained(
  make: (where: Nursery) => Layer,
  options: EngineOptions,
  count: number,
  epochs: number,
) {
  const engine = new Engine({ bytes: 2 ** 25, ...options });
  const network = make({ engine, random: randomStream(1) });
  const parameters = Object.values(network.parameters);
  const optimiser = adam(parameters, { rate: 0.01 });
  const { step } = optimiser;
  optimiser.step = function clipped() {
    clipGradients(parameters, 1);
    step.call(this);
  };
  await train({
    ...{ engine, network, optimiser, examples: texts(count, 2), epochs, batch: 32, random: randomStream(3) },
    loss: (logits, { labels }) => crossEntropy(logits, labels),
  });
  const bytes = Buffer.concat(parameters.map(({ values }) => Buffer.from(Float32Array.from(values).buffer)));
  return { error: errorOf(outputsOf(engine, network, texts(400, 5)), texts(400, 5)), bytes };
}

describe.each(Object.entries(networks))("a %s", (name, make) => {
  it("learns where to look", async () => {
    expect((await trained(make, { target: "native" }, 800, 12)).error).toBeLessThan(0.02);
  });

  it("has these very bits after four steps in strict arithmetic", async () => {
    for (const target of ["js", "wasm", "native"] as const) {
      const { bytes } = await trained(make, { target, arithmetic: "strict" }, 128, 1);
      expect(createHash("sha256").update(bytes).digest("hex").slice(0, 16)).toBe(digests[name]);
    }
  });
});

const digests: Readonly<Record<string, string>> = {
  transformer: "5daa3f9ff2543fbe",
  lstm: "506056402f873309",
};

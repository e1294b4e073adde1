/** Trainings: the same bits from the same seed, and what is said when one goes wrong. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { randomStream } from "../../random.ts";
import type { Layer } from "../layers/layer.ts";
import { linear } from "../layers/linear.ts";
import { relu, sequential } from "../layers/sequential.ts";
import { sgd } from "../optimisers/sgd.ts";
import { Engine, type EngineOptions } from "../tensor/engine.ts";
import { add, mul, square } from "../tensor/functions/arithmetic.ts";
import { map } from "../tensor/functions/elementwise.ts";
import { detach } from "../tensor/functions/move.ts";
import { sum } from "../tensor/functions/reduce.ts";
import { crossEntropy } from "../tensor/functions/softmax.ts";
import * as scalar from "../tensor/scalar.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Batch, type Examples, shuffledBatches } from "./examples.ts";
import { isLost, TrainingError } from "./guard.ts";
import { errorOf, outputsOf, train } from "./train.ts";

/** Points around four corners. */
function corners(count: number, seed: number): Examples {
  const random = randomStream(seed);
  const labels = Array.from({ length: count }, (_, i) => i % 4);
  const inputs = Float32Array.from(
    labels.flatMap((label) => [(label & 1) + 0.6 * random(), (label >> 1) + 0.6 * random()]),
  );
  return { shape: [2], inputs, labels, classes: 4 };
}

async function trained(options: EngineOptions, rate = 0.2) {
  const engine = new Engine({ bytes: 2 ** 23, ...options });
  const where = { engine, random: randomStream(1) };
  const network = sequential(linear(where, 2, 24), relu, linear(where, 24, 4));
  const losses: number[] = [];
  await train({
    ...{ engine, network, examples: corners(250, 2), epochs: 6, batch: 32, random: randomStream(3) },
    optimiser: sgd(Object.values(network.parameters), { rate, momentum: 0.9 }),
    loss: (logits, { labels }) => crossEntropy(logits, labels),
    onEpoch: (_, loss) => void losses.push(loss),
  });
  const held = corners(400, 5);
  const error = errorOf(outputsOf(engine, network, held), held);
  const bits = Object.values(network.parameters).map(({ values }) =>
    Buffer.from(Float32Array.from(values).buffer),
  );
  return { losses, error, digest: createHash("sha256").update(Buffer.concat(bits)).digest("hex") };
}

describe("training", () => {
  it.each(["js", "wasm", "native"] as const)("learns on %s what was not shown", async (target) => {
    const { losses, error } = await trained({ target });
    expect(losses).toHaveLength(6);
    expect(losses[5]).toBeLessThan((losses[0] as number) / 3);
    expect(error).toBeLessThan(0.02);
  });

  it("gives these very bits in strict arithmetic, on any machine", async () => {
    for (const target of ["js", "wasm", "native"] as const)
      expect((await trained({ target, arithmetic: "strict" })).digest).toBe(
        "a05b5585d6692032dab14f61e98b529b6c42546707a74f18311e3828c716f7e0",
      );
  });

  it("stops at a loss that is no number, and says where", async () => {
    const failure = await trained({ target: "wasm" }, 1e39).catch((error) => error);
    expect(failure).toBeInstanceOf(TrainingError);
    expect(failure.message).toMatch(
      /^step \d+: the loss is (NaN|Infinity), and parameter \d\.\w+ is not finite; lower/,
    );
  });
});

describe("a training that goes wrong", () => {
  const engine = new Engine({ target: "wasm", bytes: 2 ** 23 });
  const where = { engine, random: randomStream(1) };
  const failureOf = (
    network: Layer,
    loss = (logits: Tensor, { labels }: Batch) => crossEntropy(logits, labels),
  ) =>
    train({
      ...{
        engine,
        network,
        examples: corners(40, 2),
        epochs: 3,
        batch: 32,
        random: randomStream(3),
        seed: 7,
        loss,
      },
      optimiser: sgd(Object.values(network.parameters), { rate: 0.1 }),
    }).then(
      () => undefined,
      (error: TrainingError) => error,
    );

  it("names step, seed and the first layer whose result is not finite", async () => {
    const overflow: Layer = {
      parameters: {},
      forward: (x) => mul(x, 1e38),
      cost: () => ({ output: [24], flops: 24 }),
    };
    const body = sequential(linear(where, 2, 24), overflow, overflow);
    const error = await failureOf(sequential(body, linear(where, 24, 4)));
    expect(error).toBeInstanceOf(TrainingError);
    expect(error).toMatchObject({ step: 0, seed: 7, layer: "0.2" });
    expect(error?.message).toMatch(
      /^step 0, seed 7: the loss is NaN, and the result of layer 0.2 is not finite;/,
    );
  });

  it("names the layer whose gradient is lost, though the loss is not", async () => {
    // The derivative of a root is infinite at 0.
    const root = (x: Tensor): Tensor => map([x], (value) => scalar.sqrt(scalar.mul(value, 0)));
    const network = sequential(linear(where, 2, 24), linear(where, 24, 4));
    const error = await failureOf(network, (logits) => sum(root(logits)));
    expect(error).toMatchObject({ step: 0, layer: "1" });
    expect(error?.message).toMatch(/the loss is 0, and the gradient of 1.bias is not finite/);
  });

  it("stops at a loss that explodes before it is infinite", async () => {
    const network = sequential(linear(where, 2, 4));
    let scale = 1e-3;
    const error = await failureOf(network, (logits) => {
      // A thousand times as much each step.
      scale *= 1000;
      return mul(sum(square(add(detach(logits), mul(logits, 0)))), scale);
    });
    expect(error?.message).toMatch(/^step \d, seed 7: the loss is \d[\d.e+]*;/);
    expect(isLost(1e6, 0.5)).toBe(false);
    expect(isLost(1.1e6, 0.5)).toBe(true);
  });
});

describe("batches", () => {
  it("hold every example once, in an order that the stream decides", () => {
    const batches = shuffledBatches(103, 16, randomStream(1));
    expect(batches.map(({ length }) => length)).toEqual([16, 16, 16, 16, 16, 16, 7]);
    expect(batches.flat().sort((a, b) => a - b)).toEqual([...Array(103).keys()]);
    expect(shuffledBatches(103, 16, randomStream(1))).toEqual(batches);
    expect(shuffledBatches(103, 16, randomStream(2))).not.toEqual(batches);
  });
});

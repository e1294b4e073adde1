/** Checkpoints: a training that is taken up again ends with the bits of one that was never stopped. */
import { describe, expect, it } from "vitest";
import { randomStream } from "../../random.ts";
import { dropout } from "../layers/dropout.ts";
import type { Layer, Nursery } from "../layers/layer.ts";
import { linear } from "../layers/linear.ts";
import { batchNorm } from "../layers/norms.ts";
import { relu, sequential } from "../layers/sequential.ts";
import { adam } from "../optimisers/adam.ts";
import type { Optimiser } from "../optimisers/optimiser.ts";
import { cosine } from "../optimisers/schedules.ts";
import { sgd } from "../optimisers/sgd.ts";
import { Engine, type EngineOptions } from "../tensor/engine.ts";
import { crossEntropy } from "../tensor/functions/softmax.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Examples } from "../train/examples.ts";
import { train } from "../train/train.ts";
import { checkpointOf, restore } from "./checkpoint.ts";
import { readSafetensors, type Stored, writeSafetensors } from "./safetensors.ts";

type MakeOptimiser = (parameters: readonly Tensor[]) => Optimiser;

const optimisers = {
  sgd: (parameters) => sgd(parameters, { rate: 0.1 }),
  momentum: (parameters) => sgd(parameters, { rate: 0.1, momentum: 0.9, nesterov: true }),
  adam: (parameters) => adam(parameters, { rate: 0.02 }),
} as const satisfies Readonly<Record<string, MakeOptimiser>>;

function made(options: EngineOptions, optimiserOf: MakeOptimiser = optimisers.adam, hidden = 8) {
  const engine = new Engine({ bytes: 2 ** 23, ...options });
  const where: Nursery = { engine, random: randomStream(1) };
  const network = sequential(
    linear(where, 2, hidden),
    batchNorm(where, hidden),
    relu,
    dropout(where, 0.2),
    linear(where, hidden, 3),
  );
  return { engine, network, optimiser: optimiserOf(Object.values(network.parameters)) };
}

function examples(): Examples {
  const random = randomStream(2);
  const labels = Array.from({ length: 50 }, (_, i) => i % 3);
  const inputs = Float32Array.from(labels.flatMap((label) => [label + random(), random() - label]));
  return { shape: [2], inputs, labels, classes: 3 };
}

const trained = (training: ReturnType<typeof made>, epochs: number, from = 0): Promise<void> =>
  train({
    ...{
      ...training,
      examples: examples(),
      epochs,
      from,
      batch: 16,
      random: randomStream(3),
      schedule: cosine(24),
    },
    loss: (logits, { labels }) => crossEntropy(logits, labels),
  });

const numbers = ({ parameters, statistics }: Layer): number[][] =>
  Object.values({ ...parameters, ...statistics }).map(({ values }) => [...values]);

describe.each(Object.entries(optimisers))("a training with %s", (_, optimiserOf) => {
  it.each<EngineOptions>([{ target: "native" }, { target: "wasm", element: "f64", arithmetic: "strict" }])(
    "on %j goes on as if it had never stopped",
    async (options) => {
      const whole = made(options, optimiserOf);
      await trained(whole, 6);
      const first = made(options, optimiserOf);
      // The schedule is that of six epochs, also where three are run.
      await trained(first, 3);
      const file = writeSafetensors(checkpointOf(first, 3));
      const second = made(options, optimiserOf);
      const epochs = restore(readSafetensors(file, "file"), second, "file");
      expect(epochs).toBe(3);
      expect(numbers(second.network)).toEqual(numbers(first.network));
      await trained(second, 6, epochs);
      expect(numbers(second.network)).toEqual(numbers(whole.network));
      expect(second.optimiser.steps).toBe(24);
    },
  );
});

describe("a checkpoint", () => {
  const training = made({ target: "wasm" });
  const stored = checkpointOf(training, 1);
  const changed = (change: (tensors: Map<string, unknown>) => void): Stored => {
    const tensors = new Map(stored.tensors);
    change(tensors as Map<string, unknown>);
    return { ...stored, tensors };
  };

  it("has the names of parameters, statistics, and what the optimiser remembers", () => {
    const names = [...stored.tensors.keys()];
    expect(names.slice(0, 7)).toEqual([
      ...["0.weight", "0.bias", "1.weight", "1.bias", "4.weight", "4.bias", "1.mean"],
    ]);
    expect(names).toContain("optimiser.4.bias.square");
    expect(names).toHaveLength(6 + 3 + 2 * 6);
  });

  it("gives its network alone to those who want no more", () => {
    const { network } = made({ target: "wasm" });
    network.parameters["0.weight"]?.values.fill(3);
    expect(restore(stored, { network }, "file")).toBe(1);
    expect(numbers(network)).toEqual(numbers(training.network));
  });

  it.each<[string, Stored, RegExp]>([
    [
      "a tensor less",
      changed((all) => all.delete("1.mean")),
      /file, tensor 1.mean: expected F32 \[8\]; found no such/,
    ],
    [
      "a tensor more",
      changed((all) => all.set("5.bias", all.get("1.bias"))),
      /tensors of this network; found "5.bias" too/,
    ],
    [
      "another shape",
      checkpointOf(made({ target: "wasm" }, optimisers.adam, 9), 1),
      /0.weight: expected F32 \[8, 2\]; found F32 \[9, 2\]/,
    ],
    [
      "another type",
      checkpointOf(made({ target: "wasm", element: "f64" }), 1),
      /expected F32 \[8, 2\]; found F64 \[8, 2\]/,
    ],
    [
      "another optimiser",
      checkpointOf(made({ target: "wasm" }, optimisers.momentum), 1),
      /optimiser.0.weight.mean: .*no such tensor/,
    ],
    [
      "no count of epochs",
      { ...stored, metadata: new Map() },
      /metadata "epochs": expected a whole number; found none/,
    ],
  ])("is refused with %s, and nothing is changed", (_, wrong, message) => {
    const fresh = made({ target: "wasm" });
    const before = numbers(fresh.network);
    expect(() => restore(wrong, fresh, "file")).toThrow(message);
    expect(numbers(fresh.network)).toEqual(before);
  });
});

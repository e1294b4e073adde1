/** Trains a network on labelled examples by mini-batches, and asks it afterwards. */
import type { Layer } from "../layers/layer.ts";
import type { Optimiser } from "../optimisers/optimiser.ts";
import { constant, type Schedule } from "../optimisers/schedules.ts";
import { backward } from "../tensor/backward.ts";
import type { Engine } from "../tensor/engine.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Batch, batchOf, type Examples, inBatches, shuffledBatches } from "./examples.ts";

export interface TrainingOptions {
  readonly engine: Engine;
  readonly network: Layer;
  readonly examples: Examples;
  readonly optimiser: Optimiser;
  readonly epochs: number;
  readonly batch: number;
  /** Decides the order of the examples alone, so that two methods can see the same batches. */
  readonly random: () => number;
  /** The loss of a batch, of one element. */
  loss(logits: Tensor, batch: Batch): Tensor;
  /** Factor of the optimiser's rate by step (default: 1). */
  readonly schedule?: Schedule;
  /** After each epoch, with the mean loss over its batches; a promise is waited for. */
  onEpoch?(epoch: number, loss: number): void | Promise<void>;
}

/** A training that went wrong: where, and what the number was. */
export class TrainingError extends Error {
  readonly step: number;

  constructor(step: number, what: string) {
    super(`step ${step}: ${what}; lower the rate, or clip gradients`);
    this.name = "TrainingError";
    this.step = step;
  }
}

/** @throws TrainingError at the first loss that is no finite number, naming a parameter that is none either */
export async function train(options: TrainingOptions): Promise<void> {
  const { engine, network, examples, optimiser, epochs, batch, random, schedule = constant } = options;
  const rate = optimiser.rate;
  let step = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    let [total, batches] = [0, 0];
    for (const rows of shuffledBatches(examples.labels.length, batch, random)) {
      optimiser.rate = rate * schedule(step);
      const loss = engine.scope(() => {
        const placed = batchOf(engine, examples, rows);
        const value = options.loss(network.forward(placed.inputs, { training: true }), placed);
        backward(value);
        return value.item();
      });
      if (!Number.isFinite(loss)) throw new TrainingError(step, `the loss is ${loss}${culpritIn(network)}`);
      optimiser.step();
      optimiser.clear();
      total += loss;
      batches++;
      step++;
    }
    await options.onEpoch?.(epoch, total / batches);
  }
  optimiser.rate = rate;
}

/** The first parameter that holds a number that is not finite. */
function culpritIn({ parameters }: Layer): string {
  const found = Object.entries(parameters).find(([, { values }]) => !values.every(Number.isFinite));
  return found ? `, and parameter ${found[0]} is not finite` : "";
}

/** What a network says of every example: [examples, outputs] in plain numbers. */
export function outputsOf(engine: Engine, network: Layer, examples: Examples, batch = 256): Float32Array {
  const count = examples.labels.length;
  const parts = inBatches([...Array(count).keys()], batch).map((rows) =>
    engine.untracked(() =>
      engine.scope(() =>
        Float32Array.from(
          network.forward(batchOf(engine, examples, rows).inputs, { training: false }).values,
        ),
      ),
    ),
  );
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The share of examples whose largest output is not their label's. */
export function errorOf(outputs: Float32Array, { labels, classes }: Examples): number {
  let wrong = 0;
  for (let row = 0; row < labels.length; row++) {
    const scores = outputs.subarray(row * classes, (row + 1) * classes);
    if (scores.indexOf(Math.max(...scores)) !== labels[row]) wrong++;
  }
  return wrong / labels.length;
}

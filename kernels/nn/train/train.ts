/** Trains a network on labelled examples by mini-batches, and asks it afterwards. */
import type { Layer } from "../layers/layer.ts";
import type { Optimiser } from "../optimisers/optimiser.ts";
import { constant, type Schedule } from "../optimisers/schedules.ts";
import { backward } from "../tensor/backward.ts";
import type { Engine } from "../tensor/engine.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Batch, batchOf, type Examples, inBatches, shuffledBatches } from "./examples.ts";
import { findGradient, findLoss, isLost, TrainingError } from "./guard.ts";

export interface TrainingOptions {
  readonly engine: Engine;
  readonly network: Layer;
  readonly examples: Examples;
  readonly optimiser: Optimiser;
  readonly epochs: number;
  readonly batch: number;
  /** Decides the order of the examples alone, so that two methods can see the same batches. */
  readonly random: () => number;
  /** What the training was seeded with, to be named where it goes wrong. */
  readonly seed?: number | undefined;
  /** Epochs that were done before, where a checkpoint is taken up again (default: 0). */
  readonly from?: number;
  /** The loss of a batch, of one element. */
  loss(logits: Tensor, batch: Batch): Tensor;
  /** Factor of the optimiser's rate by step (default: 1). */
  readonly schedule?: Schedule;
  /** After each epoch, with the mean loss over its batches; a promise is waited for. */
  onEpoch?(epoch: number, loss: number): void | Promise<void>;
}

/**
 * Trains for the epochs that are left.
 * @throws TrainingError at the first loss or gradient that is lost (guard.ts), naming step, seed and layer
 */
export async function train(options: TrainingOptions): Promise<void> {
  const { examples, optimiser, epochs, batch, random, schedule = constant, from = 0 } = options;
  const rate = optimiser.rate;
  let [step, first] = [0, Number.NaN];
  for (let epoch = 0; epoch < epochs; epoch++) {
    // Epochs that are done draw their orders all the same, so that the next one has its own.
    const order = shuffledBatches(examples.labels.length, batch, random);
    if (epoch < from) {
      step += order.length;
      continue;
    }
    let total = 0;
    for (const rows of order) {
      optimiser.rate = rate * schedule(step);
      const loss = stepOn(options, rows, step, first);
      first = Number.isNaN(first) ? loss : first;
      optimiser.step();
      optimiser.clear();
      total += loss;
      step++;
    }
    await options.onEpoch?.(epoch, total / order.length);
  }
  optimiser.rate = rate;
}

/** The loss of a batch, and its gradients. @throws TrainingError where they are lost */
function stepOn(options: TrainingOptions, rows: readonly number[], step: number, first: number): number {
  const { engine, network, examples, seed } = options;
  const loss = engine.scope(() => {
    const placed = batchOf(engine, examples, rows);
    const value = options.loss(network.forward(placed.inputs, { training: true }), placed);
    backward(value);
    return value.item();
  });
  const lost = isLost(loss, first);
  const finding = lost
    ? findLoss(engine, network, () => batchOf(engine, examples, rows).inputs)
    : findGradient(network);
  if (lost || finding) {
    const and = finding ? `, and ${finding.what}` : "";
    throw new TrainingError(step, seed, `the loss is ${loss}${and}`, finding?.layer);
  }
  return loss;
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

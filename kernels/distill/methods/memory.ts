/** What a loss keeps from one step of a training to the next (memories of embeddings), and the examples that it draws. */
import type { Indices } from "../../nn/tensor/indices.ts";
import { type Shape, sizeOf } from "../../nn/tensor/shapes.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import type { Batch } from "../../nn/train/examples.ts";
import type { LossMemory, LossResult } from "../losses/loss.ts";
import type { Classroom } from "./classroom.ts";

export interface Keeper {
  /** The inputs of a step: what is kept, as constants that are freed with the scope, and what is drawn for it. */
  inputs(batch: Batch): Readonly<Record<string, Tensor | Indices>>;
  /** Takes over what a step has reported. @throws RangeError where an output is missing */
  keep(outputs: NonNullable<LossResult["outputs"]>): void;
}

/** Keeps a memory outside the engine, over all that is shown in a room. */
export function keeperOf({ engine, shown, random }: Classroom, memory: LossMemory, name: string): Keeper {
  const count = shown.labels.length;
  const start = random(`start of the memory at ${name}`);
  const draw = random(`draws at ${name}`);
  const kept = new Map<string, { readonly shape: Shape; readonly values: Float32Array }>();
  for (const { name: input, shape, start: middle, spread } of memory.starts(count))
    kept.set(input, {
      shape,
      values: Float32Array.from({ length: sizeOf(shape) }, () => middle + spread * (2 * start() - 1)),
    });
  return {
    inputs: ({ rows }) => ({
      ...Object.fromEntries(
        [...kept].map(([input, { shape, values }]) => [input, engine.tensor(shape, values)]),
      ),
      ...Object.fromEntries(
        Object.entries(memory.draws(rows, shown.labels, draw)).map(([input, numbers]) => [
          input,
          engine.indices(numbers, count),
        ]),
      ),
    }),
    keep(outputs) {
      for (const [input, output] of Object.entries(memory.back)) {
        const found = outputs[output];
        if (!found || !("shape" in found))
          throw new RangeError(`expected a loss that reports ${output} as a tensor; found none`);
        kept.set(input, { shape: found.shape, values: Float32Array.from(found.values) });
      }
    },
  };
}

/** A trained network as others learn from it: what it says of every example, computed once and kept as plain numbers. */

import type { Engine } from "../../nn/tensor/engine.ts";
import { sizeOf } from "../../nn/tensor/shapes.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { type Batch, batchOf, copyRows, type Examples, inBatches } from "../../nn/train/examples.ts";
import type { TappedNetwork } from "./network.ts";
import { probabilities } from "./probabilities.ts";

export interface Teacher {
  /** What it says of the rows of a batch at a tap (default: its logits), as constants; freed with the scope. */
  of(batch: Batch, tap?: string): Tensor;
  /** Logits of every training example: [examples, classes]. */
  readonly shown: Float32Array;
  /** Logits of every held example. */
  readonly held: Float32Array;
  /** The shape of one example at each tap; logits alone where only answers are known. */
  readonly shapes: TappedNetwork["shapes"];
}

/** What a network says of every example at a tap, one example after the other. */
export function tapOf(
  engine: Engine,
  network: TappedNetwork,
  examples: Examples,
  tap = "logits",
): Float32Array {
  const width = sizeOf(network.shapes[tap] ?? []);
  const all = new Float32Array(examples.labels.length * width);
  let at = 0;
  for (const rows of inBatches([...Array(examples.labels.length).keys()], 256))
    engine.untracked(() =>
      engine.scope(() => {
        const trace = network.trace(batchOf(engine, examples, rows).inputs, { training: false });
        const tapped = trace[tap];
        if (!tapped) throw new RangeError(`expected a tap of ${Object.keys(trace).join(", ")}; found ${tap}`);
        all.set(tapped.values, at);
        at += tapped.size;
      }),
    );
  return all;
}

/** A teacher that is a network; what it says at other taps than its logits is computed when it is first asked for. */
export function teacherOf(
  engine: Engine,
  network: TappedNetwork,
  { shown, held }: { readonly shown: Examples; readonly held: Examples },
): Teacher {
  const known = new Map([["logits", tapOf(engine, network, shown)]]);
  return {
    shown: known.get("logits") as Float32Array,
    held: tapOf(engine, network, held),
    shapes: network.shapes,
    of(batch, tap = "logits") {
      const table = known.get(tap) ?? tapOf(engine, network, shown, tap);
      known.set(tap, table);
      return rowsOf(engine, table, network.shapes[tap] ?? [], batch);
    },
  };
}

/** A teacher of whom only the answers are known: an average of several, or a network that is gone. */
export function answersOf(
  engine: Engine,
  { shown, held }: Pick<Teacher, "shown" | "held">,
  classes: number,
): Teacher {
  const shapes = { logits: [classes] };
  return { shown, held, shapes, of: (batch) => rowsOf(engine, shown, [classes], batch) };
}

function rowsOf(engine: Engine, table: Float32Array, shape: readonly number[], { rows }: Batch): Tensor {
  const placed = engine.tensor([rows.length, ...shape]);
  copyRows(table, sizeOf(shape), rows, placed.values);
  return placed;
}

/** Logits whose softmax is the mean of the networks' probabilities: log mean softmax(z), row by row. */
export function averaged(tables: readonly Float32Array[], classes: number): Float32Array {
  const [first] = tables;
  if (!first) throw new RangeError("expected at least one table of logits; found none");
  const mean = new Float64Array(first.length);
  for (const table of tables)
    for (let row = 0; row < table.length; row += classes) {
      const shares = probabilities(table.subarray(row, row + classes));
      for (const [k, share] of shares.entries()) mean[row + k] = (mean[row + k] as number) + share;
    }
  return Float32Array.from(mean, (sum) => Math.log(Math.max(sum / tables.length, 1e-30)));
}

/** Mean cross-entropy of logits with labels, in nats. */
export function lossOf(logits: Float32Array, { labels, classes }: Examples): number {
  let total = 0;
  for (let row = 0; row < labels.length; row++) {
    const scores = logits.subarray(row * classes, (row + 1) * classes);
    const most = Math.max(...scores);
    const power = scores.reduce((sum, score) => sum + Math.exp(score - most), 0);
    total += most + Math.log(power) - (scores[labels[row] as number] as number);
  }
  return total / labels.length;
}

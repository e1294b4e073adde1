/** Long short-term memory (Hochreiter & Schmidhuber 1997) over texts, in one direction or both. */
import { uniform } from "../initialisers.ts";
import { gather } from "../tensor/functions/gather.ts";
import { linear } from "../tensor/functions/linear.ts";
import { lstm as recur } from "../tensor/functions/lstm.ts";
import { concat, permute, reshape } from "../tensor/functions/move.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { composite, type Layer, type Nursery } from "./layer.ts";

export interface LstmOptions {
  readonly inputs: number;
  readonly hidden: number;
  /** Whether a second one reads from the end, and its states stand behind those of the first (default: no). */
  readonly bidirectional?: boolean;
}

/**
 * [batch, time, inputs] to the states [batch, time, hidden], or twice as wide in both directions; starts from zeros. Weights
 * in torch's order of gates, with one bias where torch has two that only ever act as their sum.
 *
 * A step costs 8 hidden (inputs + hidden) for the products and 17 hidden beside them: bias and recurrent part added to four
 * gates, five functions, three products and a sum. Parameters: 4 hidden (inputs + hidden + 1) a direction.
 */
export function lstm(where: Nursery, options: LstmOptions): Layer {
  const { hidden, bidirectional = false } = options;
  const ahead = direction(where, options, false);
  if (!bidirectional) return ahead;
  return composite({
    kind: "lstm in both directions",
    inner: { ahead, back: direction(where, options, true) },
    forward: (x, run) => concat([run("ahead", x), run("back", x)], 2),
    cost(input, run) {
      const [time] = [run("ahead", input), run("back", input)][0] as [number];
      return { output: [time, 2 * hidden], flops: 0 };
    },
  });
}

function direction({ engine, random }: Nursery, { inputs, hidden }: LstmOptions, reversed: boolean): Layer {
  const start = uniform(1 / Math.sqrt(hidden));
  const made = (...shape: number[]): Tensor => engine.parameter(shape, start(shape, random));
  const [weight, recurrent, bias] = [made(4 * hidden, inputs), made(4 * hidden, hidden), made(4 * hidden)];
  return {
    kind: `lstm ${inputs} to ${hidden}${reversed ? ", from the end" : ""}`,
    parameters: { weight, recurrent, bias },
    forward(x) {
      const byTime = permute(x, [1, 0, 2]);
      const steps = reversed ? turned(byTime) : byTime;
      const states = recur(linear(steps, weight, bias), recurrent);
      return permute(reversed ? turned(states) : states, [1, 0, 2]);
    },
    cost: ([time]) => ({
      output: [time as number, hidden],
      flops: (time as number) * (8 * hidden * (inputs + hidden) + 17 * hidden),
    }),
  };
}

/** [time, batch, width] from its end to its start. */
function turned(x: Tensor): Tensor {
  const [time] = x.shape as [number];
  const order = Array.from({ length: time }, (_, t) => time - 1 - t);
  return reshape(gather(reshape(x, [time, -1]), x.engine.indices(order, time)), x.shape);
}

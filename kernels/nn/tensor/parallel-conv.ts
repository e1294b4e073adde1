/** Gradients of convolutions on all threads of an engine, by parts of the batch, in the form of those on one. */
import { problemOf } from "../../conv/convolution.ts";
import { biasGradientProgram } from "../../conv/programs/bias-gradient.ts";
import { type ConvShape, weightsLength } from "../../conv/shape.ts";
import { type SplitOptions, splitGradients } from "../../conv/split-gradients.ts";
import type { Engine } from "./engine.ts";
import { mapProgram } from "./programs/map.ts";
import { add, input } from "./scalar.ts";

/** Images of a thread's part from which a second thread is worth waking. */
const leastImages = 2;

/** Whether a batch is parted: in strict arithmetic it never is, because gradients of weights are summed up by parts. */
export const takesThreads = ({ threads, arithmetic }: Engine, batch: number): boolean =>
  threads > 1 && arithmetic === "fast" && batch >= leastImages * threads;

/** The gradients. */
export function parallelBackward(engine: Engine, shape: ConvShape, options: SplitOptions) {
  const { element, lanes, memory, threads } = engine;
  const split = splitGradients(options, memory, threads);
  const length = weightsLength(shape);
  const parts = Array.from({ length: threads - 1 }, () => memory.room(element, length));
  const nest = [{ length, strides: [1, 1, 1] }];
  const formulas = [add(input(0), input(1))];
  const addTo = engine.kernel(`add ${length}`, () =>
    mapProgram({ element, lanes, formulas, inputs: 2, settings: 0, nest }),
  );
  const ofBias = engine.kernel(`bias gradient ${options.batch} ${JSON.stringify(shape)}`, () =>
    biasGradientProgram(problemOf(options)),
  );
  return {
    inputGradient: split.inputGradient,
    weightGradient(call: {
      readonly input: number;
      readonly outputGradient: number;
      readonly weightGradient: number;
    }): void {
      const { weightGradient, ...operands } = call;
      split.weightGradients({ ...operands, weightGradients: [weightGradient, ...parts] });
      for (const part of parts) addTo(weightGradient, part, weightGradient);
    },
    biasGradient: (call: { readonly outputGradient: number; readonly biasGradient: number }): void =>
      ofBias(call.outputGradient, call.biasGradient, 0),
  };
}

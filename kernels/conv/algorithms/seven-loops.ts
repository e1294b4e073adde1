/**
 * The definition as one writes it down: seven loops, one sum in a register for each output, on a padded copy so that no
 * loop asks whether a tap lies inside. What articles call direct convolution when they say that something beats it; not
 * in the table of algorithms, because nobody should choose it.
 */
import type { ConvAlgorithm, MadeConvolution, Workshop } from "../algorithm.ts";
import { accountingOfPasses, padPasses, seenPadded } from "../passes.ts";
import { allocatedBytes, type ConvProblem, elementBytes } from "../problem.ts";
import { directProgram, paddedLength } from "../programs/padded.ts";
import { isUnpadded, outputLength, weightsLength } from "../shape.ts";
import { everyImage, paddedImage } from "./images.ts";

export const sevenLoops: ConvAlgorithm<"seven-loops"> = {
  id: "seven-loops",
  title: "seven loops",
  idea: "the definition, one multiply-add after the other",
  source: "the definition",
  refuses: ({ layout }) => (layout === "nhwc" ? { expected: "nchw", found: layout } : null),
  accounting: (problem) => {
    const { shape } = problem;
    const workspaceBytes = isUnpadded(shape) ? 0 : allocatedBytes(problem, paddedLength(shape));
    const read = seenPadded(shape) + weightsLength(shape);
    return accountingOfPasses(problem, { workspaceBytes, preparedBytes: 0 }, [
      ...padPasses(problem),
      { stage: "sums", read, written: outputLength(shape) },
    ]);
  },
  sharing: () => "none",
  make,
};

function make(problem: ConvProblem, workshop: Workshop): MadeConvolution {
  const { shape, element } = problem;
  const pad = paddedImage(problem, workshop);
  const sum = workshop.compile(directProgram(shape, 1, element));
  const bytes = elementBytes(problem);
  const ofGroup = [paddedLength(shape), weightsLength(shape), outputLength(shape)].map(
    (length) => (length / shape.groups) * bytes,
  ) as [number, number, number];
  let own = 0;
  return {
    prepare: (weights) => {
      own = weights;
    },
    run: (input, output) =>
      everyImage(problem, input, output, (from, to) => {
        const padded = pad(from);
        for (let g = 0; g < shape.groups; g++)
          sum(padded + g * ofGroup[0], own + g * ofGroup[1], to + g * ofGroup[2]);
      }),
  };
}

/** The definition, loop by loop, on a padded copy of the image: what every other algorithm is measured against. */
import type { ConvAlgorithm, MadeConvolution, Workshop } from "../algorithm.ts";
import { allocatedBytes, type ConvProblem, elementBytes, vectorLanes } from "../problem.ts";
import { directProgram, paddedLength, padProgram } from "../programs/padded.ts";
import { directPixelsProgram, padPixelsProgram } from "../programs/padded-nhwc.ts";
import { inputLength, isUnpadded, outputLength, weightsLength } from "../shape.ts";
import { filtersLast } from "../weights.ts";

export const direct: ConvAlgorithm = {
  id: "direct",
  title: "direct loops",
  idea: "seven loops, neighbouring outputs in the lanes of a vector; nothing is unfolded",
  source: "the definition",
  refuses: () => null,
  accounting: (problem) => {
    const { shape, batch, layout } = problem;
    const copy = isUnpadded(shape) ? 0 : inputLength(shape) + paddedLength(shape);
    const passes = copy + paddedLength(shape) + outputLength(shape);
    return {
      workspaceBytes: isUnpadded(shape) ? 0 : allocatedBytes(problem, paddedLength(shape)),
      preparedBytes: layout === "nhwc" ? allocatedBytes(problem, weightsLength(shape)) : 0,
      bytesMoved: elementBytes(problem) * (batch * passes + weightsLength(shape)),
    };
  },
  make: (problem, workshop) => (problem.layout === "nchw" ? planes : pixels)(problem, workshop),
};

function planes(problem: ConvProblem, workshop: Workshop): MadeConvolution {
  const { shape, element } = problem;
  const lanes = vectorLanes(problem);
  const pad = paddedImage(problem, workshop);
  const sum = workshop.compile(directProgram(shape, lanes, element));
  const bytes = elementBytes(problem);
  const ofGroup = {
    input: (paddedLength(shape) / shape.groups) * bytes,
    weights: (weightsLength(shape) / shape.groups) * bytes,
    output: (outputLength(shape) / shape.groups) * bytes,
  };
  let own = 0;
  return {
    prepare: (weights) => {
      own = weights;
    },
    run: (input, output) =>
      everyImage(problem, input, output, (from, to) => {
        const padded = pad(from);
        for (let group = 0; group < shape.groups; group++)
          sum(padded + group * ofGroup.input, own + group * ofGroup.weights, to + group * ofGroup.output);
      }),
  };
}

function pixels(problem: ConvProblem, workshop: Workshop): MadeConvolution {
  const { shape, element } = problem;
  const lanes = vectorLanes(problem);
  const pad = paddedImage(problem, workshop);
  const sum = workshop.compile(directPixelsProgram(shape, lanes, element));
  const own = workshop.allocate(allocatedBytes(problem, weightsLength(shape)));
  return {
    prepare: (weights) => filtersLast(shape, element, workshop.memory, weights, own),
    run: (input, output) => everyImage(problem, input, output, (from, to) => sum(pad(from), own, to)),
  };
}

/** Calls the body with the addresses of each image of a batch. */
export function everyImage(
  problem: ConvProblem,
  input: number,
  output: number,
  body: (input: number, output: number) => void,
): void {
  const { shape, batch } = problem;
  const bytes = elementBytes(problem);
  for (let image = 0; image < batch; image++)
    body(input + image * inputLength(shape) * bytes, output + image * outputLength(shape) * bytes);
}

/** Makes the copy with borders of an image and returns where it lies; an image without padding is left where it is. */
export function paddedImage(problem: ConvProblem, workshop: Workshop): (input: number) => number {
  const { shape, element, layout } = problem;
  if (isUnpadded(shape)) return (input) => input;
  const padded = workshop.allocate(allocatedBytes(problem, paddedLength(shape)));
  const write = layout === "nchw" ? padProgram : padPixelsProgram;
  const copy = workshop.compile(write(shape, vectorLanes(problem), element));
  return (input) => {
    copy(input, padded);
    return padded;
  };
}

/** What happens to the images of a batch, one after the other. */
import type { Workshop } from "../algorithm.ts";
import { allocatedBytes, type ConvProblem, elementBytes, vectorLanes } from "../problem.ts";
import { paddedLength, padProgram } from "../programs/padded.ts";
import { padPixelsProgram } from "../programs/padded-nhwc.ts";
import { inputLength, isUnpadded, outputLength } from "../shape.ts";

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

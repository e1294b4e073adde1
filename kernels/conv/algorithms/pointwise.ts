/**
 * A layer of 1x1 kernels, stride 1 and no padding is a matrix product as it stands: the image is the matrix
 * [channels][positions] (nchw) or its transpose (nhwc). Nothing is copied; the weights are packed once.
 */
import type { ConvAlgorithm, MadeConvolution, Workshop } from "../algorithm.ts";
import { packFilters } from "../pack-filters.ts";
import { accountingOfPasses, rowsPasses, stripesPass } from "../passes.ts";
import { type ConvProblem, elementBytes } from "../problem.ts";
import { stripesProgram } from "../programs/stripes.ts";
import { groupChannels, inputLength, isPointwise, positions } from "../shape.ts";
import { everyImage } from "./images.ts";
import { makeRowProduct, rowCycles, rowPackedBytes } from "./rows.ts";
import { groupSteps, packedBytes, stripeCycles, stripeOptions, stripePanels } from "./stripes.ts";

export const pointwise: ConvAlgorithm = {
  id: "pointwise",
  title: "the image as a matrix",
  idea: "a 1x1 layer is one product without any copy",
  source: "Howard et al., MobileNets, arXiv:1704.04861, section 3.2",
  refuses: ({ shape }) =>
    isPointwise(shape)
      ? null
      : { expected: "1x1 kernels of stride 1 without padding", found: "another layer" },
  accounting: (problem) => {
    const { shape, layout } = problem;
    const bytes = {
      workspaceBytes: 0,
      preparedBytes: layout === "nchw" ? packedBytes(problem) : rowPackedBytes(problem),
    };
    const image = inputLength(shape);
    const product = layout === "nchw" ? [stripesPass(problem, image)] : rowsPasses(problem, image);
    return accountingOfPasses(problem, bytes, product);
  },
  cycles: (problem) => (problem.layout === "nchw" ? stripeCycles : rowCycles)(problem),
  fusesEpilogue: () => true,
  make: (problem, workshop) => (problem.layout === "nchw" ? planes : pixels)(problem, workshop),
};

function planes(problem: ConvProblem, workshop: Workshop): MadeConvolution {
  const { shape, element } = problem;
  const own = workshop.allocate(packedBytes(problem));
  const multiply = workshop.compile(stripesProgram(stripeOptions(problem, { kind: "matrix" })));
  const steps = groupSteps(problem);
  const inputStep = elementBytes(problem) * groupChannels(shape) * positions(shape);
  return {
    prepare: (weights) => packFilters(shape, element, stripePanels(problem), workshop.memory, weights, own),
    run: (input, output, bias) =>
      everyImage(problem, input, output, (from, to) => {
        for (let g = 0; g < shape.groups; g++)
          multiply(
            from + g * inputStep,
            own + g * steps.weights,
            bias + (bias === 0 ? 0 : g * steps.bias),
            to + g * steps.output,
          );
      }),
  };
}

function pixels(problem: ConvProblem, workshop: Workshop): MadeConvolution {
  const { shape } = problem;
  const source = { kind: "matrix", rowStride: shape.channels } as const;
  const product = makeRowProduct(problem, workshop, { source, channelStep: 1 });
  const ofGroup = groupChannels(shape) * elementBytes(problem);
  return {
    prepare: product.prepare,
    run: (input, output, bias) =>
      everyImage(problem, input, output, (from, to) => {
        for (let group = 0; group < shape.groups; group++)
          product.run(from + group * ofGroup, bias, to, group, []);
      }),
  };
}

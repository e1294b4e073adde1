/**
 * im2col, then pack, then multiply, each a pass of its own over the whole matrix, as ncnn's convolution_im2col_sgemm does
 * it: unfolded columns are copied once more into panels, so that the product reads nothing but neighbours.
 */
import { packAlongProgram } from "../../gemm/programs/pack.ts";
import type { ConvAlgorithm, MadeConvolution, Workshop } from "../algorithm.ts";
import { packFilters } from "../pack-filters.ts";
import { accountingOfPasses, padPasses, stripesPass, unfoldedLength, unfoldPass } from "../passes.ts";
import { allocatedBytes, type ConvProblem, elementBytes, vectorLanes } from "../problem.ts";
import { paddedLength, unfoldProgram } from "../programs/padded.ts";
import { stripesProgram, stripeWidth } from "../programs/stripes.ts";
import { isUnpadded, patchLength, positions } from "../shape.ts";
import { everyImage, paddedImage } from "./images.ts";
import { groupSteps, packedBytes, stripeCycles, stripeOptions, stripePanels, stripeTile } from "./stripes.ts";

export const im2colPack: ConvAlgorithm = {
  id: "im2col-pack",
  title: "im2col, pack, SGEMM",
  idea: "the unfolded matrix is copied into panels before the product reads it",
  source: "Tencent ncnn, convolution_sgemm.h (im2col, pack, sgemm as separate passes)",
  refuses: ({ layout }) => (layout === "nhwc" ? { expected: "nchw", found: layout } : null),
  accounting: (problem) => {
    const { shape } = problem;
    const panels = shape.groups * panelLength(problem);
    const bytes = {
      workspaceBytes:
        allocatedBytes(problem, unfoldedLength(shape)) +
        allocatedBytes(problem, panelLength(problem)) +
        (isUnpadded(shape) ? 0 : allocatedBytes(problem, paddedLength(shape))),
      preparedBytes: packedBytes(problem),
    };
    return accountingOfPasses(problem, bytes, [
      ...padPasses(problem),
      unfoldPass(problem),
      { stage: "pack", read: unfoldedLength(shape), written: panels },
      stripesPass(problem, shape.groups * patchLength(shape) * wholeVectors(problem)),
    ]);
  },
  cycles: stripeCycles,
  fusesEpilogue: () => true,
  make: planes,
};

/** Elements of the panels of one group: whole stripes. */
function panelLength(problem: ConvProblem): number {
  const width = stripeWidth(stripeTile(problem));
  return patchLength(problem.shape) * Math.ceil(positions(problem.shape) / width) * width;
}

/** Positions up to whole vectors: what the product reads of the last stripe. */
function wholeVectors(problem: ConvProblem): number {
  const lanes = vectorLanes(problem);
  return Math.ceil(positions(problem.shape) / lanes) * lanes;
}

function planes(problem: ConvProblem, workshop: Workshop): MadeConvolution {
  const { shape, element } = problem;
  const lanes = vectorLanes(problem);
  const own = workshop.allocate(packedBytes(problem));
  const pad = paddedImage(problem, workshop);
  const unfolded = workshop.allocate(allocatedBytes(problem, unfoldedLength(shape)));
  const panels = workshop.allocate(allocatedBytes(problem, panelLength(problem)));
  const unfold = workshop.compile(unfoldProgram(shape, lanes, element));
  const pack = workshop.compile(
    packAlongProgram({ width: stripeWidth(stripeTile(problem)), element, lanes }),
  );
  const multiply = workshop.compile(stripesProgram(stripeOptions(problem, { kind: "panels" })));
  const steps = groupSteps(problem);
  const [count, depth] = [positions(shape), patchLength(shape)];
  return {
    prepare: (weights) => packFilters(shape, element, stripePanels(problem), workshop.memory, weights, own),
    run: (input, output, bias) =>
      everyImage(problem, input, output, (from, to) => {
        unfold(pad(from), unfolded);
        for (let g = 0; g < shape.groups; g++) {
          pack(count, depth, unfolded + g * depth * count * elementBytes(problem), count, panels);
          const ofGroup = bias === 0 ? 0 : bias + g * steps.bias;
          multiply(panels, own + g * steps.weights, ofGroup, to + g * steps.output);
        }
      }),
  };
}

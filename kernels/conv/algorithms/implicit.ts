/**
 * Implicit GEMM (Chetlur et al., cuDNN, arXiv:1410.0759, section 3): the product of im2col without its matrix. Just
 * before a stripe of the output is computed, its columns of the unfolded image are written into a panel that stays in
 * cache. What unfolding takes is a panel instead of a matrix.
 */
import type { ConvAlgorithm, MadeConvolution, Workshop } from "../algorithm.ts";
import { packFilters } from "../pack-filters.ts";
import { accountingOfPasses, phasesPass, stripesPass, unfoldedLength } from "../passes.ts";
import { phasedImage, phasesProgram } from "../phased-image.ts";
import { allocatedBytes, type ConvProblem, elementBytes, vectorLanes } from "../problem.ts";
import { type StripeSource, stripesProgram, stripeWidth } from "../programs/stripes.ts";
import { groupChannels, outputWidth, patchLength, positions, taps } from "../shape.ts";
import { everyImage } from "./images.ts";
import { groupSteps, packedBytes, stripeCycles, stripeOptions, stripePanels, stripeTile } from "./stripes.ts";

export const implicit: ConvAlgorithm = {
  id: "implicit",
  title: "implicit GEMM",
  idea: "the panel that the micro-kernel reads is filled straight from the image; nothing is unfolded in memory",
  source: "Chetlur et al., cuDNN, arXiv:1410.0759, section 3",
  refuses: ({ layout }) => (layout === "nhwc" ? { expected: "nchw", found: layout } : null),
  accounting: (problem) => {
    const { shape } = problem;
    const { imageBytes, panelBytes, tapBytes, copyBytes } = workspace(problem);
    const bytes = {
      workspaceBytes: imageBytes + panelBytes + tapBytes + copyBytes,
      preparedBytes: packedBytes(problem),
    };
    const table = copyTable(problem);
    const ofTaps = taps(shape) > 1 ? taps(shape) : 0;
    const entries = shape.groups * (ofTaps + table.pairs.length);
    const image = shape.groups * readByCopies(problem, table.pairs);
    return accountingOfPasses(problem, bytes, [phasesPass(problem), stripesPass(problem, image, entries)]);
  },
  cycles: stripeCycles,
  nearBytes: (problem) => 2 * elementBytes(problem) * unfoldedLength(problem.shape),
  fusesEpilogue: () => true,
  make: planes,
};

function workspace(problem: ConvProblem) {
  const { shape } = problem;
  const width = stripeWidth(stripeTile(problem));
  const lanes = vectorLanes(problem);
  const table = copyTable(problem);
  const integers = { element: "f32" } as const;
  return {
    // Both with a vector more, because the last one that is read or written may reach beyond the end.
    imageBytes: allocatedBytes(problem, phasedImage(shape).length + lanes),
    panelBytes: allocatedBytes(problem, patchLength(shape) * width + lanes),
    tapBytes: allocatedBytes(integers, taps(shape)),
    copyBytes: allocatedBytes(integers, table.pairs.length),
  };
}

/** For each stripe the vectors to copy, as pairs of source (from a tap's origin) and place in the panel's row. */
function copyTable(problem: ConvProblem): { readonly copies: number; readonly pairs: readonly number[] } {
  const { shape } = problem;
  const tile = stripeTile(problem);
  const width = stripeWidth(tile);
  const [columns, count] = [outputWidth(shape), positions(shape)];
  const { planeWidth } = phasedImage(shape);
  const stripes: (readonly [number, number])[][] = [];
  for (let first = 0; first < count; first += width) {
    const pairs: [number, number][] = [];
    const end = Math.min(count, first + width);
    for (let position = first; position < end; ) {
      const [row, column] = [Math.floor(position / columns), position % columns];
      pairs.push([row * planeWidth + column, position - first]);
      position += Math.min(tile.lanes, columns - column);
    }
    stripes.push(pairs);
  }
  const copies = Math.max(...stripes.map((pairs) => pairs.length));
  // A stripe of fewer vectors repeats its last one.
  const pairs = stripes.flatMap((own) =>
    Array.from({ length: copies }, (_, i) => own[i] ?? (own.at(-1) as readonly [number, number])).flat(),
  );
  return { copies, pairs };
}

/** Elements of one group's planes that the vectors of a copy table touch, whole as they are. */
function readByCopies(problem: ConvProblem, pairs: readonly number[]): number {
  const { shape } = problem;
  const { channelStride, tapOffsets } = phasedImage(shape);
  const lanes = vectorLanes(problem);
  const touched = new Uint8Array(channelStride + lanes);
  for (let at = 0; at < pairs.length; at += 2)
    for (const offset of tapOffsets) {
      const first = (pairs[at] as number) + offset;
      touched.fill(1, first, first + lanes);
    }
  const ofChannel = touched.reduce((sum, mark) => sum + mark, 0);
  // What reaches beyond a channel's planes may be touched by the next channel too.
  const twice = touched
    .subarray(channelStride)
    .reduce((sum, mark, i) => sum + mark * (touched[i] as number), 0);
  return groupChannels(shape) * ofChannel - (groupChannels(shape) - 1) * twice;
}

function planes(problem: ConvProblem, workshop: Workshop): MadeConvolution {
  const { shape, element } = problem;
  const image = phasedImage(shape);
  const table = copyTable(problem);
  const bytes = workspace(problem);
  const own = workshop.allocate(packedBytes(problem));
  const phased = workshop.allocate(bytes.imageBytes);
  const panel = workshop.allocate(bytes.panelBytes);
  const tapOffsets = workshop.allocate(bytes.tapBytes);
  const copies = workshop.allocate(bytes.copyBytes);
  workshop.memory.view("i32", tapOffsets, taps(shape)).set(image.tapOffsets);
  workshop.memory.view("i32", copies, table.pairs.length).set(table.pairs);
  const source: StripeSource = {
    kind: "image",
    channels: groupChannels(shape),
    channelStride: image.channelStride,
    taps: taps(shape),
    copies: table.copies,
  };
  const cut = workshop.compile(phasesProgram(shape, vectorLanes(problem), element));
  const multiply = workshop.compile(stripesProgram(stripeOptions(problem, source)));
  const steps = groupSteps(problem);
  const imageStep = elementBytes(problem) * groupChannels(shape) * image.channelStride;
  return {
    prepare: (weights) => packFilters(shape, element, stripePanels(problem), workshop.memory, weights, own),
    run: (input, output, bias) =>
      everyImage(problem, input, output, (from, to) => {
        cut(from, phased);
        for (let g = 0; g < shape.groups; g++)
          multiply(
            phased + g * imageStep,
            own + g * steps.weights,
            bias + (bias === 0 ? 0 : g * steps.bias),
            to + g * steps.output,
            ...[panel, tapOffsets, copies],
          );
      }),
  };
}

/**
 * Direct convolution in register tiles: image values are broadcast from where they lie, filters are in the lanes. Nothing
 * is unfolded; an image that is padded or (in nchw) strided is copied once, with its border, so that no loop asks whether
 * a tap lies inside. A position and a tap each have an offset, and a pixel is where their sum says.
 */
import type { ConvAlgorithm, MadeConvolution, Workshop } from "../algorithm.ts";
import { accountingOfPasses, padPasses, phasesPass, rowsPasses, seenPadded } from "../passes.ts";
import { phasedImage, phasesProgram } from "../phased-image.ts";
import { allocatedBytes, type ConvProblem, elementBytes, vectorLanes } from "../problem.ts";
import { paddedLength } from "../programs/padded.ts";
import { padPixelsProgram } from "../programs/padded-nhwc.ts";
import {
  type ConvShape,
  groupChannels,
  isUnpadded,
  outputHeight,
  outputWidth,
  paddedWidth,
  positions,
  taps,
} from "../shape.ts";
import { everyImage } from "./images.ts";
import { makeRowProduct, rowCycles, rowPackedBytes, turnedBytes } from "./rows.ts";

export const direct: ConvAlgorithm = {
  id: "direct",
  title: "direct loops in register tiles",
  idea: "every image value is read where it lies; a tile of outputs stays in registers for all taps and channels",
  source:
    "Zhang, Franchetti & Low, High performance zero-memory overhead direct convolutions, arXiv:1809.10170",
  refuses: () => null,
  accounting: (problem) => {
    const { shape, layout } = problem;
    const copies = readImage(problem).copied
      ? layout === "nchw"
        ? [phasesPass(problem)]
        : padPasses(problem)
      : [];
    const ofTaps = taps(shape) > 1 ? taps(shape) : 0;
    const bytes = {
      workspaceBytes: workspaceOf(problem).reduce((sum, bytes) => sum + bytes, turnedBytes(problem)),
      preparedBytes: rowPackedBytes(problem),
    };
    const entries = shape.groups * (positions(shape) + ofTaps);
    return accountingOfPasses(problem, bytes, [
      ...copies,
      ...rowsPasses(problem, seenPadded(shape), entries),
    ]);
  },
  cycles: rowCycles,
  fusesEpilogue: () => true,
  addsResidual: ({ layout }) => layout === "nchw",
  make,
};

/** The image as the loops read it: where positions and taps lie in it, and whether it is a copy. */
interface ReadImage {
  readonly copied: boolean;
  readonly length: number;
  /** Elements from one channel to the next, and from one group to the next. */
  readonly channelStep: number;
  readonly groupStep: number;
  readonly tapOffsets: readonly number[];
  readonly positionOffset: (row: number, column: number) => number;
}

function readImage({ shape, layout }: ConvProblem): ReadImage {
  return layout === "nchw" ? readPlanes(shape) : readPixels(shape);
}

function readPlanes(shape: ConvShape): ReadImage {
  const { tapOffsets, planeWidth, channelStride, length } = phasedImage(shape);
  return {
    // With stride 1 and no border the planes are the image itself.
    copied: !isUnpadded(shape) || shape.stride.y > 1 || shape.stride.x > 1,
    ...{ length, channelStep: channelStride, tapOffsets },
    groupStep: groupChannels(shape) * channelStride,
    positionOffset: (row, column) => row * planeWidth + column,
  };
}

function readPixels(shape: ConvShape): ReadImage {
  const { kernelHeight, kernelWidth, stride, dilation, channels } = shape;
  const width = paddedWidth(shape);
  const pixel = (row: number, column: number): number => (row * width + column) * channels;
  return {
    copied: !isUnpadded(shape),
    length: paddedLength(shape),
    ...{ channelStep: 1, groupStep: groupChannels(shape) },
    tapOffsets: Array.from({ length: kernelHeight * kernelWidth }, (_, tap) =>
      pixel(Math.floor(tap / kernelWidth) * dilation.y, (tap % kernelWidth) * dilation.x),
    ),
    positionOffset: (row, column) => pixel(row * stride.y, column * stride.x),
  };
}

/** Bytes of the copy, of the positions' offsets and of the taps'. */
function workspaceOf(problem: ConvProblem): readonly [number, number, number] {
  const { shape } = problem;
  const { copied, length } = readImage(problem);
  const integers = { element: "f32" } as const;
  return [
    copied ? allocatedBytes(problem, length) : 0,
    allocatedBytes(integers, positions(shape)),
    allocatedBytes(integers, taps(shape)),
  ];
}

function make(problem: ConvProblem, workshop: Workshop): MadeConvolution {
  const { shape, element, layout } = problem;
  const image = readImage(problem);
  const [copy, offsets, tapOffsets] = workspaceOf(problem).map((bytes) => workshop.allocate(bytes)) as [
    number,
    number,
    number,
  ];
  const columns = outputWidth(shape);
  workshop.memory
    .view("i32", offsets, positions(shape))
    .set(
      Array.from({ length: outputHeight(shape) * columns }, (_, position) =>
        image.positionOffset(Math.floor(position / columns), position % columns),
      ),
    );
  workshop.memory.view("i32", tapOffsets, taps(shape)).set(image.tapOffsets);
  const write = layout === "nchw" ? phasesProgram : padPixelsProgram;
  const bring = image.copied ? workshop.compile(write(shape, vectorLanes(problem), element)) : undefined;
  const { channelStep, groupStep } = image;
  const product = makeRowProduct(problem, workshop, { source: { kind: "offsets" }, channelStep });
  return {
    prepare: product.prepare,
    run: (input, output, bias, residual) =>
      everyImage(problem, input, output, (from, to) => {
        bring?.(from, copy);
        const read = bring ? copy : from;
        for (let group = 0; group < shape.groups; group++) {
          const own = read + group * groupStep * elementBytes(problem);
          product.run(own, bias, to, group, [offsets, tapOffsets], residual);
        }
      }),
  };
}

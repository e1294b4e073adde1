/**
 * How a convolution is cut among threads: into convolutions of their own, whose operands lie in one piece within those of
 * the whole. Images of a batch where there are enough; else in nchw groups or filters, in nhwc bands of output rows with
 * the input rows that they see. Each output is the same sum as before, so threads do not change a bit.
 */
import type { ConvAlgorithm } from "./algorithm.ts";
import { type ConvProblem, vectorLanes } from "./problem.ts";
import {
  type ConvShape,
  extentOf,
  groupChannels,
  groupFilters,
  inputLength,
  outputHeight,
  outputLength,
  outputWidth,
  patchLength,
  positions,
} from "./shape.ts";

/** A part of the work: a smaller convolution, run once for each of `images`. Distances count elements. */
export interface ConvPart {
  readonly shape: ConvShape;
  readonly batch: number;
  /** How often the part runs, and how far the operands of one time are from those of the next. */
  readonly images: number;
  readonly inputStep: number;
  readonly outputStep: number;
  /** Where the part's operands begin in those of the whole. */
  readonly input: number;
  readonly weights: number;
  readonly bias: number;
  readonly output: number;
}

/** Where a part begins, with its own shape. */
type Place = Pick<ConvPart, "shape" | "input" | "weights" | "bias" | "output">;

/** The parts of a problem, at most one a thread; a single one where the algorithm or the shape cannot be cut. */
export function convParts(
  { sharing = () => "parts", rowUnit = () => 1 }: Pick<ConvAlgorithm<string>, "sharing" | "rowUnit">,
  problem: ConvProblem,
): readonly ConvPart[] {
  const { shape, batch, threads } = problem;
  const steps = { inputStep: inputLength(shape), outputStep: outputLength(shape) };
  const origin = { shape, input: 0, weights: 0, bias: 0, output: 0 };
  if (threads === 1 || sharing(problem) !== "parts") return [{ ...origin, ...steps, batch, images: 1 }];
  if (batch >= threads)
    return cuts(batch, threads).map(({ from, to }) => ({
      ...{ ...origin, ...steps, batch: to - from, images: 1 },
      ...{ input: from * steps.inputStep, output: from * steps.outputStep },
    }));
  const places = problem.layout === "nhwc" ? bands(shape, threads, rowUnit(problem)) : planes(problem);
  return places.map((place) => ({ ...place, ...steps, batch: 1, images: batch }));
}

/** 0 to `count` in at most `parts` ranges of nearly equal size, none empty; limits are multiples of `unit`. */
function cuts(count: number, parts: number, unit = 1): readonly { from: number; to: number }[] {
  const units = Math.ceil(count / unit);
  const used = Math.min(parts, units);
  const limit = (part: number): number => Math.min(count, unit * Math.ceil((part * units) / used));
  return Array.from({ length: used }, (_, part) => ({ from: limit(part), to: limit(part + 1) }));
}

/** nchw: groups, or the filters of the only one, in whole vectors where that leaves every thread one. */
function planes(problem: ConvProblem): readonly Place[] {
  const { shape, threads } = problem;
  const { groups, filters, height, width } = shape;
  const count = groups > 1 ? groups : filters;
  const lanes = vectorLanes(problem);
  const unit = groups === 1 && filters >= threads * lanes ? lanes : 1;
  const ofEach = groups > 1 ? groupFilters(shape) : 1;
  return cuts(count, threads, unit).map(({ from, to }) => {
    const own = (to - from) * ofEach;
    const grouped = { groups: to - from, channels: (to - from) * groupChannels(shape) };
    return {
      shape: { ...shape, filters: own, ...(groups > 1 && grouped) },
      input: groups > 1 ? from * groupChannels(shape) * height * width : 0,
      weights: from * ofEach * patchLength(shape),
      bias: from * ofEach,
      output: from * ofEach * positions(shape),
    };
  });
}

/** nhwc: bands of output rows. Not cut where a band would see nothing but padding. */
function bands(shape: ConvShape, threads: number, unit: number): readonly Place[] {
  const { height, width, channels, filters, kernelHeight, stride, padding, dilation } = shape;
  const origin = { weights: 0, bias: 0 };
  const places = cuts(outputHeight(shape), threads, unit).map(({ from, to }) => {
    // Input rows that the band sees, those of the padding included.
    const first = from * stride.y - padding.top;
    const end = (to - 1) * stride.y - padding.top + extentOf(kernelHeight, dilation.y);
    const [top, bottom] = [Math.max(0, -first), Math.max(0, end - height)];
    const rows = Math.min(height, end) - Math.max(0, first);
    return {
      ...origin,
      shape: { ...shape, height: rows, padding: { ...padding, top, bottom } },
      input: Math.max(0, first) * width * channels,
      output: from * outputWidth(shape) * filters,
    };
  });
  const possible = places.every((place) => place.shape.height > 0);
  return possible ? places : [{ ...origin, shape, input: 0, output: 0 }];
}

/** How cells of timed layers are planned. Light. */
import type { Cell, Settings, VariantRef } from "../experiment.ts";
import { fewestRounds } from "../judge.ts";
import { layerOf } from "./layer-text.ts";
import {
  type ConvShape,
  convFlops,
  convShape,
  inputLength,
  outputLength,
  paddedHeight,
  paddedWidth,
  patchLength,
  positions,
  weightsLength,
} from "./shape.ts";

/** A layer under its workload's name. */
export interface NamedShape {
  readonly name: string;
  readonly shape: ConvShape;
}

/** A layer of stride 1 on a square image, with odd square kernels and an output as large as the image. */
export function squareLayer(
  name: string,
  channels: number,
  side: number,
  filters: number,
  kernel: number,
): NamedShape {
  const shape = convShape({
    ...{ channels, height: side, width: side, filters, padding: (kernel - 1) / 2 },
    ...{ kernelHeight: kernel, kernelWidth: kernel },
  });
  return { name, shape };
}

/** FLOP/s that a variant reaches at the least: rough, for estimates within a factor of two or three. */
const slowest: Readonly<Record<string, number>> = { native: 50e9, wasm: 12e9, js: 0.3e9 };
/** Of plain loops, on any target. */
const slowestLoops = 1e9;
/** Rounds before the first that counts: the check and warming up; and a child process with its reference. */
const roundsBefore = 4;
const secondsBefore = 0.8;

/** The cell of a layer, with what so many rounds take. */
export function layerCell(
  { name, shape }: NamedShape,
  variants: readonly VariantRef[],
  rounds: number,
): Cell {
  const round = variants.reduce((sum, { variant, target }) => {
    const rate = variant === "seven-loops" ? slowestLoops : (slowest[target] ?? slowestLoops);
    return sum + convFlops(shape) / rate;
  }, 0);
  return { workload: name, variants, seconds: secondsBefore + (rounds + roundsBefore) * round };
}

/** The cells of the user's own layers, where there are any, else those of the experiment. */
export function ownLayersOr(
  { workloads }: Pick<Settings, "workloads">,
  cellFor: (layer: NamedShape) => Cell,
  planned: () => readonly Cell[],
): readonly Cell[] {
  return workloads ? workloads.map((text) => cellFor(layerOf(text))) : planned();
}

/**
 * Bytes that these variants allocate for a layer, roughly and from above: operands in both layouts, the float64 reference
 * apart, unfolded matrices and their packed copies, and for all others copies of image, output and transformed weights.
 */
export function layerBytes(shape: ConvShape, variants: readonly string[]): number {
  const unfolded = shape.groups * patchLength(shape) * positions(shape);
  const padded = shape.channels * paddedHeight(shape) * paddedWidth(shape);
  const operands = inputLength(shape) + outputLength(shape) + weightsLength(shape);
  const own = variants.reduce((sum, variant) => {
    const copies = variant.startsWith("im2col") ? 2.5 * unfolded : 0;
    return sum + copies + 2 * (padded + outputLength(shape)) + 4.5 * weightsLength(shape) + smallBuffers;
  }, 0);
  return Math.ceil(4 * (2 * operands + own));
}

/** Elements for tables and blocks that stay in caches. */
const smallBuffers = 2 ** 19;

/** Rounds of a comparison that no rule judges. */
export function unjudgedRounds({ profile }: Pick<Settings, "profile">): number {
  return profile === "full" ? 15 : fewestRounds;
}

/** Seconds of sampling beyond the rounds that are made at the least. */
export function samplingSeconds({ profile }: Pick<Settings, "profile">): number {
  return profile === "quick" ? 0.3 : profile === "standard" ? 0.8 : 4;
}

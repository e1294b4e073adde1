/**
 * The passes that algorithms on GEMM consist of, as numbers of elements for one image: what each reads and writes, every
 * element once. A panel or tile that a pass fills for itself is not counted, as it stays in the first-level cache.
 */
import { type Accounting, accountingOf, definitionMultiplications } from "./accounting.ts";
import { paddedFilters } from "./pack-filters.ts";
import { copiedPixels } from "./phased-image.ts";
import { type ConvProblem, elementBytes, vectorLanes } from "./problem.ts";
import { onPaddedImage, seenPixels, stretches } from "./programs/depthwise-nhwc.ts";
import {
  type ConvShape,
  groupFilters,
  inputLength,
  isUnpadded,
  outputLength,
  patchLength,
  positions,
  weightsLength,
} from "./shape.ts";
import { movedChannels } from "./transformed/image.ts";

export interface Pass {
  readonly stage: string;
  /** Elements. */
  readonly read: number;
  readonly written: number;
  /** Entries of tables of 32-bit integers that are read besides. */
  readonly entries?: number;
}

/** Bytes of an entry of a table. */
const entryBytes = 4;

/** The accounting of an algorithm that multiplies as often as the definition. */
export function accountingOfPasses(
  problem: ConvProblem,
  bytes: Pick<Accounting, "workspaceBytes" | "preparedBytes">,
  passes: readonly Pass[],
): Accounting {
  const { batch, shape } = problem;
  return accountingOf({
    ...bytes,
    stages: passes.map(({ stage, read, written, entries = 0 }) => ({
      stage,
      readBytes: batch * (read * elementBytes(problem) + entries * entryBytes),
      writtenBytes: batch * written * elementBytes(problem),
    })),
    multiplications: definitionMultiplications(shape, batch),
  });
}

/** Elements of the padded image that some tap sees. */
export const seenPadded = (shape: ConvShape): number => shape.channels * seenPixels(onPaddedImage(shape));
/** Elements of the image itself that some tap sees. */
export const seenInput = (shape: ConvShape): number => shape.channels * seenPixels(shape);

/** Whether some tap of some position lies in the padding. */
export function touchesPadding(shape: ConvShape): boolean {
  const { rows, columns } = stretches(shape);
  return (
    rows.some(({ seen }) => seen.length < shape.kernelHeight) ||
    columns.some(({ seen }) => seen.length < shape.kernelWidth)
  );
}

/** The image into the middle of its padded copy, where there is one. */
export function padPasses({ shape }: ConvProblem): readonly Pass[] {
  if (isUnpadded(shape)) return [];
  return [{ stage: "pad", read: inputLength(shape), written: inputLength(shape) }];
}

/** The image into planes (phased-image.ts). */
export function phasesPass({ shape }: ConvProblem): Pass {
  const copied = shape.channels * copiedPixels(shape);
  return { stage: "phases", read: copied, written: copied };
}

/** The padded image into the unfolded matrix. */
export function unfoldPass({ shape }: ConvProblem): Pass {
  return { stage: "unfold", read: seenPadded(shape), written: unfoldedLength(shape) };
}

/** Elements of the unfolded image, all groups. */
export const unfoldedLength = (shape: ConvShape): number =>
  shape.groups * patchLength(shape) * positions(shape);

const biasOf = ({ shape, epilogue }: ConvProblem): number => (epilogue.bias ? shape.filters : 0);

/** Sums in stripes of positions (programs/stripes.ts) over so many elements of an image or matrix. */
export function stripesPass(problem: ConvProblem, image: number, entries = 0): Pass {
  const { shape } = problem;
  const read = image + weightsLength(shape) + biasOf(problem);
  return { stage: "sums", read, written: outputLength(shape), entries };
}

/** Sums with filters in the lanes (programs/rows.ts), and in nchw the way back from filters last. */
export function rowsPasses(problem: ConvProblem, image: number, entries = 0): readonly Pass[] {
  const { shape, layout, element } = problem;
  const lanes = vectorLanes(problem);
  const weights = shape.groups * patchLength(shape) * paddedFilters(shape, lanes);
  const written = outputLength(shape);
  const sums: Pass = { stage: "sums", read: image + weights + biasOf(problem), written, entries };
  if (layout === "nhwc") return [sums];
  const turned =
    shape.groups * positions(shape) * movedChannels("nchw", groupFilters(shape), { element, lanes });
  const shortcut = problem.epilogue.residual ? written : 0;
  return [sums, { stage: "deliver", read: turned + shortcut, written }];
}

/**
 * What the algorithms with filters in the lanes share: the choice of a tile, packed weights, and the way from channels
 * last to the layout of the caller. In nhwc the tile is written where it belongs; in nchw the sums of an image go to a
 * buffer with filters last first, which is transposed square by square.
 */
import { bytesOf } from "../../codegen/expressions.ts";
import type { Real } from "../../gemm/arguments.ts";
import { type KernelIsa, machineRow } from "../../gemm/machines.ts";
import type { DirectTile } from "../../gemm/programs/direct.ts";
import type { Workshop } from "../algorithm.ts";
import { beforeResidual } from "../epilogue.ts";
import { type PanelOptions, packedLength, packFilters, paddedFilters } from "../pack-filters.ts";
import { allocatedBytes, type ConvProblem, elementBytes, vectorLanes } from "../problem.ts";
import { type RowOptions, type RowSource, rowsProgram } from "../programs/rows.ts";
import { groupChannels, groupFilters, patchLength, positions, taps } from "../shape.ts";
import { deliverProgram } from "../transformed/image.ts";

/** Sums that must be in flight to hide the latency of a multiply-add: 4 cycles, two a cycle. */
const inFlight = 8;
/** Half cycles that counting takes in each step. */
const overhead = 2;
/** Rows of a tile: each has a pointer, and x86-64 leaves six registers besides what the loops take. */
const mostRows = 6;
const mostVectors = 4;

/** The tile with the least work for a problem, of those that fit the registers. */
export function rowTile({ shape, element, isa, epilogue }: ConvProblem): DirectTile {
  const { registers } = machineRow(element, isa);
  const lanes = vectorLanes({ element, isa });
  const free = registers - (isa === "avx2" && epilogue.activation !== "none" ? 2 : 0);
  let best: DirectTile = { rows: 1, vectors: 1, lanes };
  let least = Number.POSITIVE_INFINITY;
  for (let vectors = 1; vectors <= Math.min(mostVectors, Math.ceil(groupFilters(shape) / lanes)); vectors++)
    for (let rows = 1; rows <= Math.min(mostRows, positions(shape)); rows++) {
      if (rows * vectors + vectors + 1 > free) continue;
      const cycles = cyclesOf({ shape, isa }, element, { rows, vectors, lanes });
      if (cycles < least) [best, least] = [{ rows, vectors, lanes }, cycles];
    }
  return best;
}

/**
 * Bytes of a panel of weights that stay in the second level while all positions pass by: two thirds of the smallest such
 * cache of the class of machine (gemm/machines.ts). A larger one is read from the third level for each tile anew.
 */
const panelBytes: Readonly<Record<KernelIsa, number>> = {
  wasm: 320 * 1024,
  avx2: 160 * 1024,
  avx512: 640 * 1024,
};
/** What the third level delivers in half a cycle, where others use it too. */
const farBytesPerHalfCycle = 8;

/** Half cycles for one step of the depth over the whole output of a group. */
function cyclesOf(
  { shape, isa }: Pick<ConvProblem, "shape" | "isa">,
  element: Real,
  tile: DirectTile,
): number {
  const { rows, vectors, lanes } = tile;
  const count = positions(shape);
  const far = (v: number): number => {
    const stepBytes = v * lanes * bytesOf[element];
    return patchLength(shape) * stepBytes > panelBytes[isa] ? stepBytes / farBytesPerHalfCycle : 0;
  };
  const ofTile = (r: number, v: number): number =>
    r === 0 ? 0 : Math.max(r * v, r + v, inFlight, far(v)) + overhead;
  const ofPanel = (v: number): number =>
    v === 0 ? 0 : Math.floor(count / rows) * ofTile(rows, v) + ofTile(count % rows, v);
  const all = Math.ceil(groupFilters(shape) / lanes);
  return Math.floor(all / vectors) * ofPanel(vectors) + ofPanel(all % vectors);
}

/** Cycles of the multiply-adds of one image. */
export function rowCycles(problem: ConvProblem): number {
  const { shape } = problem;
  return (shape.groups * patchLength(shape) * cyclesOf(problem, problem.element, rowTile(problem))) / 2;
}

/** How the weights of a problem are packed. */
export function rowPanels(problem: ConvProblem): PanelOptions {
  const { vectors, lanes } = rowTile(problem);
  return { width: vectors * lanes, order: "tap-channel", unit: lanes };
}

/** Bytes of the packed weights. */
export const rowPackedBytes = (problem: ConvProblem): number =>
  allocatedBytes(problem, packedLength(problem.shape, rowPanels(problem)));

/** Bytes of the buffer with filters last: none in nhwc. */
export function turnedBytes(problem: ConvProblem): number {
  const { shape, layout } = problem;
  return layout === "nhwc" ? 0 : allocatedBytes(problem, positions(shape) * turnedPitch(problem));
}

/** Filters of a position in that buffer: whole vectors, because squares are read whole. */
const turnedPitch = (problem: ConvProblem): number => paddedFilters(problem.shape, vectorLanes(problem));

/** The product of one group of one image. */
export interface RowProduct {
  /** Packs the weights. */
  prepare(weights: number): void;
  /** `image`: where the rows' offsets count from; `tables`: the further parameters of the program. */
  run(
    image: number,
    bias: number,
    output: number,
    group: number,
    tables: readonly number[],
    residual?: number,
  ): void;
}

/** Where a product's image values come from. */
export interface RowImage {
  readonly source: RowSource;
  /** 1, or the distance of planes. */
  readonly channelStep: number;
  /** Taps and channels, where they are not those of the shape: an unfolded row is one tap of many. */
  readonly taps?: number;
  readonly channels?: number;
}

/** Allocates packed weights and buffer, and compiles. */
export function makeRowProduct(problem: ConvProblem, workshop: Workshop, image: RowImage): RowProduct {
  const { shape, element, layout, epilogue } = problem;
  const own = workshop.allocate(rowPackedBytes(problem));
  const turned = layout === "nhwc" ? 0 : workshop.allocate(turnedBytes(problem));
  const pitch = layout === "nhwc" ? shape.filters : turnedPitch(problem);
  const options: RowOptions = {
    filters: groupFilters(shape),
    positions: positions(shape),
    taps: image.taps ?? taps(shape),
    channels: image.channels ?? groupChannels(shape),
    ...{ channelStep: image.channelStep, outputPitch: pitch, source: image.source },
    ...{ tile: rowTile(problem), element, epilogue: beforeResidual(epilogue) },
  };
  const multiply = workshop.compile(rowsProgram(options));
  const deliver = layout === "nhwc" ? undefined : workshop.compile(turnProgram(problem));
  const bytes = elementBytes(problem);
  const step = bytes * patchLength(shape) * paddedFilters(shape, vectorLanes(problem));
  const filters = groupFilters(shape);
  return {
    prepare: (weights) => packFilters(shape, element, rowPanels(problem), workshop.memory, weights, own),
    run: (from, bias, output, group, tables, residual = 0) => {
      const [weights, ofGroup] = [own + group * step, bias === 0 ? 0 : bias + group * filters * bytes];
      if (!deliver) {
        multiply(from, weights, ofGroup, output + group * filters * bytes, ...tables);
        return;
      }
      multiply(from, weights, ofGroup, turned, ...tables);
      const shortcut = epilogue.residual ? [residual] : [];
      deliver(output + group * filters * positions(shape) * bytes, turned, 1, ...shortcut);
    },
  };
}

/** From filters last to nchw, all positions as one row. */
function turnProgram(problem: ConvProblem) {
  const { shape, element } = problem;
  const [count, filters, lanes] = [positions(shape), groupFilters(shape), vectorLanes(problem)];
  const pitch = turnedPitch(problem);
  return deliverProgram(
    { layout: "nchw", rows: 1, columns: count, channels: filters, pitch: count },
    { channelPitch: pitch, rowPitch: count * pitch, first: 0 },
    { element, lanes },
    problem.epilogue,
  );
}

/**
 * Every size of a convolution by way of a transform domain, worked out before anything is allocated: tiles, blocks of
 * tiles that are worked on together, lengths of the buffers between the stages.
 */
import type { Real } from "../../gemm/arguments.ts";
import { machineRow } from "../../gemm/machines.ts";
import { beforeResidual } from "../epilogue.ts";
import { type ConvProblem, elementBytes, vectorLanes } from "../problem.ts";
import { groupChannels, groupFilters, outputHeight, outputWidth } from "../shape.ts";
import { type InnerImage, innerImage } from "./image.ts";
import type { TileDomain, TileMethod } from "./method.ts";
import type { BatchedProduct, ProductTile } from "./product.ts";

/** Buffers by name, each with its length in elements. */
export interface TransformedLengths {
  /** The padded image of one group, channels last. */
  readonly image: number;
  /** Channels of a block's tiles at every point. */
  readonly inputPoints: number;
  /** Filters of a block's tiles at every point. */
  readonly outputPoints: number;
  /** Rows of outputs that a block of tiles gives, filters last. */
  readonly stripe: number;
  readonly bias: number;
  /** Vectors of one tile between its two directions. */
  readonly buffer: number;
}

export interface TransformedPlan {
  readonly method: TileMethod;
  readonly element: Real;
  readonly domain: TileDomain;
  readonly padded: InnerImage;
  readonly tileRows: number;
  /** Rows of tiles of one block; the last block may have fewer. */
  readonly blockRows: number;
  readonly productTile: ProductTile;
  readonly lengths: TransformedLengths;
  /** Weights of one group at every point. */
  readonly weightsOfGroup: number;
}

/**
 * Bytes of a block's points, inputs and outputs together: half of a second-level cache of 1 MiB, so that what one stage
 * writes the next one finds there.
 */
const blockBytes = 512 * 1024;
/** Tiles of a block at the least: a few register tiles, because every block streams all weights. */
const leastTiles = 48;

const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;

/** The plan of a method on a problem that it takes. */
export function transformedPlan(method: TileMethod, problem: ConvProblem): TransformedPlan {
  const { shape, element, isa, epilogue } = problem;
  const { tile, step, points } = method;
  const lanes = vectorLanes(problem);
  const tileRows = Math.ceil(outputHeight(shape) / step.y);
  const tileColumns = Math.ceil(outputWidth(shape) / step.x);
  const channelPitch = roundUp(groupChannels(shape), lanes);
  const filterPitch = roundUp(groupFilters(shape), lanes);
  const imageRow = ((tileColumns - 1) * step.x + tile.x) * channelPitch;
  const stripeRow = tileColumns * step.x * filterPitch;
  const tileBytes = points * (channelPitch + filterPitch) * elementBytes(problem);
  const tiles = Math.max(leastTiles, Math.floor(blockBytes / tileBytes));
  const blockRows = evenly(tileRows, Math.max(1, Math.floor(tiles / tileColumns)));
  const room = blockRows * tileColumns;
  const { mr, nr } = machineRow(element, isa).blocking;
  return {
    method,
    element,
    domain: {
      ...{ element, lanes, tileColumns, channelPitch, filterPitch, imageRow, stripeRow, room },
      epilogue: beforeResidual(epilogue),
    },
    padded: innerImage(shape.padding, channelPitch, imageRow),
    tileRows,
    blockRows,
    productTile: { rows: mr, vectors: nr / lanes, lanes },
    lengths: {
      image: ((tileRows - 1) * step.y + tile.y) * imageRow,
      inputPoints: points * room * channelPitch,
      outputPoints: points * room * filterPitch,
      stripe: method.stripeRows(blockRows) * stripeRow,
      bias: filterPitch,
      buffer: method.bufferVectors * lanes,
    },
    weightsOfGroup: points * groupChannels(shape) * filterPitch,
  };
}

/** The size of the largest part where `count` is cut into as few equal parts of at most `most` as possible. */
function evenly(count: number, most: number): number {
  return Math.ceil(count / Math.ceil(count / most));
}

/** Rows of tiles of each block, in order. */
export function blocksOf({
  tileRows,
  blockRows,
}: TransformedPlan): readonly { first: number; rows: number }[] {
  return Array.from({ length: Math.ceil(tileRows / blockRows) }, (_, i) => ({
    first: i * blockRows,
    rows: Math.min(blockRows, tileRows - i * blockRows),
  }));
}

/** The products of a block of so many rows of tiles. */
export function productOf(plan: TransformedPlan, channels: number, rows: number): BatchedProduct {
  const { domain, method } = plan;
  const { channelPitch, filterPitch, room, tileColumns } = domain;
  return { points: method.points, tiles: rows * tileColumns, channels, channelPitch, filterPitch, room };
}

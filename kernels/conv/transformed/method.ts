/**
 * What Winograd's and Fourier's convolution have in common: an image is cut into overlapping tiles, each tile is mapped
 * to points of a transform domain, the channels of a point are multiplied by weights that were mapped once, and what
 * comes out is mapped back to a tile of outputs. A method says how to map; everything around it is written once.
 */
import { advance, at, constant, load, mul, type PointerName, type Value } from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import type { Real } from "../../gemm/arguments.ts";
import { type Epilogue, finished } from "../epilogue.ts";
import type { PerAxis } from "../shape.ts";

/** Sizes that a method's programs are generated for; lengths in elements. */
export interface TileDomain {
  readonly element: Real;
  readonly lanes: number;
  /** Tiles in one row of tiles. */
  readonly tileColumns: number;
  /** From one pixel to the next in the padded image, from one tile to the next at a point. */
  readonly channelPitch: number;
  /** The same of outputs. */
  readonly filterPitch: number;
  /** From one row to the next in the padded image. */
  readonly imageRow: number;
  /** From one row to the next in a stripe of outputs. */
  readonly stripeRow: number;
  /** Tiles that a point has room for. */
  readonly room: number;
  /** What follows the sums. */
  readonly epilogue: Epilogue;
}

/** How tiles are mapped to a transform domain and back. */
export interface TileMethod {
  readonly id: string;
  /** Sides of a tile of inputs. */
  readonly tile: PerAxis;
  /** Sides of the tile of outputs that comes of it; also from one tile of inputs to the next. */
  readonly step: PerAxis;
  /** Real products for each tile, channel and filter. */
  readonly points: number;
  /** Rows of the stripe that `output` writes for so many rows of tiles. */
  stripeRows(tileRows: number): number;
  /** Vectors that the programs need as a buffer. */
  readonly bufferVectors: number;
  /** `input(image, points, buffer, rows)`: rows of tiles of the padded image, as channels of [points][room]. */
  inputProgram(domain: TileDomain): Program;
  /** `output(points, stripe, bias, buffer, rows)`: and back, epilogue included. */
  outputProgram(domain: TileDomain): Program;
  /** Maps one kernel [kernelHeight][kernelWidth] to the points, in double precision. */
  mapKernel(kernel: Float64Array, points: Float64Array): void;
}

/** One vector of channels of one tile: where it is read, where point 0 of it is written, and room in between. */
export interface InputTile {
  readonly image: PointerName;
  readonly points: PointerName;
  readonly buffer: PointerName;
}

/** Elements from one point to the next, of channels and of filters. */
export const channelPlane = ({ room, channelPitch }: TileDomain): number => room * channelPitch;
export const filterPlane = ({ room, filterPitch }: TileDomain): number => room * filterPitch;

/** The loops over tiles and channels around the mapping of one vector. */
export function inputProgramOf(
  name: string,
  domain: TileDomain,
  step: PerAxis,
  write: (b: ProgramBuilder, tile: InputTile) => void,
): Program {
  const { element, lanes, tileColumns, channelPitch, imageRow } = domain;
  return program(`${name}-input-${element}x${lanes}`, (b) => {
    const image = b.pointer("image", element);
    const points = b.pointer("points", element);
    const buffer = b.pointer("buffer", element);
    const rows = b.integer("rows");
    b.loop("row", 0, rows, {}, (row) => {
      const stripe = b.let("stripe", advance(image, mul(row, step.y * imageRow)));
      const tiles = b.let("tiles", advance(points, mul(row, tileColumns * channelPitch)));
      b.loop("column", 0, tileColumns, {}, (column) => {
        const from = b.let("from", advance(stripe, mul(column, step.x * channelPitch)));
        const to = b.let("to", advance(tiles, mul(column, channelPitch)));
        b.loop("channel", 0, channelPitch, { step: lanes }, (channel) =>
          write(b, {
            image: b.let("pixels", advance(from, channel)),
            points: b.let("point", advance(to, channel)),
            buffer,
          }),
        );
      });
    });
  });
}

/** One vector of filters of one tile. */
export interface OutputTile {
  readonly points: PointerName;
  /** The first output of the tile. */
  readonly stripe: PointerName;
  readonly buffer: PointerName;
  /** An output after the epilogue. */
  finish(value: Value): Value;
}

/** The loops over tiles and filters around the mapping back of one vector. */
export function outputProgramOf(
  name: string,
  domain: TileDomain,
  step: PerAxis,
  write: (b: ProgramBuilder, tile: OutputTile) => void,
): Program {
  const { element, lanes, tileColumns, filterPitch, stripeRow, epilogue } = domain;
  return program(`${name}-output-${element}x${lanes}`, (b) => {
    const points = b.pointer("points", element);
    const stripe = b.pointer("stripe", element);
    const bias = b.pointer("bias", element);
    const buffer = b.pointer("buffer", element);
    const rows = b.integer("rows");
    b.loop("row", 0, rows, {}, (row) => {
      const tiles = b.let("tiles", advance(points, mul(row, tileColumns * filterPitch)));
      const outputs = b.let("outputs", advance(stripe, mul(row, step.y * stripeRow)));
      b.loop("column", 0, tileColumns, {}, (column) => {
        const from = b.let("from", advance(tiles, mul(column, filterPitch)));
        const to = b.let("to", advance(outputs, mul(column, step.x * filterPitch)));
        b.loop("filter", 0, filterPitch, { step: lanes }, (filter) => {
          const own = epilogue.bias ? load(at(bias, filter), lanes) : constant(0, { element, lanes });
          const ofFilter = b.let("ofFilter", own);
          write(b, {
            points: b.let("point", advance(from, filter)),
            stripe: b.let("output", advance(to, filter)),
            buffer,
            finish: (value) => finished(b, epilogue, value, ofFilter),
          });
        });
      });
    });
  });
}

/**
 * The shape of a convolutional layer and what follows from it, whatever computes it. Every length is per image; a batch
 * is a number beside the shape. A shape is made by `convShape`, which refuses what does not fit, so that nothing behind
 * it has to ask again. Arithmetic as in Dumoulin & Visin, A guide to convolution arithmetic, arXiv:1603.07285.
 */
import { ProgramError } from "../codegen/errors.ts";

/** One number for each direction of the image. */
export interface PerAxis {
  readonly y: number;
  readonly x: number;
}

/** Zeros added on each side of the image. */
export interface Padding {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

export interface ConvShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly filters: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly stride: PerAxis;
  readonly padding: Padding;
  /** Distance between neighbouring elements of a kernel; 1 is a dense kernel. */
  readonly dilation: PerAxis;
  /** Channels and filters are cut into so many parts, which do not see each other. */
  readonly groups: number;
}

/**
 * Order of the elements of input and output, slowest first: `nchw` is [batch][channels][height][width], `nhwc`
 * [batch][height][width][channels]. Weights are [filters][channels / groups][kernelHeight][kernelWidth] in both.
 */
export type Layout = "nchw" | "nhwc";
export const layouts: readonly Layout[] = ["nchw", "nhwc"];

/** What `convShape` takes: one number stands for all directions or sides, and most have a default. */
export interface ConvSpecification {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly filters: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  /** Default: 1. */
  readonly stride?: number | PerAxis;
  /** Default: 0. */
  readonly padding?: number | Padding;
  /** Default: 1. */
  readonly dilation?: number | PerAxis;
  /** Default: 1. */
  readonly groups?: number;
}

/** A complete and possible shape. @throws ProgramError that names the field, what it must be and what it is. */
export function convShape(given: ConvSpecification): ConvShape {
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = given;
  const { channels, height, width, filters, kernelHeight, kernelWidth } = given;
  const shape: ConvShape = {
    ...{ channels, height, width, filters, kernelHeight, kernelWidth },
    stride: typeof stride === "number" ? { y: stride, x: stride } : stride,
    padding:
      typeof padding === "number"
        ? { top: padding, bottom: padding, left: padding, right: padding }
        : padding,
    dilation: typeof dilation === "number" ? { y: dilation, x: dilation } : dilation,
    groups,
  };
  checkShape(shape);
  return shape;
}

/** Elements of one tensor that 32-bit addresses of f32 can tell apart: beyond, no kernel here could run. */
const mostElements = 2 ** 30;

/** @throws ProgramError for a shape that no convolution has. */
export function checkShape(shape: ConvShape): void {
  const { stride, padding, dilation } = shape;
  const sizes = ["channels", "height", "width", "filters", "kernelHeight", "kernelWidth", "groups"] as const;
  for (const field of sizes) whole(field, shape[field], 1);
  for (const axis of ["y", "x"] as const) {
    whole(`stride.${axis}`, stride[axis], 1);
    whole(`dilation.${axis}`, dilation[axis], 1);
  }
  for (const side of ["top", "bottom", "left", "right"] as const) whole(`padding.${side}`, padding[side], 0);
  dividedBy("channels", shape.channels, shape.groups);
  dividedBy("filters", shape.filters, shape.groups);
  fits("height", paddedHeight(shape), extentOf(shape.kernelHeight, dilation.y));
  fits("width", paddedWidth(shape), extentOf(shape.kernelWidth, dilation.x));
  const largest = Math.max(
    shape.channels * paddedHeight(shape) * paddedWidth(shape),
    weightsLength(shape),
    outputLength(shape),
  );
  if (largest > mostElements)
    refuse(`tensors of at most ${mostElements} elements`, `one of ${largest}`, "Choose a smaller layer.");
}

function whole(field: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least)
    refuse(
      `${field} to be a whole number of at least ${least}`,
      String(value),
      least === 0 ? "Negative padding would cut the image: pass a smaller image." : `Correct ${field}.`,
    );
}

function dividedBy(field: string, value: number, groups: number): void {
  if (value % groups !== 0)
    refuse(
      `${field} in ${groups} equal groups`,
      `${field} ${value}`,
      `Choose groups that divide ${value}, or another number of ${field}.`,
    );
}

function fits(side: string, padded: number, kernel: number): void {
  if (padded < kernel)
    refuse(
      `${side}, padding included, to be at least the kernel's ${kernel}`,
      String(padded),
      "Add padding, or choose a smaller kernel or dilation.",
    );
}

function refuse(expected: string, found: string, remedy: string): never {
  throw new ProgramError("convolution", { expected, found, remedy });
}

/** Rows or columns from the first to the last element of a kernel. */
export const extentOf = (kernel: number, dilation: number): number => (kernel - 1) * dilation + 1;

export const paddedHeight = ({ height, padding }: ConvShape): number => height + padding.top + padding.bottom;
export const paddedWidth = ({ width, padding }: ConvShape): number => width + padding.left + padding.right;

/** Rows of the output. */
export function outputHeight(shape: ConvShape): number {
  const free = paddedHeight(shape) - extentOf(shape.kernelHeight, shape.dilation.y);
  return Math.floor(free / shape.stride.y) + 1;
}

/** Columns of the output. */
export function outputWidth(shape: ConvShape): number {
  const free = paddedWidth(shape) - extentOf(shape.kernelWidth, shape.dilation.x);
  return Math.floor(free / shape.stride.x) + 1;
}

export const inputLength = (shape: ConvShape): number => shape.channels * shape.height * shape.width;
export const outputLength = (shape: ConvShape): number => shape.filters * positions(shape);
/** Output positions: columns of the unfolded input. */
export const positions = (shape: ConvShape): number => outputHeight(shape) * outputWidth(shape);
export const groupChannels = ({ channels, groups }: ConvShape): number => channels / groups;
export const groupFilters = ({ filters, groups }: ConvShape): number => filters / groups;
/** Elements of a kernel in one channel. */
export const taps = ({ kernelHeight, kernelWidth }: ConvShape): number => kernelHeight * kernelWidth;
/** Values that one output element depends on: rows of the unfolded input in one group. */
export const patchLength = (shape: ConvShape): number => groupChannels(shape) * taps(shape);
export const weightsLength = (shape: ConvShape): number => shape.filters * patchLength(shape);
/** Floating-point operations of one image: two a multiply-add, padding counted as data. */
export const convFlops = (shape: ConvShape): number =>
  2 * shape.filters * patchLength(shape) * positions(shape);

/** Whether no side is padded. */
export function isUnpadded({ padding: { top, bottom, left, right } }: ConvShape): boolean {
  return top + bottom + left + right === 0;
}

/** Whether each output element depends on one pixel and every pixel counts: the layer is a plain matrix product. */
export function isPointwise(shape: ConvShape): boolean {
  return taps(shape) === 1 && shape.stride.y === 1 && shape.stride.x === 1 && isUnpadded(shape);
}

/** How the field writes a layer: `64x56x56 -> 128, 3x3 /2 +1`; dilation as `:2`, groups as `|32`. */
export function shapeText(shape: ConvShape): string {
  const { channels, height, width, filters, kernelHeight, kernelWidth, groups, padding } = shape;
  const pair = (mark: string, { y, x }: PerAxis): string =>
    y === x ? (y === 1 ? "" : ` ${mark}${y}`) : ` ${mark}${y}x${x}`;
  const { top, bottom, left, right } = padding;
  const sides = [top, bottom, left, right];
  const even = sides.every((side) => side === top);
  const padded = even ? (top === 0 ? "" : ` +${top}`) : ` +${sides.join(",")}`;
  const grouped = groups === 1 ? "" : ` |${groups}`;
  const geometry = `${pair("/", shape.stride)}${padded}${pair(":", shape.dilation)}${grouped}`;
  return `${channels}x${height}x${width} -> ${filters}, ${kernelHeight}x${kernelWidth}${geometry}`;
}

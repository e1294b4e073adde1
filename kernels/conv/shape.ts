/**
 * The shape of a convolutional layer and what follows from it. Tensors are row-major and dense: input
 * [channels][height][width], weights [filters][channels][kernelHeight][kernelWidth], output [filters][rows][columns];
 * a batch is a loop around it.
 */

export interface ConvShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly filters: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly stride: number;
  /** Zeros added on each of the four sides. */
  readonly padding: number;
}

/** Rows of the output. */
export function outputHeight(shape: ConvShape): number {
  return outputSide(shape.height, shape.kernelHeight, shape);
}

/** Columns of the output. */
export function outputWidth(shape: ConvShape): number {
  return outputSide(shape.width, shape.kernelWidth, shape);
}

function outputSide(input: number, kernel: number, { stride, padding }: ConvShape): number {
  const side = Math.floor((input + 2 * padding - kernel) / stride) + 1;
  if (side >= 1) return side;
  throw new RangeError(
    `a convolution needs an input side, padding included, of at least the kernel's ${kernel}; found ${input + 2 * padding}; add padding`,
  );
}

export const inputLength = (shape: ConvShape): number => shape.channels * shape.height * shape.width;
export const outputLength = (shape: ConvShape): number => shape.filters * positions(shape);
/** Output positions: columns of the unfolded input. */
export const positions = (shape: ConvShape): number => outputHeight(shape) * outputWidth(shape);
/** Values in one patch: rows of the unfolded input. */
export const patchLength = (shape: ConvShape): number =>
  shape.channels * shape.kernelHeight * shape.kernelWidth;
export const weightsLength = (shape: ConvShape): number => shape.filters * patchLength(shape);
/** Floating-point operations of one forward pass: two a multiply-add, padding counted as data. */
export const convFlops = (shape: ConvShape): number =>
  2 * shape.filters * patchLength(shape) * positions(shape);

/** How the field writes a layer: `64x56x56 -> 128, 3x3 /2 +1`. */
export function shapeText(shape: ConvShape): string {
  const { channels, height, width, filters, kernelHeight, kernelWidth, stride, padding } = shape;
  const stepped = stride === 1 ? "" : ` /${stride}`;
  const padded = padding === 0 ? "" : ` +${padding}`;
  return `${channels}x${height}x${width} -> ${filters}, ${kernelHeight}x${kernelWidth}${stepped}${padded}`;
}

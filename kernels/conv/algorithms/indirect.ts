/**
 * Indirect convolution (Dukhan, The indirect convolution algorithm, arXiv:1907.02129): the product of im2col with the
 * same tiles, but instead of copied patches it reads a buffer of pointers to the pixels themselves. The buffer depends on
 * the shape alone and is made once; a tap that lies in the padding points to a row of zeros. Pointers are offsets of 32
 * bits from the image, so that the buffer serves every image.
 */
import type { ConvAlgorithm, MadeConvolution, Workshop } from "../algorithm.ts";
import { accountingOfPasses, rowsPasses, seenInput, touchesPadding } from "../passes.ts";
import { allocatedBytes, type ConvProblem, elementBytes } from "../problem.ts";
import { type ConvShape, groupChannels, outputWidth, positions, taps } from "../shape.ts";
import { everyImage } from "./images.ts";
import { makeRowProduct, rowCycles, rowPackedBytes, rowTile } from "./rows.ts";

/** Bytes of one entry of the indirection buffer. */
export const pointerBytes = 4;

/** Bytes of the indirection buffer: a pointer for each tap of each position, whatever the number of channels. */
export const indirectionBytes = (shape: ConvShape): number => pointerBytes * positions(shape) * taps(shape);

export const indirect: ConvAlgorithm = {
  id: "indirect",
  title: "indirect convolution",
  idea: "pointers to pixels take the place of copied patches; they are set up once, not at every call",
  source: "Dukhan, The indirect convolution algorithm, arXiv:1907.02129",
  refuses: ({ layout }) => (layout === "nchw" ? { expected: "nhwc", found: layout } : null),
  accounting: (problem) => {
    const { shape } = problem;
    const bytes = {
      workspaceBytes: bufferBytes(shape) + zeroBytes(problem),
      preparedBytes: rowPackedBytes(problem),
    };
    // Every group reads its own channels, zeros where the others read theirs, and all pointers.
    const image = seenInput(shape) + (touchesPadding(shape) ? shape.channels : 0);
    const entries = shape.groups * positions(shape) * taps(shape);
    return accountingOfPasses(problem, bytes, rowsPasses(problem, image, entries));
  },
  cycles: rowCycles,
  fusesEpilogue: () => true,
  make,
};

const bufferBytes = (shape: ConvShape): number =>
  allocatedBytes({ element: "f32" }, positions(shape) * taps(shape));
const zeroBytes = (problem: ConvProblem): number => allocatedBytes(problem, groupChannels(problem.shape));

/** The indirection buffer: tile by tile, tap by tap, an offset in elements for each row of the tile; -1 is the zero row. */
export function indirectionBuffer(shape: ConvShape, tileRows: number): Int32Array {
  const { channels, height, width, kernelHeight, kernelWidth, stride, padding, dilation } = shape;
  const [count, columns] = [positions(shape), outputWidth(shape)];
  const buffer = new Int32Array(count * taps(shape));
  let at = 0;
  for (let first = 0; first < count; first += tileRows)
    for (let kh = 0; kh < kernelHeight; kh++)
      for (let kw = 0; kw < kernelWidth; kw++)
        for (let position = first; position < Math.min(count, first + tileRows); position++) {
          const y = Math.floor(position / columns) * stride.y + kh * dilation.y - padding.top;
          const x = (position % columns) * stride.x + kw * dilation.x - padding.left;
          const inside = y >= 0 && y < height && x >= 0 && x < width;
          buffer[at++] = inside ? (y * width + x) * channels : -1;
        }
  return buffer;
}

function make(problem: ConvProblem, workshop: Workshop): MadeConvolution {
  const { shape } = problem;
  const table = workshop.allocate(bufferBytes(shape));
  const zeros = workshop.allocate(zeroBytes(problem));
  const buffer = indirectionBuffer(shape, rowTile(problem).rows);
  workshop.memory.view("i32", table, buffer.length).set(buffer);
  const product = makeRowProduct(problem, workshop, { source: { kind: "pointers" }, channelStep: 1 });
  const bytes = elementBytes(problem);
  return {
    prepare: product.prepare,
    run: (input, output, bias) =>
      everyImage(problem, input, output, (from, to) => {
        for (let group = 0; group < shape.groups; group++) {
          const own = from + group * groupChannels(shape) * bytes;
          product.run(own, bias, to, group, [table, (zeros - own) / bytes]);
        }
      }),
  };
}

/**
 * Unfolding and folding back (Chellapilla et al. 2006; Caffe's im2col and col2im). The unfolded input has one row a
 * patch element (channel, kernel row, kernel column) and one column an output position, so that
 * weights [filters x patch] times unfolded [patch x positions] is the output in its own layout, with no copy. With
 * groups, the rows of one group follow those of the one before.
 */
import { type ConvShape, outputHeight, outputWidth } from "./shape.ts";

/** Calls `visit` for every element of the unfolded matrix; `input` is -1 where padding lies. */
function forEachElement(shape: ConvShape, visit: (unfolded: number, input: number) => void): void {
  const { channels, height, width, kernelHeight, kernelWidth, stride, padding, dilation } = shape;
  const [rows, columns] = [outputHeight(shape), outputWidth(shape)];
  let at = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let kh = 0; kh < kernelHeight; kh++) {
      for (let kw = 0; kw < kernelWidth; kw++) {
        for (let row = 0; row < rows; row++) {
          const y = row * stride.y + kh * dilation.y - padding.top;
          for (let column = 0; column < columns; column++, at++) {
            const x = column * stride.x + kw * dilation.x - padding.left;
            const inside = y >= 0 && y < height && x >= 0 && x < width;
            visit(at, inside ? (channel * height + y) * width + x : -1);
          }
        }
      }
    }
  }
}

/** Copies each patch of the input into its column of `unfolded` [patch x positions]; padding becomes 0. */
export function im2col(shape: ConvShape, input: Float32Array, unfolded: Float32Array): void {
  forEachElement(shape, (to, from) => {
    unfolded[to] = from < 0 ? 0 : (input[from] as number);
  });
}

/** Adds each column of `unfolded` back onto the patch it came from: the transpose of `im2col`. Overlaps sum. */
export function col2im(shape: ConvShape, unfolded: Float32Array, input: Float32Array): void {
  input.fill(0);
  forEachElement(shape, (from, to) => {
    if (to >= 0) input[to] = (input[to] as number) + (unfolded[from] as number);
  });
}

/** What `col2im` must not be: the last patch wins where patches overlap. Exists to show that summing matters. */
export function col2imOverwriting(shape: ConvShape, unfolded: Float32Array, input: Float32Array): void {
  input.fill(0);
  forEachElement(shape, (from, to) => {
    if (to >= 0) input[to] = unfolded[from] as number;
  });
}

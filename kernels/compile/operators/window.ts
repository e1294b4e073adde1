/** Windows that slide over an image: how many places they have, and which pixels each covers. */
import { type TensorType, typeText, type Window } from "../graph.ts";
import type { Refuse } from "./operator.ts";

/** Rows and columns of the result. Refuses windows that do not fit and numbers that mean nothing. */
export function coveredSides(
  window: Window,
  image: TensorType,
  refuse: Refuse,
): [rows: number, columns: number] {
  const { kernel, stride, dilation, padding } = window;
  if ([...kernel, ...stride, ...dilation].some((each) => !Number.isInteger(each) || each < 1))
    refuse(
      "kernel, stride and dilation of at least 1",
      [kernel, stride, dilation].map((each) => each.join("x")).join(", "),
      "Numbers below 1 mean nothing here: export the layer again.",
    );
  if (Object.values(padding).some((each) => !Number.isInteger(each) || each < 0))
    refuse(
      "padding of 0 or more on each side",
      sides(padding),
      "Negative padding cuts the image: export a Slice in front.",
    );
  const [height, width] = image.shape.slice(2) as [number, number];
  const covered = [height + padding.top + padding.bottom, width + padding.left + padding.right] as const;
  const spans = kernel.map((taps, at) => (taps - 1) * (dilation[at] as number) + 1);
  const result = covered.map(
    (size, at) => Math.floor((size - (spans[at] as number)) / (stride[at] as number)) + 1,
  ) as [number, number];
  if (result.some((side) => side < 1))
    refuse(
      `an image with its padding at least as large as the window ${spans.join("x")}`,
      `${covered.join("x")} (${typeText(image)})`,
      "Feed larger images, or export the layer with padding or less dilation.",
    );
  return result;
}

const sides = (padding: Window["padding"]): string =>
  Object.entries(padding)
    .map(([side, size]) => `${side} ${size}`)
    .join(", ");

/** Calls its argument with each pixel of the window that lies inside the image, and its place in the kernel. */
export type Place = (visit: (y: number, x: number, ky: number, kx: number) => void) => void;

/** Calls `visit` for each element of the result [batch, channel, row, column], with the pixels of its window. */
export function eachWindow(
  { kernel, stride, dilation, padding }: Window,
  image: TensorType,
  output: TensorType,
  visit: (batch: number, channel: number, place: Place, index: number) => void,
): void {
  const [, , height, width] = image.shape as [number, number, number, number];
  const [batches, channels, rows, columns] = output.shape as [number, number, number, number];
  let index = 0;
  for (let batch = 0; batch < batches; batch++)
    for (let channel = 0; channel < channels; channel++)
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++) {
          const place: Place = (each) => {
            for (let ky = 0; ky < kernel[0]; ky++) {
              const y = row * stride[0] + ky * dilation[0] - padding.top;
              if (y < 0 || y >= height) continue;
              for (let kx = 0; kx < kernel[1]; kx++) {
                const x = column * stride[1] + kx * dilation[1] - padding.left;
                if (x >= 0 && x < width) each(y, x, ky, kx);
              }
            }
          };
          visit(batch, channel, place, index++);
        }
}

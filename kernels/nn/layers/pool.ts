/** Pooling layers on images [batch, channels, height, width]. */
import { adaptiveWindows, type PoolWindows, slidingWindows } from "../pool-windows.ts";
import {
  adaptiveAveragePool2d,
  averagePool2d,
  maxPool2d,
  type PoolOptions,
  windowingOf,
} from "../tensor/functions/pool.ts";
import { type Shape, shapeText, sizeOf } from "../tensor/shapes.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Layer } from "./layer.ts";

/** Costs a comparison for each element of a window but one. */
export const maxPool = (options: PoolOptions): Layer =>
  pooling(
    "max pool",
    (x) => maxPool2d(x, options),
    (image) => slidingWindows(image, windowingOf(options)),
    (elements) => elements - 1,
  );

/** Costs an addition for each element of a window but one, and a division. */
export const averagePool = (options: PoolOptions): Layer =>
  pooling(
    "average pool",
    (x) => averagePool2d(x, options),
    (image) => slidingWindows(image, windowingOf(options)),
    (elements) => elements,
  );

/** The mean of each channel, [batch, channels, 1, 1] (Lin, Chen & Yan 2014); costs one operation an element. */
export const globalAveragePool: Layer = pooling(
  "global average pool",
  (x) => adaptiveAveragePool2d(x, 1),
  (image) => adaptiveWindows(image, { rows: 1, columns: 1 }),
  (elements) => elements,
);

function pooling(
  kind: string,
  forward: (x: Tensor) => Tensor,
  windowsOf: (image: { height: number; width: number }) => PoolWindows,
  operations: (elements: number) => number,
): Layer {
  return {
    kind,
    parameters: {},
    forward,
    cost(input: Shape) {
      const [height, width] = input.slice(-2);
      if (height === undefined || width === undefined)
        throw new RangeError(`expected images [..., height, width]; found ${shapeText(input)}`);
      const { rows, columns } = windowsOf({ height, width });
      const lengths = (windows: PoolWindows["rows"]) => windows.map(({ start, end }) => end - start);
      const plane = lengths(rows).flatMap((h) => lengths(columns).map((w) => operations(h * w)));
      const planes = sizeOf(input.slice(0, -2));
      return {
        output: [...input.slice(0, -2), rows.length, columns.length],
        flops: planes * plane.reduce((a, b) => a + b, 0),
      };
    },
  };
}

/** Images of another size by repeating or leaving out their elements, with gradients. */
import type { Tensor } from "../tensor.ts";
import { gather } from "./gather.ts";
import { reshape, transpose } from "./move.ts";

/**
 * Nearest neighbour: [..., height, width] to [..., rows, columns], where element i of n along a side of N is the one at
 * floor(i N / n), as torch's interpolate(mode="nearest") takes it.
 */
export function resizeNearest(x: Tensor, rows: number, columns = rows): Tensor {
  return transpose(takeRows(transpose(takeRows(x, rows)), columns));
}

/** [..., length, width] to [..., rows, width]. */
function takeRows(x: Tensor, rows: number): Tensor {
  const [length, width] = x.shape.slice(-2) as [number, number];
  if (!(Number.isInteger(rows) && rows > 0))
    throw new RangeError(`expected a side of at least one element; found ${rows}`);
  if (rows === length) return x;
  const leading = x.shape.slice(0, -2);
  const planes = x.size / (length * width);
  const places = Array.from(
    { length: planes * rows },
    (_, i) => Math.floor(i / rows) * length + Math.floor(((i % rows) * length) / rows),
  );
  const table = reshape(x, [planes * length, width]);
  return reshape(gather(table, x.engine.indices(places, planes * length)), [...leading, rows, width]);
}

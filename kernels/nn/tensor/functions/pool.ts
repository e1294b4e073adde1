/** Pooling of images over windows or bins, with gradients. Sizes and rounding are PyTorch's (pool-windows.ts). */
import { createAveragePool, createMaxPool } from "../../pool.ts";
import { adaptiveWindows, type ImageSize, type PoolWindows, slidingWindows } from "../../pool-windows.ts";
import type { Engine } from "../engine.ts";
import { factoryOptions } from "../factory-options.ts";
import { record } from "../record.ts";
import { shapeText, sizeOf } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";

/** One number for both sides of the image, or each alone. */
type Sides = number | { readonly y: number; readonly x: number };

export interface PoolOptions {
  readonly kernel: Sides;
  /** Default: the kernel, so that windows neither overlap nor leave gaps. */
  readonly stride?: Sides;
  readonly padding?: Sides;
  /** Whether a window that begins inside and ends outside counts too (default: no). */
  readonly ceil?: boolean;
}

/** Largest element of each window: [..., height, width] to [..., rows, columns]. Of equal ones the first counts. */
export function maxPool2d(x: Tensor, options: PoolOptions): Tensor {
  return maxima(x, slidingWindows(imageOf(x), windowingOf(options)), `max ${JSON.stringify(options)}`);
}

/** Mean of each window, padding counted as zeros: [..., height, width] to [..., rows, columns]. */
export function averagePool2d(x: Tensor, options: PoolOptions): Tensor {
  return means(x, slidingWindows(imageOf(x), windowingOf(options)), `mean ${JSON.stringify(options)}`);
}

/** Largest element of bins that cover the image, which overlap where sides do not divide: [..., rows, columns]. */
export function adaptiveMaxPool2d(x: Tensor, rows: number, columns = rows): Tensor {
  return maxima(x, adaptiveWindows(imageOf(x), { rows, columns }), `max bins ${rows}x${columns}`);
}

/** Mean of bins that cover the image, which overlap where sides do not divide: [..., rows, columns]. */
export function adaptiveAveragePool2d(x: Tensor, rows: number, columns = rows): Tensor {
  return means(x, adaptiveWindows(imageOf(x), { rows, columns }), `mean bins ${rows}x${columns}`);
}

const both = (sides: Sides) => (typeof sides === "number" ? { y: sides, x: sides } : sides);

/** The same with its defaults, for both sides. */
export const windowingOf = ({ kernel, stride = kernel, padding = 0, ceil = false }: PoolOptions) => ({
  ...{ kernel: both(kernel), stride: both(stride), padding: both(padding), ceil },
});

function imageOf({ shape }: Tensor): ImageSize {
  const [height, width] = shape.slice(-2);
  if (height === undefined || width === undefined)
    throw new RangeError(`expected images [..., height, width]; found ${shapeText(shape)}`);
  return { height, width };
}

const planesOf = ({ shape }: Tensor): number => sizeOf(shape.slice(0, -2));

const resultOf = (x: Tensor, { rows, columns }: PoolWindows): Tensor =>
  x.engine.tensor([...x.shape.slice(0, -2), rows.length, columns.length]);

/** What an operation is made from, and the name that says all of it. */
function settingOf(x: Tensor, windows: PoolWindows, name: string) {
  const planes = planesOf(x);
  return {
    name: `pool ${name} ${planes} ${windows.height}x${windows.width}`,
    options: { ...factoryOptions(x.engine), planes, windows },
  };
}

function maxima(x: Tensor, windows: PoolWindows, name: string): Tensor {
  const { engine } = x;
  const pool = operation(engine, createMaxPool, settingOf(x, windows, name));
  const made = resultOf(x, windows);
  const places = engine.tensor(made.shape);
  pool.forward({ x: x.address, y: made.address, places: places.address });
  return record(made, [x], (gradient) => {
    const toX = engine.tensor(x.shape);
    pool.backward({ gradY: gradient.address, places: places.address, gradX: toX.address });
    return [toX];
  });
}

function means(x: Tensor, windows: PoolWindows, name: string): Tensor {
  const { engine } = x;
  const pool = operation(engine, createAveragePool, settingOf(x, windows, name));
  const made = resultOf(x, windows);
  pool.forward({ x: x.address, y: made.address });
  return record(made, [x], (gradient) => {
    const toX = engine.tensor(x.shape);
    pool.backward({ gradY: gradient.address, gradX: toX.address });
    return [toX];
  });
}

type Setting = ReturnType<typeof settingOf>;

const operation = <T>(
  engine: Engine,
  make: (options: Setting["options"]) => T,
  { name, options }: Setting,
): T => engine.operation(name, () => make(options));

/**
 * Pooling of images that lie as [planes][height][width], a plane for each channel of each image: maxima with their
 * places, averages, and both backward. What the windows are is data (pool-windows.ts).
 */
import { ProgramError } from "../codegen/errors.ts";
import {
  checkPlaces,
  checkSizes,
  type NamedProgram,
  type OperationOptions,
  type Place,
  type Setting,
  settingOf,
} from "./operation.ts";
import type { PoolWindows, Window } from "./pool-windows.ts";
import { averagePool, averagePoolGradient, wideAveragePool } from "./programs/average-pool.ts";
import { maxPool, maxPoolGradient } from "./programs/max-pool.ts";
import { windowIntegers } from "./programs/windows.ts";

export interface PoolOptions extends OperationOptions {
  /** Batch times channels. */
  readonly planes: number;
  /** As `slidingWindows` or `adaptiveWindows` made them. */
  readonly windows: PoolWindows;
}

export interface MaxPool {
  /**
   * x by planes to y by planes of rows x columns. `places` takes as many elements as y and says for each, as a number
   * of that element type, where its maximum lies in the plane; only a backward pass needs it.
   */
  forward(args: { readonly x: number; readonly y: number; readonly places?: number | undefined }): void;
  /** Overwrites gradX; it must lie apart from gradY. */
  backward(args: { readonly gradY: number; readonly places: number; readonly gradX: number }): void;
}

export interface AveragePool {
  forward(args: { readonly x: number; readonly y: number }): void;
  /** Overwrites gradX; it must lie apart from gradY. */
  backward(args: { readonly gradY: number; readonly gradX: number }): void;
}

/** Elements of a plane whose numbers a float32 can hold. */
const mostPixels = 2 ** 24;

/** Maximum pooling. Of equal elements the first counts, row by row; NaN is larger than anything. */
export function createMaxPool(options: PoolOptions): MaxPool {
  const pool = prepare(options);
  const { setting, sizes, table, lengths } = pool;
  const { windows, memory, planes } = options;
  const { height, width, dilation } = windows;
  if (height * width > mostPixels)
    throw new ProgramError("max pool", {
      expected: `planes of at most ${mostPixels} elements`,
      found: `${height}x${width}`,
      remedy: "Cut the image into strips.",
    });
  const regular = vectorsFit(pool) ? windows.regular : undefined;
  const steps = memory.allocate(setting.element, setting.type.lanes);
  steps.view.forEach((_, lane) => {
    steps.view[lane] = lane * (regular?.stride ?? 0);
  });
  return {
    forward({ x, y, places }) {
      check("max pool forward", setting, {
        x: [x, lengths.x],
        y: [y, lengths.y],
        places: [places, lengths.y],
      });
      const kernel = setting.kernel(maxPool({ regular, dilation, places: places !== undefined }));
      kernel(...sizes, table, steps.address, x, y, ...(places === undefined ? [] : [places]));
    },
    backward({ gradY, places, gradX }) {
      const operands: Record<string, Place> = { gradY: [gradY, lengths.y], places: [places, lengths.y] };
      check("max pool backward", setting, { ...operands, gradX: [gradX, lengths.x] });
      const results = windows.rows.length * windows.columns.length;
      setting.kernel(maxPoolGradient)(planes, height * width, results, gradY, places, gradX);
    },
  };
}

/** Average pooling. @throws ProgramError for windows with gaps between their elements */
export function createAveragePool(options: PoolOptions): AveragePool {
  const { dilation } = options.windows;
  if (dilation.x !== 1 || dilation.y !== 1)
    throw new ProgramError("average pool", {
      expected: "windows without gaps",
      found: `a dilation of ${dilation.y}x${dilation.x}`,
      remedy: "Dilate a maximum, or convolve.",
    });
  const pool = prepare({ ...options, windows: flattened(options.windows) });
  const { setting, windows, sizes, table, lengths } = pool;
  const wide = windows.columns.every(({ start, end }) => end - start >= setting.type.lanes);
  const regular = vectorsFit(pool) && !wide ? windows.regular : undefined;
  const forward: NamedProgram = wide ? wideAveragePool : averagePool(regular);
  return {
    forward({ x, y }) {
      check("average pool forward", setting, { x: [x, lengths.x], y: [y, lengths.y] });
      setting.kernel(forward)(...sizes, table, x, y);
    },
    backward({ gradY, gradX }) {
      check("average pool backward", setting, { gradY: [gradY, lengths.y], gradX: [gradX, lengths.x] });
      setting.kernel(averagePoolGradient(wide))(...sizes, table, gradY, gradX);
    },
  };
}

const check = checkPlaces;

interface Prepared {
  readonly setting: Setting;
  readonly windows: PoolWindows;
  /** Arguments of every program: planes, sides, sides of the output, regular columns. */
  readonly sizes: readonly number[];
  /** Address of the table of windows. */
  readonly table: number;
  readonly lengths: { readonly x: number; readonly y: number };
}

function prepare(options: PoolOptions): Prepared {
  const { planes, windows, memory } = options;
  const { height, width, rows, columns, regular } = windows;
  checkSizes("pool", { planes });
  checkSizes("pool", { planes, height, width });
  checkSizes("pool", { planes, rows: rows.length, columns: columns.length });
  const setting = settingOf(options);
  const table = memory.allocate("i32", windowIntegers * (rows.length + columns.length));
  table.view.set([...rows, ...columns].flatMap(({ start, end, divisor }: Window) => [start, end, divisor]));
  const sides = [planes, height, width, rows.length, columns.length];
  return {
    ...{ setting, windows, table: table.address },
    sizes: [...sides, regular?.from ?? 0, regular?.to ?? 0],
    lengths: { x: planes * height * width, y: planes * rows.length * columns.length },
  };
}

/**
 * Whether enough windows lie side by side for a vector: half of a short one, since fewer are faster one by one, and a
 * quarter of one of machine code, whose masks cost nothing.
 */
function vectorsFit({ setting, windows: { regular } }: Prepared): boolean {
  const part = setting.options.target === "native" ? 4 : 2;
  return regular !== undefined && part * (regular.to - regular.from) >= setting.type.lanes;
}

/** Windows over whole rows lie in one piece: the image is one long row, and a window a stretch of it. */
function flattened(windows: PoolWindows): PoolWindows {
  const { height, width, rows, columns } = windows;
  const [column] = columns;
  if (columns.length !== 1 || column?.start !== 0 || column.end !== width) return windows;
  return {
    ...{ height: 1, width: height * width, dilation: windows.dilation, regular: undefined },
    rows: [{ start: 0, end: 1, divisor: column.divisor }],
    columns: rows.map(({ start, end, divisor }) => ({ start: start * width, end: end * width, divisor })),
  };
}

/**
 * Which elements each window of a pooling layer covers: pure arithmetic, apart from the programs that read it. Sizes,
 * rounding and divisors are PyTorch's (max_pool2d, avg_pool2d, adaptive_avg_pool2d).
 */
import { ProgramError } from "../codegen/errors.ts";
import { checkSizes } from "./operation.ts";
import type { Regular } from "./programs/windows.ts";

/** One number for each direction of the image. */
export interface PerAxis {
  readonly y: number;
  readonly x: number;
}

/** Sides of the images. */
export interface ImageSize {
  readonly height: number;
  readonly width: number;
}

export interface Windowing {
  readonly kernel: PerAxis;
  /** Default: the kernel, so that windows neither overlap nor leave gaps. */
  readonly stride?: PerAxis;
  /** Elements added on both sides, at most half a window: they never win a maximum and count as 0 in a sum. */
  readonly padding?: PerAxis;
  /** Distance between elements of a window (default: 1); for maxima alone. */
  readonly dilation?: PerAxis;
  /** Whether a window that begins inside and ends outside counts too (default: no). */
  readonly ceil?: boolean;
  /** Whether padding counts in the divisor of an average (default: yes). */
  readonly countPadding?: boolean;
  /** Divides every sum instead of the number of elements. */
  readonly divisor?: number;
}

/** A stretch of one side: its first element, the one behind its last, its share of the divisor. */
export interface Window {
  readonly start: number;
  readonly end: number;
  readonly divisor: number;
}

export interface PoolWindows extends ImageSize {
  /** One for each row of the output. */
  readonly rows: readonly Window[];
  /** One for each column of the output. */
  readonly columns: readonly Window[];
  readonly dilation: PerAxis;
  /** Columns `from` to `to` have whole windows that vectors can run over. */
  readonly regular: (Regular & { readonly from: number; readonly to: number }) | undefined;
}

const once: PerAxis = { y: 1, x: 1 };
const none: PerAxis = { y: 0, x: 0 };

/** Windows of one size, a stride apart. @throws ProgramError for a field that does not fit, by name */
export function slidingWindows(image: ImageSize, windowing: Windowing): PoolWindows {
  const { kernel, stride = kernel, padding = none, dilation = once, divisor } = windowing;
  checkSizes("pool", { ...image }, 1);
  for (const axis of ["y", "x"] as const) {
    const [size, step, far, pad] = [kernel[axis], stride[axis], dilation[axis], padding[axis]];
    checkSizes("pool", { [`kernel.${axis}`]: size, [`stride.${axis}`]: step, [`dilation.${axis}`]: far }, 1);
    checkSizes("pool", { [`padding.${axis}`]: pad });
    if (pad > size / 2) refuse(`padding.${axis} of at most half the kernel's ${size}`, pad, "Pad less.");
  }
  if (divisor !== undefined && !(Number.isInteger(divisor) && divisor !== 0))
    refuse("a divisor that is a whole number other than 0", divisor, "Leave it out to divide by the count.");
  const axis = (name: "y" | "x", length: number): readonly Window[] =>
    slide(name, length, {
      ...{ size: kernel[name], step: stride[name], pad: padding[name], far: dilation[name] },
      ...{ ceil: windowing.ceil ?? false, countPadding: windowing.countPadding ?? true },
    });
  const [rows, columns] = [axis("y", image.height), axis("x", image.width)];
  const overridden = (windows: readonly Window[], by: number): readonly Window[] =>
    divisor === undefined ? windows : windows.map((window) => ({ ...window, divisor: by }));
  return {
    ...{ ...image, dilation, rows: overridden(rows, divisor ?? 1), columns: overridden(columns, 1) },
    regular: dilation.x === 1 ? regularOf(columns, kernel.x, stride.x) : undefined,
  };
}

/** Bins that cover each side: bin i of n over N elements is floor(i N / n) to ceil((i + 1) N / n). */
export function adaptiveWindows(
  image: ImageSize,
  output: { readonly rows: number; readonly columns: number },
): PoolWindows {
  checkSizes("pool", { ...image, ...output }, 1);
  const bins = (count: number, length: number): readonly Window[] =>
    Array.from({ length: count }, (_, i) => {
      const start = Math.floor((i * length) / count);
      const end = Math.ceil(((i + 1) * length) / count);
      return { start, end, divisor: end - start };
    });
  const [rows, columns] = [bins(output.rows, image.height), bins(output.columns, image.width)];
  const [first, second] = columns;
  const stride = second && first ? second.start - first.start : 0;
  return {
    ...image,
    rows,
    columns,
    dilation: once,
    regular: regularOf(columns, first?.divisor ?? 0, stride),
  };
}

interface Axis {
  readonly size: number;
  readonly step: number;
  readonly pad: number;
  readonly far: number;
  readonly ceil: boolean;
  readonly countPadding: boolean;
}

function slide(
  name: string,
  length: number,
  { size, step, pad, far, ceil, countPadding }: Axis,
): readonly Window[] {
  const reach = far * (size - 1) + 1;
  const room = length + 2 * pad - reach;
  if (room < 0)
    refuse(
      `an image of at least ${reach - 2 * pad} elements along ${name}, as its windows reach`,
      length,
      "Pad, or pool less.",
    );
  const whole = Math.floor((room + (ceil ? step - 1 : 0)) / step) + 1;
  // A window must begin inside of the image or of the padding before it.
  const count = ceil && (whole - 1) * step >= length + pad ? whole - 1 : whole;
  return Array.from({ length: count }, (_, i) => {
    const first = i * step - pad;
    // Elements before the image are left out in steps of the dilation.
    const start = first < 0 ? first + Math.ceil(-first / far) * far : first;
    const end = Math.min(first + reach, length);
    const padded = Math.min(first + size, length + pad) - first;
    return { start, end, divisor: countPadding ? padded : Math.max(0, end - start) };
  });
}

/** Elements of a window's row that one program unrolls at most. */
const widestUnrolled = 16;

/** The columns whose windows are whole and begin one or two apart, if there are several side by side. */
function regularOf(columns: readonly Window[], width: number, stride: number): PoolWindows["regular"] {
  if ((stride !== 1 && stride !== 2) || width < stride || width > widestUnrolled) return undefined;
  const fits = (c: number): boolean => {
    const [before, here] = [columns[c - 1], columns[c] as Window];
    return here.end - here.start === width && (!before || before.start + stride === here.start);
  };
  // The first window's distance to a clipped one before it does not matter.
  let from = columns.findIndex((each) => each.end - each.start === width);
  if (from < 0) return undefined;
  let to = from + 1;
  while (to < columns.length && fits(to) && columns[to]?.divisor === columns[from]?.divisor) to++;
  if (to - from < 2) [from, to] = [0, 0];
  return to > from ? { width, stride, from, to } : undefined;
}

function refuse(expected: string, found: number, remedy: string): never {
  throw new ProgramError("pool", { expected, found: String(found), remedy });
}

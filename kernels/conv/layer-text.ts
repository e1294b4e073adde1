/**
 * Layers as the command line writes them: `64x56x56:128x3x3:s2p1` is an image of 64 channels, 56 high and 56 wide, and 128
 * filters of 3x3 with stride 2 and padding 1. Nothing in it means something to a shell, and it is the workload's name.
 * Light, because plans and the command line ask.
 */
import type { NamedShape } from "./layer-cells.ts";
import { type ConvShape, convShape } from "./shape.ts";

/** What a refusal shows. */
export const layerExample = "64x56x56:128x3x3:s2p1";
export const layerNotation =
  "CxHxW:FxKxL with, behind a second colon, any of s2 (stride), p1 (padding), d2 (dilation), g4 (groups); s, d and p " +
  "take two numbers too (down, across: s2x1), p also four (top, bottom, left, right: p0x1x0x1)";

/** How many numbers an option may have. */
const counts: Readonly<Record<string, readonly number[]>> = { s: [1, 2], p: [1, 2, 4], d: [1, 2], g: [1] };

/** Whether the text is meant as a layer: products have no colon. */
export const isLayerText = (text: string): boolean => text.includes(":");

const numbers = (text: string): readonly number[] => text.split("x").map(Number);

/**
 * The layer that a text names, under its shortest spelling.
 *
 * @throws RangeError where it cannot be read; ProgramError, which names the field, where no convolution has such a shape
 */
export function layerOf(text: string): NamedShape {
  const [, image, kernels, options] =
    /^(\d+x\d+x\d+):(\d+x\d+x\d+)(?::((?:[spdg]-?\d+(?:x-?\d+)*)+))?$/i.exec(text.toLowerCase()) ?? [];
  if (!image || !kernels) refuse(text);
  const given = new Map<string, readonly number[]>();
  for (const [, name, values] of (options ?? "").matchAll(/([spdg])([-\dx]+)/g)) {
    const list = numbers(values as string);
    if (given.has(name as string) || !counts[name as string]?.includes(list.length)) refuse(text);
    given.set(name as string, list);
  }
  const [channels, height, width] = numbers(image) as [number, number, number];
  const [filters, kernelHeight, kernelWidth] = numbers(kernels) as [number, number, number];
  const axes = (name: string, otherwise: number) => {
    const [y = otherwise, x = y] = given.get(name) ?? [];
    return { y, x };
  };
  const shape = convShape({
    ...{ channels, height, width, filters, kernelHeight, kernelWidth },
    ...{ stride: axes("s", 1), padding: paddingOf(given.get("p") ?? [0]), dilation: axes("d", 1) },
    groups: given.get("g")?.[0] ?? 1,
  });
  return { name: layerText(shape), shape };
}

function paddingOf(given: readonly number[]) {
  const [first = 0, second = first] = given;
  const [top, bottom, left, right] = given.length === 4 ? given : [first, first, second, second];
  return { top, bottom, left, right } as ConvShape["padding"];
}

/** The shortest text that names a shape. */
export function layerText(shape: ConvShape): string {
  const { channels, height, width, filters, kernelHeight, kernelWidth, stride, padding, dilation, groups } =
    shape;
  const { top, bottom, left, right } = padding;
  const sides = top === bottom && left === right ? [top, left] : [top, bottom, left, right];
  const options = [
    ["s", [stride.y, stride.x], 1],
    ["p", sides, 0],
    ["d", [dilation.y, dilation.x], 1],
    ["g", [groups], 1],
  ] as const;
  const written = options.map(([name, values, otherwise]) => {
    const list = values.every((value) => value === values[0]) ? values.slice(0, 1) : values;
    return list.length === 1 && list[0] === otherwise ? "" : `${name}${list.join("x")}`;
  });
  const end = written.join("");
  return `${channels}x${height}x${width}:${filters}x${kernelHeight}x${kernelWidth}${end && `:${end}`}`;
}

function refuse(text: string): never {
  throw new RangeError(`expected a layer such as ${layerExample}: ${layerNotation}; found ${text}`);
}

/**
 * Kernels between real numbers and integers: to bytes and back, and fake quantisation, which rounds like the bytes would
 * but stays real, with the gradient that training uses. One quantiser for a tensor, or one for each of its channels.
 */
import { ProgramError } from "../codegen/errors.ts";
import type { Real } from "../gemm/arguments.ts";
import { checkPlaces, type OperationOptions, type Place, settingOf } from "../nn/operation.ts";
import {
  dequantiseProgram,
  fakeQuantiseGradientProgram,
  fakeQuantiseProgram,
  quantiseProgram,
} from "./programs/quantise.ts";
import type { Quantiser } from "./quantiser.ts";
import { checkPlaces as checkBytes } from "./setting.ts";

/** How a tensor is cut into channels: `outer` times all channels, each of `inner` numbers side by side. */
export interface ChannelShape {
  readonly outer: number;
  readonly inner: number;
}

export interface QuantiseOptions extends Omit<OperationOptions, "element"> {
  /** One for each channel, with the same bounds; a single one for a whole tensor. */
  readonly quantisers: readonly Quantiser[];
  readonly shape: ChannelShape;
  readonly to: "i8" | "u8" | "i32";
}

export interface Quantisation {
  /** From f32 at `x` to integers at `q`, by byte addresses. */
  quantise(args: { readonly x: number; readonly q: number }): void;
  /** Back. */
  dequantise(args: { readonly q: number; readonly x: number }): void;
}

/** Kernels of one tensor's quantisers. @throws ProgramError for quantisers or addresses that do not fit */
export function createQuantisation(options: QuantiseOptions): Quantisation {
  const { quantisers, shape, to, memory } = options;
  const setting = settingOf({ ...options, element: "f32" });
  const tables = tablesOf(options, "f32");
  const length = shape.outer * quantisers.length * shape.inner;
  const check = (x: number, q: number): void =>
    checkBytes("quantise", memory, { x: [x, length, "f32"], q: [q, length, to] });
  return {
    quantise({ x, q }) {
      check(x, q);
      const write = setting.kernel({
        name: `quantise-${to}`,
        write: (name, type) => quantiseProgram(name, type, to),
      });
      write(...tables, x, q);
    },
    dequantise({ q, x }) {
      check(x, q);
      const read = setting.kernel({
        name: `dequantise-${to}`,
        write: (name, type) => dequantiseProgram(name, type, to),
      });
      read(...tables, q, x);
    },
  };
}

export interface FakeQuantiseOptions extends OperationOptions {
  readonly quantisers: readonly Quantiser[];
  readonly shape: ChannelShape;
}

export interface FakeQuantise {
  /** y may be x itself. */
  forward(args: { readonly x: number; readonly y: number }): void;
  /** gradX may be gradY itself. */
  backward(args: { readonly x: number; readonly gradY: number; readonly gradX: number }): void;
}

/** Fake quantisation in f32 or f64. @throws ProgramError for quantisers or addresses that do not fit */
export function createFakeQuantise(options: FakeQuantiseOptions): FakeQuantise {
  const { quantisers, shape } = options;
  const setting = settingOf(options);
  const tables = tablesOf(options, setting.element);
  const length = shape.outer * quantisers.length * shape.inner;
  const check = (places: Readonly<Record<string, number>>): void => {
    const sized = Object.entries(places).map(([name, at]) => [name, [at, length] satisfies Place]);
    checkPlaces("fake quantise", setting, Object.fromEntries(sized));
  };
  return {
    forward({ x, y }) {
      check({ x, y });
      setting.kernel({ name: "fake-quantise", write: fakeQuantiseProgram })(...tables, x, y);
    },
    backward({ x, gradY, gradX }) {
      check({ x, gradY, gradX });
      const program = { name: "fake-quantise-gradient", write: fakeQuantiseGradientProgram };
      setting.kernel(program)(...tables, x, gradY, gradX);
    },
  };
}

/** The arguments that all programs begin with: counts, bounds, and tables of scales and zero points. */
function tablesOf(
  { quantisers, shape, memory }: Pick<QuantiseOptions, "quantisers" | "shape" | "memory">,
  element: Real,
): readonly number[] {
  const [first] = quantisers;
  const same = quantisers.every(
    ({ least, greatest }) => least === first?.least && greatest === first.greatest,
  );
  if (!first || !same)
    throw new ProgramError("quantise", {
      expected: "at least one quantiser, and the same bounds for every channel",
      found: quantisers.map(({ least, greatest }) => `${least} to ${greatest}`).join(", ") || "none",
      remedy: "Make the quantisers of one tensor with the same bits and sign.",
    });
  const { outer, inner } = shape;
  if (![outer, inner].every((size) => Number.isInteger(size) && size >= 0))
    throw new ProgramError("quantise", {
      expected: "whole numbers of blocks and of numbers in a block",
      found: `${outer} and ${inner}`,
      remedy: "Count the sides before and behind the channels.",
    });
  const scales = memory.allocate(element, quantisers.length);
  const zeroPoints = memory.allocate(element, quantisers.length);
  scales.view.set(quantisers.map(({ scale }) => scale));
  zeroPoints.view.set(quantisers.map(({ zeroPoint }) => zeroPoint));
  return [
    ...[outer, quantisers.length, inner, first.least, first.greatest],
    ...[scales.address, zeroPoints.address],
  ];
}

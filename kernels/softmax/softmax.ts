/**
 * Softmax and log-softmax for everybody else: any dimension of an array, forward and backward, on any target. Sizes are
 * checked before anything runs.
 */
import type { Arithmetic } from "../codegen/arithmetic.ts";
import { compile, type Kernel, type KernelTarget, nativeIsa } from "../codegen/compile.ts";
import { ProgramError } from "../codegen/errors.ts";
import { bytesOf } from "../codegen/expressions.ts";
import type { Memory } from "../codegen/memory.ts";
import { type Isa, widestLanes } from "../codegen/x64/isa.ts";
import type { RealElement } from "../elementary/intervals.ts";
import { backwardColumnsProgram, backwardRowsProgram } from "./programs/backward.ts";
import { columnsProgram } from "./programs/columns.ts";
import { rowsProgram, type SoftmaxAlgorithm, type SoftmaxKind } from "./programs/rows.ts";

export interface SoftmaxOptions {
  readonly kind?: SoftmaxKind;
  /** Along the last dimension (default: `stable`); along others it is always `stable`. */
  readonly algorithm?: SoftmaxAlgorithm;
  readonly element?: RealElement;
  readonly target: KernelTarget;
  readonly memory: Memory;
  readonly arithmetic?: Arithmetic;
  /** Level of x86-64 on target `native` (default: the best that this machine has). */
  readonly isa?: Isa;
}

/** The array outer x n x inner, row-major; softmax is along n. `inner` is 1 along the last dimension. */
export interface SoftmaxShape {
  readonly outer: number;
  readonly n: number;
  readonly inner?: number;
}

export interface Softmax {
  /** The program along the last dimension, to be read. */
  readonly kernel: Kernel;
  /** Byte addresses; the output may be the input. @throws ProgramError for sizes that do not fit */
  forward(shape: SoftmaxShape, operands: { readonly input: number; readonly output: number }): void;
  /** The gradient of the input from the result and the gradient of the result; may overwrite either. */
  backward(
    shape: SoftmaxShape,
    operands: { readonly output: number; readonly outputGradient: number; readonly inputGradient: number },
  ): void;
}

/** The shape of softmax along dimension `dim` of an array; -1 is the last. @throws ProgramError for one it has not */
export function shapeAlong(dimensions: readonly number[], dim: number): Required<SoftmaxShape> {
  const axis = dim < 0 ? dimensions.length + dim : dim;
  const n = dimensions[axis];
  if (n === undefined || !Number.isInteger(axis))
    throw new ProgramError("softmax", {
      expected: `a dimension from ${-dimensions.length} to ${dimensions.length - 1}`,
      found: String(dim),
      remedy: "Count dimensions from 0, or from -1 backwards.",
    });
  const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);
  return { outer: product(dimensions.slice(0, axis)), n, inner: product(dimensions.slice(axis + 1)) };
}

/** Compiles softmax; each of its four programs when it is first needed. Takes one vector of the memory. */
export function createSoftmax(options: SoftmaxOptions): Softmax {
  const { kind = "softmax", algorithm = "stable", element = "f32", target, memory } = options;
  const { arithmetic = "fast", isa = target === "native" ? nativeIsa() : undefined } = options;
  const lanes = isa ? widestLanes(isa, bytesOf[element]) : 16 / bytesOf[element];
  const shape = { element, lanes };
  const made = (program: Parameters<typeof compile>[0]): Kernel =>
    compile(program, target, memory, { arithmetic, ...(isa && { isa }) });
  const laneNumbers = memory.allocate(element, lanes);
  laneNumbers.view.set(Array.from({ length: lanes }, (_, l) => l));
  const rows = made(
    rowsProgram(kind, algorithm, {
      ...shape,
      keepsConstants: isa === "avx512",
      prefetches: target === "native",
    }),
  );
  const columns = once(() => made(columnsProgram(kind, shape)));
  const backwardRows = once(() => made(backwardRowsProgram(kind, shape)));
  const backwardColumns = once(() => made(backwardColumnsProgram(kind, shape)));
  return {
    kernel: rows,
    forward: (sizes, { input, output }) => {
      const { outer, n, inner } = checked(sizes, [input, output], element, memory);
      if (inner === 1) rows.call(outer, n, laneNumbers.address, input, output);
      else columns().call(outer, n, inner, input, output);
    },
    backward: (sizes, { output, outputGradient, inputGradient }) => {
      const places = [output, outputGradient, inputGradient] as const;
      const { outer, n, inner } = checked(sizes, places, element, memory);
      if (inner === 1) backwardRows().call(outer, n, laneNumbers.address, ...places);
      else backwardColumns().call(outer, n, inner, ...places);
    },
  };
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** The shape with its default, if arrays of it fit the memory at these addresses. @throws ProgramError */
function checked(
  { outer, n, inner = 1 }: SoftmaxShape,
  addresses: readonly number[],
  element: RealElement,
  memory: Memory,
): Required<SoftmaxShape> {
  for (const [name, size] of Object.entries({ outer, n, inner }))
    if (!Number.isInteger(size) || size < 0)
      refuse(`${name} to be a whole number, not negative`, String(size), "Pass the sizes of the array.");
  const bytes = outer * n * inner * bytesOf[element];
  const last = memory.bytes - bytes;
  for (const address of addresses)
    if (address < 0 || address > last)
      refuse(
        `an array of ${outer} x ${n} x ${inner} ${element} inside of the memory's ${memory.bytes} bytes`,
        `${bytes} bytes from address ${address}`,
        "Allocate the arrays in the memory that the kernel was made for.",
      );
  return { outer, n, inner };
}

function refuse(expected: string, found: string, remedy: string): never {
  throw new ProgramError("softmax", { expected, found, remedy });
}

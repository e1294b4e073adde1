/**
 * The linear layer y = x W^T + b and its gradients: three products of matrices, and a sum down the columns for the
 * bias. W is [outputs][inputs], as PyTorch stores it; leading dimensions of x are rows.
 */
import { ProgramError } from "../codegen/errors.ts";
import { mul, type PointerName } from "../codegen/expressions.ts";
import { program } from "../codegen/program.ts";
import {
  checkPlaces,
  checkSizes,
  type NamedProgram,
  type OperationOptions,
  type Place,
  type Setting,
  settingOf,
} from "./operation.ts";
import { createProduct } from "./product.ts";
import { columnSums } from "./programs/columns.ts";
import { declare } from "./programs/parameters.ts";
import { read, rowAt, stretchOf, sweep, write } from "./programs/sweep.ts";

/** x is rows x inputs, y rows x outputs. */
export interface LinearShape {
  readonly rows: number;
  readonly inputs: number;
  readonly outputs: number;
}

export interface LinearOptions extends OperationOptions {
  readonly shape: LinearShape;
  /** Threads of the products (default: 1); more need a shared memory. */
  readonly threads?: number;
  /** No workspace is kept for gradients, and none can be asked for. */
  readonly forwardOnly?: boolean;
}

/** Operands by byte address. */
export interface LinearForward {
  readonly x: number;
  readonly weight: number;
  readonly bias?: number | undefined;
  readonly y: number;
}

/** Only the gradients whose addresses are given are computed; they are overwritten. */
export interface LinearBackward {
  readonly x: number;
  readonly weight: number;
  readonly gradY: number;
  readonly gradX?: number | undefined;
  readonly gradWeight?: number | undefined;
  readonly gradBias?: number | undefined;
}

export interface Linear {
  readonly shape: LinearShape;
  forward(args: LinearForward): void;
  backward(args: LinearBackward): void;
  /** Gives up what other threads hold; not to be run afterwards. */
  release(): void;
}

/**
 * A linear layer for one shape. The workspaces of its products are allocated from the memory.
 *
 * @example
 * const linear = createLinear({ shape: { rows: 32, inputs: 784, outputs: 10 }, target: "wasm", memory });
 * linear.forward({ x, weight, bias, y });
 */
export function createLinear(options: LinearOptions): Linear {
  const { shape } = options;
  const { rows, inputs, outputs } = shape;
  checkSizes("linear", { rows, inputs });
  checkSizes("linear", { rows, outputs });
  checkSizes("linear", { inputs, outputs });
  const setting = settingOf(options);
  const { threads = 1 } = options;
  const forward = createProduct(setting, { shape: { m: rows, n: outputs, k: inputs }, turned: "b", threads });
  const partials = options.forwardOnly ? 0 : options.memory.allocate(setting.element, outputs).address;
  const gradients = options.forwardOnly ? undefined : createGradients(setting, shape, threads);
  return {
    shape,
    forward({ x, weight, bias, y }) {
      checkPlaces("linear forward", setting, { ...places(shape, { x, weight, y }), bias: [bias, outputs] });
      if (bias !== undefined) setting.kernel(copyRows)(rows, outputs, bias, y);
      forward.run(x, weight, y, bias === undefined ? 0 : 1);
    },
    backward(args) {
      checkBackward(setting, shape, args);
      if (!gradients) refuseBackward();
      const { x, weight, gradY, gradX, gradWeight, gradBias } = args;
      if (gradX !== undefined) gradients.ofX.run(gradY, weight, gradX);
      if (gradWeight !== undefined) gradients.ofWeight.run(gradY, x, gradWeight);
      if (gradBias !== undefined) setting.kernel(sumRows)(rows, outputs, gradY, partials, gradBias);
    },
    release() {
      for (const product of [forward, gradients?.ofX, gradients?.ofWeight]) product?.release();
    },
  };
}

/** dx = dy W, and dW = dy^T x. */
function createGradients(setting: Setting, { rows, inputs, outputs }: LinearShape, threads: number) {
  return {
    ofX: createProduct(setting, { shape: { m: rows, n: inputs, k: outputs }, threads }),
    ofWeight: createProduct(setting, { shape: { m: outputs, n: inputs, k: rows }, turned: "a", threads }),
  };
}

function refuseBackward(): never {
  throw new ProgramError("linear backward", {
    expected: "a layer that was made with its gradients",
    found: "one made with forwardOnly",
    remedy: "Leave forwardOnly away.",
  });
}

function places(
  { rows, inputs, outputs }: LinearShape,
  { x, weight, y }: { x: number; weight: number; y: number },
): Record<string, Place> {
  return { x: [x, rows * inputs], weight: [weight, outputs * inputs], y: [y, rows * outputs] };
}

function checkBackward(setting: Setting, shape: LinearShape, args: LinearBackward): void {
  const { rows, inputs, outputs } = shape;
  const { x, weight, gradY, gradX, gradWeight, gradBias } = args;
  checkPlaces("linear backward", setting, {
    x: [x, rows * inputs],
    weight: [weight, outputs * inputs],
    gradY: [gradY, rows * outputs],
    gradX: [gradX, rows * inputs],
    gradWeight: [gradWeight, outputs * inputs],
    gradBias: [gradBias, outputs],
  });
}

/** Parameters `(rows, columns, row, y)`: every row of y becomes a copy of one row. */
const copyRows: NamedProgram = {
  name: "copy-rows",
  write: (name, type) =>
    program(name, (b) => {
      const { rows, columns, row, y } = declare(b, type.element, {
        integers: ["rows", "columns"],
        pointers: ["row", "y"],
      });
      const stretch = stretchOf(b, columns, type);
      b.loop("r", 0, rows, {}, (r) => {
        const target = rowAt(b, "target", y, mul(r, columns));
        sweep(b, stretch, 1, (span) => write(b, target, span, read(row, span)));
      });
    }),
};

/** Parameters `(rows, columns, x, partials, sums)`: the sum of each column; `partials` is room for as many. */
const sumRows: NamedProgram = {
  name: "sum-rows",
  write: (name, type) =>
    program(name, (b) => {
      const { rows, columns, x, partials, sums } = declare(b, type.element, {
        integers: ["rows", "columns"],
        pointers: ["x", "partials", "sums"],
      });
      columnSums(b, {
        ...{ rows, columns, type, tensors: [x], results: [sums], partials },
        ...{ row: () => undefined, column: () => undefined },
        terms: (span, [line]) => [read(line as PointerName, span)],
      });
    }),
};

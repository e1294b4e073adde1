/**
 * I-BERT's functions for callers: GELU, softmax, layer normalisation and the square root of integers, as operations on
 * byte addresses. Not one multiplies floating-point numbers while it runs.
 */
import { checkPlaces, checkWhole, type IntegerOptions, integerSetting } from "../setting.ts";
import {
  type GeluConstants,
  geluConstants,
  type LayerNormConstants,
  layerNormConstants,
  type SoftmaxConstants,
  type Source,
  softmaxConstants,
} from "./constants.ts";
import { reciprocalOf } from "./parts.ts";
import {
  exponentialsProgram,
  geluProgram,
  layerNormProgram,
  sharesProgram,
  squareRootProgram,
} from "./programs.ts";

export interface IntegerGelu extends GeluConstants {
  /** i32 at `q` to i32 at `out`, which may be `q`; the integers of erf too, where they are wanted. */
  run(args: {
    readonly count: number;
    readonly q: number;
    readonly out: number;
    readonly erf?: number;
  }): void;
}

/** GELU of integers up to `largest` in magnitude. @throws ProgramError where results would not fit 32 bits */
export function createIntegerGelu(
  options: IntegerOptions & { readonly scale: number; readonly largest: number; readonly source?: Source },
): IntegerGelu {
  const { memory, scale, largest, source = "paper" } = options;
  const constants = geluConstants(scale, largest, source);
  const setting = integerSetting(options);
  const { qb, qc, q1, shift } = constants;
  const call = setting.kernel(`integer-gelu-${[-qb, -qc, -q1, shift].join("-")}`, (name, lanes) =>
    geluProgram(name, lanes, constants),
  );
  return {
    ...constants,
    run({ count, q, out, erf = out }) {
      checkWhole("integer gelu", "count", count, 0, 2 ** 29);
      const place = (address: number) => [address, count, "i32"] as const;
      checkPlaces("integer gelu", memory, { q: place(q), out: place(out), erf: place(erf) });
      call(count, q, erf, out);
    },
  };
}

export interface IntegerSoftmax extends SoftmaxConstants {
  /** i32 at `q` to the integers of exp(q - max q) at `exp`, and the sum of each row at `sums`. */
  exponentials(args: { readonly q: number; readonly exp: number; readonly sums: number }): void;
  /** The shares of each row as unsigned bytes, 256 standing for 1. */
  shares(args: { readonly exp: number; readonly sums: number; readonly out: number }): void;
}

/** Softmax of rows of integers that differ by at most `spread`. @throws ProgramError where sums would not fit */
export function createIntegerSoftmax(
  options: IntegerOptions & {
    readonly scale: number;
    readonly rows: number;
    readonly columns: number;
    readonly spread?: number;
  },
): IntegerSoftmax {
  const { memory, scale, rows, columns, spread = 2 ** 20 } = options;
  checkWhole("integer softmax", "rows", rows, 0, 2 ** 24);
  checkWhole("integer softmax", "columns", columns, 1, 2 ** 24);
  const constants = softmaxConstants(scale, columns);
  const setting = integerSetting(options);
  const { ln2, qb, qc } = constants;
  // Beyond 31 times ln 2 every polynomial is shifted to 0.
  const least = -Math.min(spread, 32 * ln2);
  const parts = { ...constants, least, reciprocal: reciprocalOf(ln2, -least) };
  const exponentials = setting.kernel(`integer-exp-${[ln2, qb, qc, -least].join("-")}`, (name, lanes) =>
    exponentialsProgram(name, lanes, parts),
  );
  const shares = setting.kernel("integer-shares", sharesProgram);
  const ones = onesOf(setting);
  const check = (places: Readonly<Record<string, number>>, sums: number, out?: number): void =>
    checkPlaces("integer softmax", memory, {
      ...Object.fromEntries(
        Object.entries(places).map(([name, at]) => [name, [at, rows * columns, "i32"] as const]),
      ),
      sums: [sums, rows, "i32"],
      out: [out, rows * columns, "u8"],
    });
  return {
    ...constants,
    exponentials({ q, exp, sums }) {
      check({ q, exp }, sums);
      exponentials(rows, columns, ones, q, exp, sums);
    },
    shares({ exp, sums, out }) {
      check({ exp }, sums, out);
      shares(rows, columns, exp, sums, out);
    },
  };
}

export interface IntegerLayerNorm extends LayerNormConstants {
  /** i32 at `q` to i32 at `out`, which may be `q`. */
  run(args: { readonly q: number; readonly out: number }): void;
}

/**
 * Layer normalisation of rows of integers, whatever their scale. `shift`: see `layerNormShift`; the sum of a row, twice, and
 * the sum of its squared deviations must stay below 2^32.
 */
export function createIntegerLayerNorm(
  options: IntegerOptions & {
    readonly rows: number;
    readonly weight: ArrayLike<number>;
    readonly bias: ArrayLike<number>;
    readonly shift?: number;
  },
): IntegerLayerNorm {
  const { memory, rows, weight, bias, shift = 0 } = options;
  const columns = weight.length;
  checkWhole("integer layer norm", "rows", rows, 0, 2 ** 24);
  checkWhole("integer layer norm", "shift", shift, 0, 16);
  const constants = layerNormConstants(weight, bias);
  const setting = integerSetting(options);
  const call = setting.kernel(`integer-layer-norm-${shift}`, (name, lanes) =>
    layerNormProgram(name, lanes, shift),
  );
  const ones = onesOf(setting);
  const biases = memory.allocate("i32", columns);
  biases.view.set(constants.bias);
  return {
    ...constants,
    run({ q, out }) {
      const place = (address: number) => [address, rows * columns, "i32"] as const;
      checkPlaces("integer layer norm", memory, { q: place(q), out: place(out) });
      call(rows, columns, ones, q, biases.address, out);
    },
  };
}

/** Square roots of `count` unsigned numbers at `n`, with the number of Newton's steps. */
export function integerSquareRoots(
  options: IntegerOptions,
  args: { readonly count: number; readonly n: number; readonly root: number; readonly iterations: number },
): void {
  const { count, n, root, iterations } = args;
  checkWhole("integer square root", "count", count, 0, 2 ** 28);
  const place = (address: number) => [address, count, "i32"] as const;
  checkPlaces("integer square root", options.memory, {
    ...{ n: place(n), root: place(root), iterations: place(iterations) },
  });
  integerSetting(options).kernel("integer-square-root", squareRootProgram)(count, n, root, iterations);
}

/** A vector of ones; see programs.ts. */
function onesOf({ memory, lanes }: ReturnType<typeof integerSetting>): number {
  const { view, address } = memory.allocate("i32", lanes);
  view.fill(1);
  return address;
}

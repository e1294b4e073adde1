/**
 * A matrix multiply-accumulate step (MMA) emulated with its traffic counted, beside scalar multiply-accumulates.
 * Operands are counted where they are read from the matrices into the unit; what happens inside the unit reads
 * nothing more. Accumulators stay in the unit in both forms and are not input values.
 */

/** Shape of one step: an m x k block of A times a k x n block of B onto an m x n block of C. */
export interface MmaShape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** A row-major product of integers or float32 values: c (m x n) += a (m x k) b (k x n). */
export interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Float32Array;
  readonly b: Float32Array;
  readonly c: Float32Array;
}

export interface MmaCounts {
  readonly steps: number;
  readonly macs: number;
  readonly operandReads: number;
}

/** Multiplies by scalar multiply-accumulates: two operand reads each. Terms are added in ascending k. */
export function multiplyByMacs({ m, n, k, a, b, c }: Product): MmaCounts {
  let macs = 0;
  let operandReads = 0;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      for (let p = 0; p < k; p++) {
        const product = (a[i * k + p] as number) * (b[p * n + j] as number);
        operandReads += 2;
        c[i * n + j] = Math.fround((c[i * n + j] as number) + Math.fround(product));
        macs++;
      }
    }
  }
  return { steps: macs, macs, operandReads };
}

/**
 * Multiplies by MMA steps of one shape; terms are added in ascending k, as `multiplyByMacs` does, so float32 results
 * are the same bits. Throws where the shape does not divide the product: real units take whole blocks too.
 */
export function multiplyByMma(product: Product, shape: MmaShape): MmaCounts {
  for (const side of ["m", "n", "k"] as const) {
    if (product[side] % shape[side] !== 0) {
      throw new RangeError(
        `an MMA step needs ${side} to be a multiple of ${shape[side]}; found ${product[side]}; pad it`,
      );
    }
  }
  const unit = new MmaUnit(shape);
  for (let i = 0; i < product.m; i += shape.m) {
    for (let j = 0; j < product.n; j += shape.n) {
      for (let p = 0; p < product.k; p += shape.k) unit.step(product, i, j, p);
    }
  }
  return { steps: unit.steps, macs: unit.macs, operandReads: unit.operandReads };
}

/** The unit's operand registers and counters. */
class MmaUnit {
  steps = 0;
  macs = 0;
  operandReads = 0;
  readonly #shape: MmaShape;
  readonly #a: Float32Array;
  readonly #b: Float32Array;

  constructor(shape: MmaShape) {
    this.#shape = shape;
    this.#a = new Float32Array(shape.m * shape.k);
    this.#b = new Float32Array(shape.k * shape.n);
  }

  /** One step on the blocks that begin at row i, column j and depth p. */
  step(product: Product, i: number, j: number, p: number): void {
    const { m, n, k } = this.#shape;
    for (let row = 0; row < m; row++) this.#read(this.#a, row * k, product.a, (i + row) * product.k + p, k);
    for (let row = 0; row < k; row++) this.#read(this.#b, row * n, product.b, (p + row) * product.n + j, n);
    for (let row = 0; row < m; row++) {
      for (let column = 0; column < n; column++) {
        this.#accumulate(product.c, (i + row) * product.n + j + column, row, column);
      }
    }
    this.steps++;
  }

  #read(register: Float32Array, at: number, source: Float32Array, from: number, count: number): void {
    for (let i = 0; i < count; i++) register[at + i] = source[from + i] as number;
    this.operandReads += count;
  }

  #accumulate(c: Float32Array, at: number, row: number, column: number): void {
    const { n, k } = this.#shape;
    for (let p = 0; p < k; p++) {
      const term = Math.fround((this.#a[row * k + p] as number) * (this.#b[p * n + column] as number));
      c[at] = Math.fround((c[at] as number) + term);
      this.macs++;
    }
  }
}

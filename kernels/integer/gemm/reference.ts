/** The integer product by its definition: what every kernel must give exactly. Sums wrap at 32 bits, as theirs do. */

export interface ReferenceProduct {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** m rows of k bytes, `lda` apart. */
  readonly a: Int8Array | Uint8Array;
  readonly lda?: number;
  /** k rows of n bytes, or n rows of k where `transposed`; `ldb` apart. */
  readonly b: Int8Array;
  readonly ldb?: number;
  readonly transposed?: boolean;
  readonly leftZeroPoint?: number;
  readonly rightZeroPoint?: number;
  readonly bias?: Int32Array | undefined;
}

/** (A - za) (B - zb) + bias, m x n. */
export function referenceProduct(input: ReferenceProduct): Int32Array {
  const { m, n, k, a, b, transposed = false, leftZeroPoint = 0, rightZeroPoint = 0, bias } = input;
  const { lda = k, ldb = transposed ? k : n } = input;
  const c = new Int32Array(m * n);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let sum = bias?.[j] ?? 0;
      for (let p = 0; p < k; p++) {
        const right = b[transposed ? j * ldb + p : p * ldb + j] as number;
        sum += ((a[i * lda + p] as number) - leftZeroPoint) * (right - rightZeroPoint);
      }
      c[i * n + j] = sum;
    }
  return c;
}

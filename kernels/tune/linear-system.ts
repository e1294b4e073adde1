/** Solves small symmetric positive definite systems: all that a ridge regression needs. */

/**
 * x with A x = b by Cholesky's factorisation (Golub & Van Loan, Matrix Computations, 4.2).
 * @throws RangeError where A is not positive definite
 */
export function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const n = right.length;
  const lower = factor(matrix);
  const entry = (i: number, j: number): number => lower[i * n + j] as number;
  const x = [...right];
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) (x[i] as number) -= entry(i, j) * (x[j] as number);
    (x[i] as number) /= entry(i, i);
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let j = i + 1; j < n; j++) (x[i] as number) -= entry(j, i) * (x[j] as number);
    (x[i] as number) /= entry(i, i);
  }
  return x;
}

/** The lower triangle L with L Lᵀ = A, row by row. */
function factor(matrix: readonly (readonly number[])[]): Float64Array {
  const n = matrix.length;
  const lower = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i]?.[j] as number;
      for (let p = 0; p < j; p++) rest -= (lower[i * n + p] as number) * (lower[j * n + p] as number);
      if (i !== j) lower[i * n + j] = rest / (lower[j * n + j] as number);
      else if (rest > 0) lower[i * n + i] = Math.sqrt(rest);
      else throw new RangeError(`a positive definite matrix was expected, found pivot ${rest}`);
    }
  }
  return lower;
}

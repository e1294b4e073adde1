/**
 * The routines of BLAS that kernels are compared with, through the C interface (netlib, cblas.h): row-major, operands
 * as raw addresses. Sizes are 32-bit integers: the builds with 64-bit ones (libopenblas64_) have other names.
 */
import type { ForeignType, Library } from "../../native/foreign.ts";

/** C = alpha A B + beta C for m x k and k x n, row-major; addresses of the first elements, leading dimensions. */
export interface BlasProduct {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly alpha: number;
  readonly a: number;
  readonly lda: number;
  readonly b: number;
  readonly ldb: number;
  readonly beta: number;
  readonly c: number;
  readonly ldc: number;
}

/** y = alpha A x + beta y for m x n, row-major; x and y without gaps. */
export interface BlasMatrixVector {
  readonly m: number;
  readonly n: number;
  readonly alpha: number;
  readonly a: number;
  readonly lda: number;
  readonly x: number;
  readonly beta: number;
  readonly y: number;
}

/** Nothing is checked: an address that is none ends the process. */
export interface Routines {
  sgemm(product: BlasProduct): void;
  dgemm(product: BlasProduct): void;
  sgemv(call: BlasMatrixVector): void;
  /** y = alpha x + y, n elements without gaps. */
  saxpy(n: number, alpha: number, x: number, y: number): void;
  /** The sum of x[i] y[i]. */
  sdot(n: number, x: number, y: number): number;
}

/** CblasRowMajor and CblasNoTrans of cblas.h. */
const rowMajor = 101;
const asItIs = 111;

const i = "int32";
const p = "address";

/** Result and parameters by routine; R stands for the routine's real type. */
const signatures = {
  gemm: ["void", [i, i, i, i, i, i, "R", p, i, p, i, "R", p, i]],
  gemv: ["void", [i, i, i, i, "R", p, i, p, i, "R", p, i]],
  axpy: ["void", [i, "R", p, i, p, i]],
  dot: ["R", [i, p, i, p, i]],
} as const;

/** The routines of a loaded library. @throws Error where it lacks one */
export function bindRoutines(library: Library): Routines {
  const bind = (routine: keyof typeof signatures, real: "float" | "double") => {
    const [result, parameters] = signatures[routine];
    const typed = (type: ForeignType | "R"): ForeignType => (type === "R" ? real : type);
    return library.function(
      `cblas_${real === "float" ? "s" : "d"}${routine}`,
      typed(result),
      parameters.map(typed),
    );
  };
  const gemm = (real: "float" | "double"): ((product: BlasProduct) => void) => {
    const call = bind("gemm", real);
    return ({ m, n, k, alpha, a, lda, b, ldb, beta, c, ldc }) =>
      void call(rowMajor, asItIs, asItIs, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
  };
  const gemv = bind("gemv", "float");
  const axpy = bind("axpy", "float");
  const dot = bind("dot", "float");
  return {
    sgemm: gemm("float"),
    dgemm: gemm("double"),
    sgemv: ({ m, n, alpha, a, lda, x, beta, y }) =>
      void gemv(rowMajor, asItIs, m, n, alpha, a, lda, x, 1, beta, y, 1),
    saxpy: (n, alpha, x, y) => void axpy(n, alpha, x, 1, y, 1),
    sdot: (n, x, y) => Number(dot(n, x, 1, y, 1)),
  };
}

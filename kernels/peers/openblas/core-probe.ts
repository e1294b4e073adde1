/**
 * Main file of a child process: loads OpenBLAS with the core type of OPENBLAS_CORETYPE, says on one line of JSON what it
 * is and, asked to measure, how fast. A child, because a process has one OpenBLAS for good, and because kernels for
 * another processor may end it.
 */
import { addressOf } from "../../native/foreign.ts";
import { PeerUnavailable } from "../unavailable.ts";
import { loadOpenBlas, type OpenBlas } from "./library.ts";

/** m, n, k: a product for the first cache levels, one beyond them, and few rows as in inference. */
const shapes = [
  [192, 192, 192],
  [768, 768, 768],
  [16, 768, 768],
] as const;

/** Long enough for some dozens of calls, short enough for five core types in three turns within some seconds. */
const secondsPerShape = 0.06;
const leastCalls = 3;

/** GFLOP/s of the fastest call: what interrupts a call only makes it slower. */
function rate(blas: OpenBlas, [m, n, k]: (typeof shapes)[number]): number {
  const [a, b, c] = [m * k, k * n, m * n].map((length) => new Float32Array(length).fill(0.5)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const operands = { a: addressOf(a), b: addressOf(b), c: addressOf(c), lda: k, ldb: n, ldc: n };
  const product = { m, n, k, alpha: 1, beta: 0, ...operands };
  let shortest = Number.POSITIVE_INFINITY;
  const begun = performance.now();
  for (let calls = 0; calls < leastCalls || performance.now() - begun < 1000 * secondsPerShape; calls++) {
    const start = performance.now();
    blas.sgemm(product);
    shortest = Math.min(shortest, performance.now() - start);
  }
  // Also keeps the operands alive while addresses of them are in use.
  if (![a, b, c].every((view) => view.every(Number.isFinite))) throw new Error("a product is not finite");
  return (2 * m * n * k) / shortest / 1e6;
}

function report(measure: boolean): object {
  const blas = loadOpenBlas(process.env.OPENBLAS_CORETYPE);
  const { file, config, coreType } = blas;
  if (!measure) return { file, config, coreType };
  const gflops = Object.fromEntries(shapes.map((shape) => [shape.join("x"), rate(blas, shape)]));
  return { file, config, coreType, gflops };
}

try {
  console.log(JSON.stringify(report(process.argv.includes("measure"))));
} catch (error) {
  if (!(error instanceof PeerUnavailable)) throw error;
  const { reason, remedy } = error;
  console.log(JSON.stringify({ reason, remedy }));
}

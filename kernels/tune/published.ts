/** What others published on the same question: shown beside what is measured here, and never judged. */
import type { Published } from "../experiment.ts";

/**
 * AutoKernel's tutorial, step by step. Its baseline is compiled C++ from a plain Halide schedule, and its processor has
 * 256-bit vectors and four threads at work: the last figure is 201 times the first.
 */
export const autoKernelSteps: Published = {
  title: "AutoKernel's tutorial on scheduling GEMM",
  source: "AutoKernel, doc/tutorials, data/03_halide_gemm (github.com/OAID/AutoKernel)",
  conditions: "M = N = K = 640, Intel i9-9900K, 4 threads in the steps from `parallel` on",
  metric: "time",
  rows: [
    { step: "plain loops", value: 240.85e-3 },
    { step: "tile", value: 81.81e-3 },
    { step: "vectors", value: 27.54e-3 },
    { step: "parallel", value: 7.26e-3 },
    { step: "unroll", value: 4.76e-3 },
    { step: "tile within the tile", value: 3.18e-3 },
    { step: "packed operands", value: 1.196e-3 },
  ],
};

/** What others published on the same question: shown beside what is measured here, and never judged. */
import type { Published } from "../experiment.ts";

/**
 * AutoKernel's tutorial, step by step. Its baseline is compiled C++ from a plain Halide schedule, and its processor has
 * 256-bit vectors and four threads at work: the last figure is 201 times the first. OpenBLAS took 1.14 ms there.
 */
export const autoKernelSteps: Published = {
  title: "AutoKernel's tutorial on scheduling GEMM",
  source: "AutoKernel, doc/tutorials/06_GEMM调度策略优化指南.md (github.com/OAID/AutoKernel)",
  conditions: "M = N = K = 640, Intel i9-9900K, 4 threads in the steps from `parallel` on",
  metric: "time",
  rows: [
    { step: "plain loops", value: 240.8523e-3 },
    { step: "tile", value: 81.8148e-3 },
    { step: "vectors", value: 27.5433e-3 },
    { step: "parallel", value: 7.2605e-3 },
    { step: "unroll", value: 4.7617e-3 },
    { step: "tile within the tile", value: 3.1824e-3 },
    { step: "packed operands", value: 1.1957e-3 },
  ],
};

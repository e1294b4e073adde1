/** Winograd's convolution for dense 3x3 kernels of stride 1, with tiles of 2x2 and of 4x4 outputs. */
import type { ConvAlgorithm, Refusal } from "../algorithm.ts";
import type { ConvProblem } from "../problem.ts";
import { transformedAccounting } from "../transformed/accounting.ts";
import { makeTransformed } from "../transformed/convolution.ts";
import {
  type Winograd,
  winograd2,
  winograd4,
  winogradKernel,
  winogradMethod,
} from "../transformed/winograd.ts";

function winograd(id: "winograd-2x2" | "winograd-4x4", matrices: Winograd): ConvAlgorithm {
  const { outputs } = matrices;
  const method = winogradMethod(matrices);
  const side = outputs + winogradKernel - 1;
  return {
    id,
    title: `Winograd F(${outputs}x${outputs}, 3x3)`,
    idea: `${side * side} products for ${outputs * outputs} outputs instead of ${9 * outputs * outputs}, between transforms that add`,
    source: "Lavin & Gray, Fast algorithms for convolutional neural networks, arXiv:1509.09308",
    // What was measured at 64 channels is 1e-6 (2x2) and 1e-5 (4x4); products that are missing err by a share near 1.
    tolerance: outputs === 2 ? 1e-5 : 1e-4,
    refuses,
    accounting: (problem) => transformedAccounting(method, problem),
    fusesEpilogue: () => true,
    addsResidual: () => true,
    rowUnit: () => outputs,
    make: (problem, workshop) => makeTransformed(method, problem, workshop),
  };
}

function refuses({ shape }: ConvProblem): Refusal | null {
  const { kernelHeight, kernelWidth, stride, dilation } = shape;
  if (kernelHeight !== winogradKernel || kernelWidth !== winogradKernel)
    return { expected: "a kernel of 3x3", found: `${kernelHeight}x${kernelWidth}` };
  if (stride.y !== 1 || stride.x !== 1)
    return { expected: "stride 1", found: `strides ${stride.y} and ${stride.x}` };
  if (dilation.y !== 1 || dilation.x !== 1)
    return { expected: "a dense kernel", found: `dilations ${dilation.y} and ${dilation.x}` };
  return null;
}

export const winogradSmall: ConvAlgorithm = winograd("winograd-2x2", winograd2);
export const winogradLarge: ConvAlgorithm = winograd("winograd-4x4", winograd4);

/**
 * Kernels from 3x3 to 15x15 on one image: what unfolding costs grows with the kernel's area, what a Fourier transform costs
 * hardly grows. Where do the two cross, and what does the detour cost in accuracy?
 */
import type { Cell, ExperimentRow, Settings } from "../experiment.ts";
import { fastestTarget, on } from "../targets.ts";
import { layerCell, type NamedShape, squareLayer, unjudgedRounds } from "./layer-cells.ts";

export const unfoldingVariant = "im2col";
/** Beside im2col, the best that multiplies as often as the definition; Winograd's matrices are for 3x3 alone. */
const variants = [unfoldingVariant, "implicit", "fft"];
const smallVariants = [...variants, "winograd-2x2", "winograd-4x4"];

const quickKernels: readonly number[] = [3, 5, 7, 11];
const kernels = [3, 5, 7, 9, 11, 13, 15] as const;

/** 32 channels of 28x28: the unfolded matrix takes 0.9 MB at 3x3 and 22 MB at 15x15, below and above most caches. */
export const kernelLayers: readonly (NamedShape & { readonly kernel: number })[] = kernels.map((kernel) => ({
  ...squareLayer(`kernel-${kernel}`, 32, 28, 32, kernel),
  kernel,
}));

export const largeKernels: ExperimentRow = {
  id: "large-kernels",
  title: { en: "Where Fourier overtakes unfolding", zh: "傅里叶变换何时胜过im2col" },
  question: "From which kernel size on does convolution by FFT beat im2col, and how exact is it?",
  topics: ["conv", "im2col"],
  claims: [],
  charts: [
    {
      kind: "sweep",
      title: "Time by kernel side",
      metric: "time",
      x: { from: "workload", title: "kernel side" },
    },
    {
      ...{ kind: "sweep", title: "Multiplications by kernel side", metric: "macs" },
      x: { from: "workload", title: "kernel side" },
    },
    { kind: "bars", title: "Largest error by method", metric: "max-error" },
  ],
  plan,
};

function plan(settings: Settings): readonly Cell[] {
  const target = fastestTarget(settings);
  if (!target) return [];
  return kernelLayers
    .filter(({ kernel }) => settings.profile !== "quick" || quickKernels.includes(kernel))
    .map((layer) =>
      layerCell(layer, on(target, layer.kernel === 3 ? smallVariants : variants), unjudgedRounds(settings)),
    );
}

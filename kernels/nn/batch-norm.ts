/**
 * Batch normalisation (Ioffe & Szegedy 2015) as PyTorch defines it: in training with the statistics of the batch (biased
 * variance), which move the running ones (unbiased variance); in evaluation with the running ones.
 */
import { ProgramError } from "../codegen/errors.ts";
import type { Memory } from "../codegen/memory.ts";
import {
  checkPlaces,
  checkSizes,
  constants,
  type OperationOptions,
  type Place,
  present,
  type Setting,
  settingOf,
} from "./operation.ts";
import {
  type BackwardParts,
  batchNormBackward,
  batchNormEvaluation,
  batchNormTraining,
  type ForwardParts,
} from "./programs/batch-norm-planes.ts";
import { rowNormBackward, rowNormEvaluation, rowNormTraining } from "./programs/batch-norm-rows.ts";
import { planeSizes } from "./programs/planes.ts";

/** Images of `positions` (height times width) elements a channel; 1 for the output of a linear layer. */
export interface BatchNormShape {
  readonly batch: number;
  readonly channels: number;
  readonly positions: number;
}

export interface BatchNormOptions extends OperationOptions {
  readonly shape: BatchNormShape;
  /** `nchw` is [batch][channels][positions], `nhwc` [batch][positions][channels] (default: nchw). */
  readonly layout?: "nchw" | "nhwc";
  /** Added to the variance (default: 1e-5). */
  readonly epsilon?: number;
  /** Share of the batch in the new running statistics (default: 0.1). */
  readonly momentum?: number;
}

/** Operands by byte address; everything but x and y has one element a channel. */
export interface BatchNormForward {
  /** Whether the statistics are those of this batch. */
  readonly training: boolean;
  readonly x: number;
  readonly weight?: number | undefined;
  readonly bias?: number | undefined;
  /** Changed in training; needed in evaluation. Both or none. */
  readonly runningMean?: number | undefined;
  readonly runningVariance?: number | undefined;
  /** May be x itself, where no gradient is wanted. */
  readonly y: number;
  /** The statistics that were used, for the backward pass: mean and 1 / standard deviation. */
  readonly mean: number;
  readonly inverse: number;
}

/** Only the gradients whose addresses are given are computed; they are overwritten. gradX may be gradY itself. */
export interface BatchNormBackward {
  /** As in the forward pass. */
  readonly training: boolean;
  readonly x: number;
  readonly weight?: number | undefined;
  readonly gradY: number;
  readonly mean: number;
  readonly inverse: number;
  readonly gradX?: number | undefined;
  readonly gradWeight?: number | undefined;
  readonly gradBias?: number | undefined;
}

export interface BatchNorm {
  /** @throws ProgramError in training with one element a channel, which has no variance */
  forward(args: BatchNormForward): void;
  backward(args: BatchNormBackward): void;
}

/** A batch normalisation for one shape. @throws ProgramError for sizes and addresses that do not fit */
export function createBatchNorm(options: BatchNormOptions): BatchNorm {
  const { shape, layout = "nchw", epsilon = 1e-5, momentum = 0.1, memory } = options;
  const { batch, channels, positions } = shape;
  checkSizes("batch norm", { batch });
  checkSizes("batch norm", { channels, positions }, 1);
  checkSizes("batch norm", { batch, channels, positions });
  const setting = settingOf(options);
  const byRows = layout === "nhwc" || positions === 1;
  const sizes = byRows ? [batch * positions, channels] : planeSizes(batch, channels, positions);
  const programs = byRows ? rowPrograms : planePrograms;
  // Programs over rows take room for partial sums, those over planes what has no place in their registers.
  const partials = byRows ? [memory.allocate(setting.element, 2 * channels).address] : [];
  const trainingSettings = byRows
    ? [epsilon, momentum, ...partials]
    : [doubles(memory, [epsilon, momentum]), constants(setting, 1)];
  const scratch = [0, 1].map(() => memory.allocate(setting.element, channels).address);
  return {
    forward(args) {
      checkForward(setting, shape, args);
      const { x, y, mean, inverse, weight, bias, runningMean, runningVariance } = args;
      const parts = {
        weight: weight !== undefined,
        bias: bias !== undefined,
        running: runningMean !== undefined,
      };
      const affine = present(weight, bias);
      const running = present(runningMean, runningVariance);
      if (args.training) {
        const kernel = setting.kernel(programs.training(parts));
        kernel(...sizes, ...trainingSettings, x, y, mean, inverse, ...affine, ...running);
      } else {
        const kernel = setting.kernel(programs.evaluation(parts));
        kernel(...sizes, epsilon, x, y, mean, inverse, ...running, ...affine);
      }
    },
    backward(args) {
      checkBackward(setting, shape, args);
      const { training, x, weight, gradY, mean, inverse, gradX, gradWeight, gradBias } = args;
      const sums = training || gradWeight !== undefined || gradBias !== undefined;
      const parts = { training, weight: weight !== undefined, sums, gradX: gradX !== undefined };
      const results = sums ? [gradWeight ?? scratch[0], gradBias ?? scratch[1]] : [];
      const kernel = setting.kernel(programs.backward(parts));
      kernel(...sizes, ...partials, x, gradY, mean, inverse, ...present(weight, ...results, gradX));
    },
  };
}

interface Programs {
  readonly training: (parts: ForwardParts) => ReturnType<typeof batchNormTraining>;
  readonly evaluation: (parts: ForwardParts) => ReturnType<typeof batchNormTraining>;
  readonly backward: (parts: BackwardParts) => ReturnType<typeof batchNormTraining>;
}

const planePrograms: Programs = {
  training: batchNormTraining,
  evaluation: batchNormEvaluation,
  backward: batchNormBackward,
};
const rowPrograms: Programs = {
  training: rowNormTraining,
  evaluation: rowNormEvaluation,
  backward: rowNormBackward,
};

/** Numbers that a program reads from memory: their address. */
function doubles(memory: Memory, values: readonly number[]): number {
  const { view, address } = memory.allocate("f64", values.length);
  view.set(values);
  return address;
}

function checkForward(setting: Setting, shape: BatchNormShape, args: BatchNormForward): void {
  const { batch, channels, positions } = shape;
  const { training, x, y, weight, bias, runningMean, runningVariance, mean, inverse } = args;
  const length = batch * channels * positions;
  const perChannel = { weight, bias, runningMean, runningVariance, mean, inverse };
  checkPlaces("batch norm forward", setting, {
    x: [x, length],
    y: [y, length],
    ...each(perChannel, channels),
  });
  if (training && batch * positions < 2)
    refuse(
      "at least two elements a channel in training",
      String(batch * positions),
      "Normalise a larger batch, or evaluate.",
    );
  const found = present(runningMean, runningVariance).length;
  if (found === 1 || (found === 0 && !training))
    refuse(
      "running mean and running variance",
      found === 1 ? "one of them" : "neither",
      "Give both; in training, both or none.",
    );
}

function checkBackward(setting: Setting, shape: BatchNormShape, args: BatchNormBackward): void {
  const { batch, channels, positions } = shape;
  const { x, gradY, gradX, weight, mean, inverse, gradWeight, gradBias } = args;
  const length = batch * channels * positions;
  checkPlaces("batch norm backward", setting, {
    ...each({ x, gradY, gradX }, length),
    ...each({ weight, mean, inverse, gradWeight, gradBias }, channels),
  });
}

function each(
  addresses: Readonly<Record<string, number | undefined>>,
  length: number,
): Record<string, Place> {
  return Object.fromEntries(
    Object.entries(addresses).map(([name, address]) => [name, [address, length] as const]),
  );
}

function refuse(expected: string, found: string, remedy: string): never {
  throw new ProgramError("batch norm", { expected, found, remedy });
}

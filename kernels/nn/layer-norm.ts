/**
 * Layer normalisation (Ba, Kiros & Hinton 2016) over the last side, as PyTorch defines it: biased variance, epsilon
 * inside the root. The statistics of the rows are results of the forward pass that the backward pass takes.
 */
import {
  checkPlaces,
  checkSizes,
  constants,
  type OperationOptions,
  type Place,
  present,
  settingOf,
} from "./operation.ts";
import {
  layerNormForward,
  layerNormInputGradient,
  layerNormParameterGradients,
} from "./programs/layer-norm.ts";

export interface LayerNormShape {
  /** Everything before the normalised sides. */
  readonly rows: number;
  /** Elements of the normalised sides. */
  readonly columns: number;
}

export interface LayerNormOptions extends OperationOptions {
  readonly shape: LayerNormShape;
  /** Added to the variance (default: 1e-5). */
  readonly epsilon?: number;
}

/** Operands by byte address; `mean` and `inverse` (1 / standard deviation) take one element a row. */
export interface LayerNormForward {
  readonly x: number;
  readonly weight?: number | undefined;
  readonly bias?: number | undefined;
  /** May be x itself, where no gradient is wanted. */
  readonly y: number;
  readonly mean: number;
  readonly inverse: number;
}

/** Only the gradients whose addresses are given are computed; they are overwritten. gradX may be gradY itself. */
export interface LayerNormBackward {
  readonly x: number;
  readonly weight?: number | undefined;
  readonly gradY: number;
  readonly mean: number;
  readonly inverse: number;
  readonly gradX?: number | undefined;
  readonly gradWeight?: number | undefined;
  readonly gradBias?: number | undefined;
}

export interface LayerNorm {
  forward(args: LayerNormForward): void;
  backward(args: LayerNormBackward): void;
}

/** A layer normalisation for one shape. @throws ProgramError for sizes and addresses that do not fit */
export function createLayerNorm(options: LayerNormOptions): LayerNorm {
  const { shape, epsilon = 1e-5, memory } = options;
  const { rows, columns } = shape;
  checkSizes("layer norm", { rows });
  checkSizes("layer norm", { columns }, 1);
  checkSizes("layer norm", { rows, columns });
  const setting = settingOf(options);
  const ones = constants(setting, 1);
  const scratch = memory.allocate(setting.element, columns).address;
  const partials = memory.allocate(setting.element, 2 * columns).address;
  const check = (where: string, places: Record<string, Place>): void =>
    checkPlaces(`layer norm ${where}`, setting, places);
  return {
    forward({ x, weight, bias, y, mean, inverse }) {
      check("forward", { x: [x, rows * columns], y: [y, rows * columns] });
      check("forward", { weight: [weight, columns], bias: [bias, columns] });
      check("forward", { mean: [mean, rows], inverse: [inverse, rows] });
      const affine = { weight: weight !== undefined, bias: bias !== undefined };
      const addresses = [ones, x, y, mean, inverse, ...present(weight, bias)];
      setting.kernel(layerNormForward(affine))(rows, columns, epsilon, ...addresses);
    },
    backward({ x, weight, gradY, mean, inverse, gradX, gradWeight, gradBias }) {
      check("backward", {
        x: [x, rows * columns],
        gradY: [gradY, rows * columns],
        gradX: [gradX, rows * columns],
      });
      check("backward", {
        weight: [weight, columns],
        gradWeight: [gradWeight, columns],
        gradBias: [gradBias, columns],
      });
      check("backward", { mean: [mean, rows], inverse: [inverse, rows] });
      const given = [x, gradY, mean, inverse];
      // The parameters first: gradX may overwrite gradY.
      if (gradWeight !== undefined || gradBias !== undefined)
        setting.kernel(layerNormParameterGradients)(
          ...[rows, columns, ...given, partials],
          ...[gradWeight ?? scratch, gradBias ?? scratch],
        );
      if (gradX !== undefined)
        setting.kernel(layerNormInputGradient({ weight: weight !== undefined }))(
          ...[rows, columns, ...given, gradX],
          ...present(weight),
        );
    },
  };
}

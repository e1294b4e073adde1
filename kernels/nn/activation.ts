/**
 * Activation functions, element by element: ReLU and its like, GELU (Hendrycks & Gimpel 2016) by erf and by tanh, and
 * what else the table of programs/activations.ts has.
 */
import { ProgramError } from "../codegen/errors.ts";
import { checkPlaces, checkSizes, type OperationOptions, settingOf } from "./operation.ts";
import {
  type ActivationName,
  activationGradient,
  activationProgram,
  activations,
} from "./programs/activations.ts";

export type { ActivationName } from "./programs/activations.ts";

export interface ActivationOptions extends OperationOptions {
  readonly activation: ActivationName;
  /** Elements of the tensor. */
  readonly length: number;
}

export interface Activation {
  /** y may be x itself. */
  forward(args: { readonly x: number; readonly y: number }): void;
  /**
   * The gradient by x, overwritten; gradX may be gradY itself. Of `relu` and `relu6` x may be their result, since that
   * has the same slope.
   */
  backward(args: { readonly x: number; readonly gradY: number; readonly gradX: number }): void;
}

/** The names of all activations. */
export const activationNames = Object.keys(activations) as readonly ActivationName[];

/** An activation for tensors of one length. @throws ProgramError for an unknown name, a length or address that does not fit */
export function createActivation(options: ActivationOptions): Activation {
  const { activation, length } = options;
  if (!Object.hasOwn(activations, activation))
    throw new ProgramError("activation", {
      expected: `one of ${activationNames.join(", ")}`,
      found: `"${activation}"`,
      remedy: "Choose a row of the table of activations.",
    });
  checkSizes("activation", { length });
  const setting = settingOf(options);
  return {
    forward({ x, y }) {
      checkPlaces(`${activation} forward`, setting, { x: [x, length], y: [y, length] });
      setting.kernel(activationProgram(activation))(length, x, y);
    },
    backward({ x, gradY, gradX }) {
      const places = { x: [x, length], gradY: [gradY, length], gradX: [gradX, length] } as const;
      checkPlaces(`${activation} backward`, setting, places);
      setting.kernel(activationGradient(activation))(length, x, gradY, gradX);
    },
  };
}

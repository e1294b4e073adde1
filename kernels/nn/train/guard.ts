/** Stops a training whose numbers are lost, and says where they were lost first. */
import type { Layer } from "../layers/layer.ts";
import type { Engine } from "../tensor/engine.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** A training that went wrong: where, and what the number was. */
export class TrainingError extends Error {
  readonly step: number;
  readonly seed: number | undefined;
  /** The first layer whose result, gradient or parameter is not finite, where there is one. */
  readonly layer: string | undefined;

  constructor(step: number, seed: number | undefined, what: string, layer?: string) {
    const where = seed === undefined ? `step ${step}` : `step ${step}, seed ${seed}`;
    super(`${where}: ${what}; lower the rate, or clip gradients`);
    this.name = "TrainingError";
    this.step = step;
    this.seed = seed;
    this.layer = layer;
  }
}

/** A loss this many times the first one, and above it in any case, has exploded: no training comes back from there. */
export const mostGrowth = 1e6;

/** Whether a loss is lost: no finite number, or far above the first. */
export const isLost = (loss: number, first: number): boolean =>
  !Number.isFinite(loss) || loss > mostGrowth * Math.max(1, Math.abs(first));

/** What is wrong, and the layer where it begins. */
export interface Finding {
  readonly what: string;
  readonly layer: string;
}

/**
 * Where a loss was lost: the first parameter that is not finite (the step before left it so), or the first layer whose
 * result is not, found by passing the batch once more.
 */
export function findLoss(engine: Engine, network: Layer, inputs: () => Tensor): Finding | undefined {
  const parameter = Object.keys(network.parameters).find((name) => !allFinite(network.parameters[name]));
  if (parameter) return { what: `parameter ${parameter} is not finite`, layer: layerOf(parameter) };
  let found: string | undefined;
  engine.untracked(() =>
    engine.scope(() =>
      network.forward(inputs(), {
        training: true,
        watch(name, y) {
          if (found === undefined && !allFinite(y)) found = name;
        },
      }),
    ),
  );
  return found === undefined
    ? undefined
    : { what: `the result of layer ${found} is not finite`, layer: found };
}

/** Biases and the like are looked at each step; where a gradient is lost, they lose theirs with the weights. */
const fewElements = 4096;

/** The gradient that was lost first, which is that of the last layer, as gradients come from the end. */
export function findGradient({ parameters }: Layer): Finding | undefined {
  const name = Object.keys(parameters).findLast((each) => {
    const gradient = parameters[each]?.gradient;
    return gradient && gradient.size <= fewElements && !allFinite(gradient);
  });
  return name === undefined
    ? undefined
    : { what: `the gradient of ${name} is not finite`, layer: layerOf(name) };
}

const layerOf = (parameter: string): string => parameter.slice(0, Math.max(0, parameter.lastIndexOf(".")));

function allFinite(tensor: Tensor | undefined): boolean {
  return tensor?.values.every(Number.isFinite) ?? true;
}

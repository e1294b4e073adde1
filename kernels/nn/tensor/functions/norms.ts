/** Batch and layer normalisation as differentiable functions of tensors; what they compute is in ../../*-norm.ts. */
import { createBatchNorm } from "../../batch-norm.ts";
import { createLayerNorm } from "../../layer-norm.ts";
import { factoryOptions } from "../factory-options.ts";
import { record } from "../record.ts";
import { shapeText, sizeOf } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import { engineOf } from "./elementwise.ts";

/** What the normalised numbers are multiplied by, and what is added; each may be left out. */
export interface Affine {
  readonly weight?: Tensor | undefined;
  readonly bias?: Tensor | undefined;
}

export interface LayerNormOptions extends Affine {
  /** Added to the variance (default: 1e-5). */
  readonly epsilon?: number;
}

/**
 * Every row of the last dimension with mean 0 and variance 1 (Ba, Kiros & Hinton 2016): [..., columns] to the same shape.
 * Weight and bias have one element a column.
 * @throws RangeError where they have not
 */
export function layerNorm(x: Tensor, options: LayerNormOptions = {}): Tensor {
  const { weight, bias, epsilon = 1e-5 } = options;
  const columns = x.shape.at(-1);
  if (!columns) throw new RangeError(`expected rows of at least one element; found ${shapeText(x.shape)}`);
  const { engine, parameters } = operandsOf(x, options, columns, "column");
  const rows = x.size / columns;
  const norm = engine.operation(`layer norm ${rows}x${columns} ${epsilon}`, () =>
    createLayerNorm({ ...factoryOptions(engine), shape: { rows, columns }, epsilon }),
  );
  const made = engine.tensor(x.shape);
  const [mean, inverse] = [engine.tensor([rows]), engine.tensor([rows])];
  const statistics = { mean: mean.address, inverse: inverse.address };
  const affine = { weight: weight?.address, bias: bias?.address };
  norm.forward({ x: x.address, y: made.address, ...affine, ...statistics });
  return record(made, [x, ...parameters], ({ address: gradY }) => {
    const wanted = gradientsFor(x, options);
    norm.backward({ x: x.address, weight: weight?.address, gradY, ...statistics, ...wanted.addresses });
    return wanted.tensors;
  });
}

/** Statistics over all batches so far, which evaluation uses: one element a channel. */
export interface RunningStatistics {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

export interface BatchNormOptions extends Affine {
  /** Whether the statistics are those of this batch; they move the running ones, in place. */
  readonly training: boolean;
  /** Needed outside of training. */
  readonly running?: RunningStatistics | undefined;
  /** Added to the variance (default: 1e-5). */
  readonly epsilon?: number;
  /** Share of the batch in the new running statistics (default: 0.1). */
  readonly momentum?: number;
}

/**
 * Every channel with mean 0 and variance 1 (Ioffe & Szegedy 2015): [batch, channels, ...] to the same shape. Weight, bias
 * and running statistics have one element a channel. Moving the running statistics is not recorded.
 * @throws RangeError where they have not; ProgramError where a channel has one element in training
 */
export function batchNorm(x: Tensor, options: BatchNormOptions): Tensor {
  const { weight, bias, running, training, epsilon = 1e-5, momentum = 0.1 } = options;
  const [batch, channels, ...sides] = x.shape;
  if (batch === undefined || channels === undefined)
    throw new RangeError(`expected [batch, channels, ...]; found ${shapeText(x.shape)}`);
  const { engine, parameters } = operandsOf(x, options, channels, "channel");
  for (const each of running ? [running.mean, running.variance] : []) checkLength(each, channels, "channel");
  const shape = { batch, channels, positions: sizeOf(sides) };
  const norm = engine.operation(`batch norm ${Object.values(shape)} ${epsilon} ${momentum}`, () =>
    createBatchNorm({ ...factoryOptions(engine), shape, epsilon, momentum }),
  );
  const made = engine.tensor(x.shape);
  const [mean, inverse] = [engine.tensor([channels]), engine.tensor([channels])];
  const statistics = { training, mean: mean.address, inverse: inverse.address };
  norm.forward({
    ...{ x: x.address, y: made.address, weight: weight?.address, bias: bias?.address, ...statistics },
    ...(running && { runningMean: running.mean.address, runningVariance: running.variance.address }),
  });
  return record(made, [x, ...parameters], ({ address: gradY }) => {
    const wanted = gradientsFor(x, options);
    norm.backward({ x: x.address, weight: weight?.address, gradY, ...statistics, ...wanted.addresses });
    return wanted.tensors;
  });
}

function operandsOf(x: Tensor, { weight, bias }: Affine, length: number, what: string) {
  const parameters = [weight, bias].filter((each) => each !== undefined);
  for (const each of parameters) checkLength(each, length, what);
  return { engine: engineOf([x, ...parameters]), parameters };
}

function checkLength({ shape, size }: Tensor, length: number, what: string): void {
  if (size !== length)
    throw new RangeError(`expected ${length} elements, one a ${what}; found ${shapeText(shape)}`);
}

/** Room for the gradients that are wanted, and where it lies; in the order of the recorded operands. */
function gradientsFor(x: Tensor, { weight, bias }: Affine) {
  const room = (each: Tensor | undefined): Tensor | undefined =>
    each?.wantsGradient ? each.engine.tensor(each.shape) : undefined;
  const [toX, toWeight, toBias] = [room(x), room(weight), room(bias)];
  return {
    addresses: { gradX: toX?.address, gradWeight: toWeight?.address, gradBias: toBias?.address },
    tensors: [toX, ...(weight ? [toWeight] : []), ...(bias ? [toBias] : [])],
  };
}

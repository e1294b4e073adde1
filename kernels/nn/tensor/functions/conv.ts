/** Two-dimensional convolution, with the gradients of image, filters and bias. */
import { createConvolutionBackward } from "../../../conv/backward.ts";
import { trainingAlgorithm } from "../../../conv/backward-shortcuts.ts";
import { createConvolution, problemOf } from "../../../conv/convolution.ts";
import { type ConvShape, convFlops, convShape, outputHeight, outputWidth } from "../../../conv/shape.ts";
import type { Engine } from "../engine.ts";
import { factoryOptions } from "../factory-options.ts";
import { parallelBackward, takesThreads } from "../parallel-conv.ts";
import { record } from "../record.ts";
import { shapeText } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import { engineOf } from "./elementwise.ts";

export interface ConvOptions {
  /** One number for both sides, or each alone (defaults: stride 1, padding 0, dilation 1). */
  readonly stride?: number | { readonly y: number; readonly x: number };
  readonly padding?: number | ConvShape["padding"];
  readonly dilation?: number | { readonly y: number; readonly x: number };
  readonly groups?: number;
}

/**
 * Images [batch, channels, height, width] with filters [filters, channels / groups, height, width] and, where given, a
 * bias [filters]: [batch, filters, rows, columns].
 * @throws RangeError or ProgramError for shapes that do not fit
 */
export function conv2d(x: Tensor, weights: Tensor, bias?: Tensor, options: ConvOptions = {}): Tensor {
  const { engine, batch, shape } = layerOf(x, weights, bias, options);
  const made = engine.tensor([batch, shape.filters, outputHeight(shape), outputWidth(shape)]);
  const forward = forwardOf(engine, shape, batch, bias !== undefined);
  const name = `convolution ${shapeText(x.shape)} to ${shapeText(made.shape)}`;
  const flops = batch * convFlops(shape);
  engine.timed(name, flops, () => {
    // Weights change between two steps without moving.
    forward.prepare(weights.address);
    forward.run({ input: x.address, output: made.address, ...(bias && { bias: bias.address }) });
  });
  return record(made, bias ? [x, weights, bias] : [x, weights], (gradient) => {
    const backward = backwardOf(engine, shape, batch);
    const outputGradient = gradient.address;
    const [dx, dw, db] = [x, weights, bias].map((each) =>
      each?.wantsGradient ? engine.tensor(each.shape) : undefined,
    );
    if (dx)
      engine.timed(`${name}, input gradient`, flops, () =>
        backward.inputGradient({ outputGradient, weights: weights.address, inputGradient: dx.address }),
      );
    if (dw)
      engine.timed(`${name}, weight gradient`, flops, () =>
        backward.weightGradient({ input: x.address, outputGradient, weightGradient: dw.address }),
      );
    if (db) backward.biasGradient({ outputGradient, biasGradient: db.address });
    return bias ? [dx, dw, db] : [dx, dw];
  });
}

function layerOf(x: Tensor, weights: Tensor, bias: Tensor | undefined, options: ConvOptions) {
  const engine = engineOf(bias ? [x, weights, bias] : [x, weights]);
  const { groups = 1 } = options;
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  const [filters, depth, kernelHeight, kernelWidth] = weights.shape as [number, number, number, number];
  if (x.shape.length !== 4 || weights.shape.length !== 4 || depth * groups !== channels)
    throw new RangeError(
      `expected images [batch, channels, height, width] and filters of channels / ${groups}; ` +
        `found ${shapeText(x.shape)} and ${shapeText(weights.shape)}`,
    );
  if (bias && bias.size !== filters)
    throw new RangeError(`expected a bias of ${filters} filters; found ${shapeText(bias.shape)}`);
  const shape = convShape({
    ...options,
    channels,
    height,
    width,
    filters,
    kernelHeight,
    kernelWidth,
    groups,
  });
  return { engine, batch, shape };
}

/** The generated convolution of a shape, made once. */
export function forwardOf(engine: Engine, shape: ConvShape, batch: number, bias: boolean) {
  const { target, element, arithmetic, memory } = engine;
  return engine.operation(`conv ${batch} ${bias} ${JSON.stringify(shape)}`, () => {
    const options = { layout: "nchw", shape, batch, target, element, arithmetic } as const;
    const algorithm = trainingAlgorithm(problemOf(options));
    const threads = takesThreads(engine, batch) ? engine.threads : 1;
    return createConvolution({ ...options, algorithm, memory, threads, epilogue: { bias } });
  });
}

/** Its gradients, made once. They are sums over the batch, whose order depends on the target but in WebAssembly. */
export function backwardOf(engine: Engine, shape: ConvShape, batch: number) {
  return engine.operation(`conv backward ${batch} ${JSON.stringify(shape)}`, () => {
    const options = { layout: "nchw", shape, batch, ...factoryOptions(engine) } as const;
    if (!takesThreads(engine, batch)) return createConvolutionBackward(options);
    const { memory: _, ...rest } = options;
    return parallelBackward(engine, shape, rest);
  });
}

/**
 * A layer: parameters by name and a function of tensors. Networks are layers of layers, so what counts parameters, saves
 * them or trains them knows no other kind.
 */
import type { Engine } from "../tensor/engine.ts";
import type { Shape } from "../tensor/shapes.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Where layers are made: parameters on an engine, their first values from one stream. */
export interface Nursery {
  readonly engine: Engine;
  /** Uniform in [0, 1); drawn from in the order in which layers are made. */
  readonly random: () => number;
}

/** How a pass is meant: dropout and batch statistics differ. */
export interface Pass {
  readonly training: boolean;
  /** Shown the result of every inner layer as it comes, by the layer's name. */
  readonly watch?: ((name: string, y: Tensor) => void) | undefined;
}

/** Shown every inner layer with what it takes and costs. */
export type CostWatch = (name: string, layer: Layer, cost: Cost) => void;

export interface Layer {
  /** What it is, for people (default: a function). */
  readonly kind?: string;
  /** By name; those of an inner layer are named `layer.name`, as in torch. */
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** What is stored with the parameters but not trained: running statistics. */
  readonly statistics?: Readonly<Record<string, Tensor>>;
  /** From [batch, …] to [batch, …]. */
  forward(x: Tensor, pass: Pass): Tensor;
  /** What comes out for one example, and the floating-point operations behind it, two a multiply-add. */
  cost(input: Shape, watch?: CostWatch): Cost;
}

export interface Cost {
  readonly output: Shape;
  readonly flops: number;
}

/** All numbers that training changes. */
export const parameterCount = ({ parameters }: Layer): number =>
  Object.values(parameters).reduce((sum, { size }) => sum + size, 0);

/** Layers by their names, as parts of another one. */
export type Inner = Readonly<Record<string, Layer>>;

export interface CompositeOptions<I extends Inner> {
  readonly kind: string;
  readonly inner: I;
  /** What is computed, with `run` for the inner layers. */
  forward(x: Tensor, run: (name: keyof I & string, x: Tensor) => Tensor): Tensor;
  /** What comes out, and the operations beside those of the inner layers, which `run` counts. */
  cost(input: Shape, run: (name: keyof I & string, input: Shape) => Shape): Cost;
}

/** A layer of layers: has their parameters and statistics, and shows what goes through them. */
export function composite<I extends Inner>({ kind, inner, forward, cost }: CompositeOptions<I>): Layer {
  return {
    kind,
    parameters: named(inner, ({ parameters }) => parameters),
    statistics: named(inner, ({ statistics = {} }) => statistics),
    forward: (x, pass) => forward(x, (name, input) => through(inner[name] as Layer, name, input, pass)),
    cost(input, watch) {
      let total = 0;
      const own = cost(input, (name, taken) => {
        const layer = inner[name] as Layer;
        const { output, flops } = layer.cost(taken, within(name, watch));
        watch?.(name, layer, { output, flops });
        total += flops;
        return output;
      });
      return { output: own.output, flops: total + own.flops };
    },
  };
}

/** Passes a tensor through an inner layer, and shows what came out. */
export function through(
  layer: { forward(x: Tensor, pass: Pass): Tensor },
  name: string,
  x: Tensor,
  pass: Pass,
): Tensor {
  const { watch } = pass;
  if (!watch) return layer.forward(x, pass);
  const y = layer.forward(x, { ...pass, watch: (inner, result) => watch(`${name}.${inner}`, result) });
  watch(name, y);
  return y;
}

const within = (name: string, watch: CostWatch | undefined): CostWatch | undefined =>
  watch && ((inner, layer, cost) => watch(`${name}.${inner}`, layer, cost));

/** The tensors of inner layers, by the layer's name and their own. */
export function named(
  inner: Inner,
  tensorsOf: (layer: Layer) => Readonly<Record<string, Tensor>>,
): Readonly<Record<string, Tensor>> {
  return Object.fromEntries(
    Object.entries(inner).flatMap(([name, layer]) =>
      Object.entries(tensorsOf(layer)).map(([own, tensor]) => [`${name}.${own}`, tensor]),
    ),
  );
}

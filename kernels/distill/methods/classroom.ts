/**
 * What a method trains in: the examples, the teachers, networks that begin alike for all methods of a seed, and one way to
 * train that keeps learning curves. A method decides what is trained on what; nothing else differs between two methods.
 */
import { type Layer, named, type Pass } from "../../nn/layers/layer.ts";
import { adam } from "../../nn/optimisers/adam.ts";
import { cosine } from "../../nn/optimisers/schedules.ts";
import type { Engine } from "../../nn/tensor/engine.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import type { Batch, Examples } from "../../nn/train/examples.ts";
import { errorOf, train } from "../../nn/train/train.ts";
import { type NetworkSpec, networkOf, type TappedNetwork, type Trace } from "./network.ts";
import { lossOf, type Teacher, tapOf } from "./teacher.ts";

/** By metric, one value an epoch; where epochs are many and short, one every few of them. */
export type Curves = Readonly<Record<string, readonly number[]>>;

export interface Lesson<Name extends string = string> {
  /** What is trained together; the first one is followed by the curves. */
  readonly networks: Readonly<Record<Name, TappedNetwork>>;
  /** Further parts that are trained along: regressors of features. */
  readonly parts?: Readonly<Record<string, Layer>>;
  /** Default: all that are shown. */
  readonly examples?: Examples;
  /** Default: as many as the study has. */
  readonly epochs?: number;
  /** Which order of the examples; equal names give equal batches (default: the student's). */
  readonly order?: string;
  /** Examples of a step (default: the study's). */
  readonly batch?: number;
  loss(traces: Readonly<Record<Name, Trace>>, batch: Batch, step: number): Tensor;
  /** Before each epoch, from 0: to renew what is learnt from. */
  beforeEpoch?(epoch: number): void;
}

export interface Classroom {
  readonly engine: Engine;
  readonly seed: number;
  readonly shown: Examples;
  readonly held: Examples;
  readonly epochs: number;
  /** Steps of an epoch on all that is shown. */
  readonly steps: number;
  readonly student: NetworkSpec;
  /** Other networks of the study by name: an assistant, the teacher's kind. */
  readonly others: Readonly<Record<string, NetworkSpec>>;
  /** The teachers that the method asked for, trained before. */
  readonly teachers: readonly Teacher[];
  /** A stream of numbers in [0, 1) of the study, the seed and this label. */
  random(label: string): () => number;
  /** A new network; equal labels begin with equal weights (default: the student that all methods begin with). */
  network(spec?: NetworkSpec, label?: string): TappedNetwork;
  fit<Name extends string>(lesson: Lesson<Name>): Promise<Curves>;
  /** What a network says of every example, shown and held. */
  answers(network: TappedNetwork): Pick<Teacher, "shown" | "held">;
  /** What `make` made when a method of this seed first asked for it: networks that several methods build on. */
  once<T>(label: string, make: () => Promise<T>): Promise<T>;
}

export interface ClassroomOptions
  extends Pick<
    Classroom,
    "engine" | "seed" | "shown" | "held" | "epochs" | "student" | "others" | "teachers"
  > {
  /** Examples of a step. */
  readonly batch: number;
  /** Adam's first rate; falls to 0 along a cosine, so that the last epochs change little. */
  readonly rate: number;
  random(label: string): () => number;
  /** What methods of this seed share. */
  readonly shared: Map<string, unknown>;
  /** Whenever the curves have a further value, with the errors on held examples so far. */
  onEpoch?(epoch: number, errors: readonly number[]): void;
}

export function classroomOf(options: ClassroomOptions): Classroom {
  const { engine, seed, shown, held, shared } = options;
  const random = (label: string): (() => number) => options.random(`${label} of seed ${seed}`);
  return {
    ...options,
    random,
    steps: Math.ceil(shown.labels.length / options.batch),
    network: (spec = options.student, label = "student") =>
      networkOf({ engine, random: random(`start of ${label}`) }, spec, shown.shape, shown.classes),
    fit: (lesson) => learn(options, lesson, random(`order ${lesson.order ?? "student"}`)),
    answers: (network) => ({ shown: tapOf(engine, network, shown), held: tapOf(engine, network, held) }),
    async once<T>(label: string, make: () => Promise<T>) {
      const known = shared.get(label) as T | undefined;
      const made = known ?? (await make());
      shared.set(label, made);
      return made;
    },
  };
}

/** Points of a curve; beyond, more would be evaluated than trained. */
const mostPoints = 60;

async function learn<Name extends string>(
  { engine, shown, held, rate, onEpoch, ...options }: ClassroomOptions,
  lesson: Lesson<Name>,
  random: () => number,
): Promise<Curves> {
  const { networks, parts = {}, examples = shown, epochs = options.epochs, batch = options.batch } = lesson;
  const taught = Object.entries<TappedNetwork>(networks);
  const followed = taught[0]?.[1] as TappedNetwork;
  let traces: Record<string, Trace> = {};
  const together: Layer = {
    parameters: named({ ...networks, ...parts }, ({ parameters }) => parameters),
    forward(x, pass) {
      traces = Object.fromEntries(
        taught.map(([name, network]) => [name, network.trace(x, seenFrom(name, pass))]),
      );
      return (Object.values(traces)[0] as Trace).logits;
    },
    cost: (input) => followed.cost(input),
  };
  const curves = {
    "test-error": [] as number[],
    "test-loss": [] as number[],
    "training-loss": [] as number[],
  };
  const every = Math.ceil(epochs / mostPoints);
  const steps = epochs * Math.ceil(examples.labels.length / batch);
  let step = 0;
  lesson.beforeEpoch?.(0);
  await train({
    ...{ engine, network: together, examples, epochs, batch, random, schedule: cosine(steps) },
    optimiser: adam(Object.values(together.parameters), { rate }),
    loss: (_, rows) => lesson.loss(traces as Record<Name, Trace>, rows, step++),
    onEpoch(epoch, loss) {
      if (epoch + 1 < epochs) lesson.beforeEpoch?.(epoch + 1);
      if ((epoch + 1) % every !== 0 && epoch + 1 < epochs) return;
      const answers = tapOf(engine, followed, held);
      curves["training-loss"].push(loss);
      curves["test-error"].push(errorOf(answers, held));
      curves["test-loss"].push(lossOf(answers, held));
      onEpoch?.(epoch, curves["test-error"]);
    },
  });
  return curves;
}

/** A pass through one of several networks: whoever watches sees the layers under the network's name. */
const seenFrom = (name: string, { watch, ...pass }: Pass): Pass => ({
  ...pass,
  ...(watch && { watch: (inner, y) => watch(`${name}.${inner}`, y) }),
});

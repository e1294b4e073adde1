/** Procedure of `softened-gradients`: gradients of the studies' own loss by the logits, taken in float64. */
import { normalStream } from "../../data/portable-math.ts";
import type { Bench, Cell, Procedure } from "../../experiment.ts";
import { backward } from "../../nn/tensor/backward.ts";
import { Engine } from "../../nn/tensor/engine.ts";
import { crossEntropy } from "../../nn/tensor/functions/softmax.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { softTerm } from "../losses/soft-targets.ts";
import type { NetworkSpec } from "../methods/network.ts";
import { trainedAnswers } from "./answers.ts";
import { studyExamples } from "./examples.ts";
import {
  anyMeanVariant,
  type BalanceWorkload,
  balanceWorkloads,
  bareSpread,
  bareVariant,
  gradientSizes,
  leastSoft,
  matchingTemperatures,
  matchingWorkload,
  scaledSpread,
  scaledVariant,
  temperatures,
  zeroMeanVariant,
} from "./softened-gradients.experiment.ts";
import { studyRef } from "./study.ts";

export const procedure: Procedure = { run };

/** Logits of both sides for the same examples, row by row, and the examples' classes. */
interface Answers {
  readonly student: ArrayLike<number>;
  readonly teacher: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
  readonly classes: number;
}

const teacherSpec: NetworkSpec = { kind: "mlp", hidden: [200] };
const studentSpec: NetworkSpec = { kind: "mlp", hidden: [16] };

/** Random pairs of rows of this many logits. */
const [pairs, classes] = [500, 10];
/** Standard deviations of random logits: a teacher that is sure, a student that is not yet. */
const [teacherScale, studentScale] = [3, 1];

async function run({ workload }: Cell, bench: Bench): Promise<void> {
  const { seeds } = gradientSizes[bench.settings.profile];
  const found: Found = new Map();
  for (let i = 0; i < seeds; i++) {
    bench.progress(`seed ${i + 1} of ${seeds}`, i, seeds);
    const random = (label: string): (() => number) =>
      bench.random(`${label} of seed ${bench.settings.seed + i}`);
    if (workload === matchingWorkload) matching(randomAnswers(random), found);
    else balance(await answersTo(workload as BalanceWorkload, bench, random), found);
  }
  for (const [metric, byVariant] of found)
    for (const [variant, values] of byVariant) bench.repeated(studyRef(variant), metric, values);
}

/** Values by metric and variant, one a seed. */
type Found = Map<string, Map<string, number[]>>;

function keep(found: Found, metric: string, variant: string, value: number): void {
  const variants = found.get(metric) ?? new Map<string, number[]>();
  found.set(metric, variants.set(variant, [...(variants.get(variant) ?? []), value]));
}

function answersTo(
  workload: BalanceWorkload,
  bench: Bench,
  random: (label: string) => () => number,
): Answers | Promise<Answers> {
  return workload === balanceWorkloads[0] ? randomAnswers(random) : digitAnswers(bench, random);
}

/** Normal logits; the classes are those that the teacher holds for the likeliest. */
function randomAnswers(random: (label: string) => () => number): Answers {
  const drawn = (label: string, scale: number): Float64Array => {
    const normal = normalStream(random(label));
    return Float64Array.from({ length: pairs * classes }, () => scale * normal());
  };
  const teacher = drawn("teacher's logits", teacherScale);
  const labels = Array.from({ length: pairs }, (_, row) => {
    const scores = teacher.subarray(row * classes, (row + 1) * classes);
    return scores.indexOf(Math.max(...scores));
  });
  return { teacher, student: drawn("student's logits", studentScale), labels, classes };
}

/** What a teacher and a student, both trained on labels, say of held digits. */
async function digitAnswers(bench: Bench, random: (label: string) => () => number): Promise<Answers> {
  const size = gradientSizes[bench.settings.profile];
  const examples = studyExamples({ set: "digits" }, size, (label) => bench.random(label));
  const engine = new Engine({ target: "wasm", arithmetic: "strict", bytes: 2 ** 27 });
  const said = (who: string, spec: NetworkSpec): Promise<Float32Array> =>
    trainedAnswers(
      {
        ...{ engine, ...examples, epochs: size.epochs, seed: bench.settings.seed },
        random: (label) => random(`${who}'s ${label}`),
      },
      spec,
    );
  const { labels, classes: count } = examples.held;
  return {
    teacher: await said("teacher", teacherSpec),
    student: await said("student", studentSpec),
    labels,
    classes: count,
  };
}

/** How the norm of the soft gradient stands to that of the hard one, by temperature. */
function balance(answers: Answers, found: Found): void {
  const gradient = gradientsOf(answers);
  const hard = norm(gradient.hard());
  const ratios = temperatures.map((T) => [T, norm(gradient.soft(T)) / hard] as const);
  for (const [T, ratio] of ratios) {
    keep(found, "gradient-ratio", scaledVariant(T), ratio);
    keep(found, "gradient-ratio", bareVariant(T), ratio / T ** 2);
  }
  const soft = ratios.filter(([T]) => T >= leastSoft);
  const spread = (values: readonly number[]): number => Math.max(...values) / Math.min(...values);
  keep(found, "gradient-spread", scaledSpread, spread(soft.map(([, ratio]) => ratio)));
  keep(found, "gradient-spread", bareSpread, spread(soft.map(([T, ratio]) => ratio / T ** 2)));
}

/** How far the gradient points along the difference of the logits, by temperature, with their means and without. */
function matching(answers: Answers, found: Found): void {
  const centred = {
    ...answers,
    student: withoutMeans(answers.student, classes),
    teacher: withoutMeans(answers.teacher, classes),
  };
  for (const [sides, variant] of [
    [centred, zeroMeanVariant],
    [answers, anyMeanVariant],
  ] as const) {
    const difference = Float64Array.from(sides.student, (z, i) => z - (sides.teacher[i] as number));
    const gradient = gradientsOf(sides);
    for (const T of matchingTemperatures)
      keep(found, "gradient-cosine", variant(T), meanCosine(gradient.soft(T), difference, classes));
  }
}

function withoutMeans(logits: ArrayLike<number>, width: number): Float64Array {
  const centred = Float64Array.from(logits);
  for (let row = 0; row < centred.length; row += width) {
    const scores = centred.subarray(row, row + width);
    const mean = scores.reduce((a, b) => a + b, 0) / width;
    for (let k = 0; k < width; k++) scores[k] = (scores[k] as number) - mean;
  }
  return centred;
}

/** Gradients by the student's logits, each element of mean loss over the rows. */
function gradientsOf({ student, teacher, labels, classes: width }: Answers) {
  const engine = new Engine({ target: "wasm", arithmetic: "strict", element: "f64", bytes: 2 ** 26 });
  const shape = [labels.length, width];
  const z = engine.parameter(shape, student);
  const v = engine.parameter(shape, teacher);
  const of = (loss: () => Tensor): Float64Array =>
    engine.scope(() => {
      z.gradient?.values.fill(0);
      backward(loss());
      return Float64Array.from(z.gradient?.values ?? []);
    });
  return {
    hard: () => of(() => crossEntropy(z, engine.indices(labels, width))),
    /** Of the soft term with its factor T squared. */
    soft: (T: number) => of(() => softTerm(z, v, T)),
  };
}

const norm = (values: Float64Array): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

function meanCosine(a: Float64Array, b: Float64Array, width: number): number {
  let total = 0;
  for (let row = 0; row < a.length; row += width) {
    const [left, right] = [a.subarray(row, row + width), b.subarray(row, row + width)];
    const dot = left.reduce((sum, value, k) => sum + value * (right[k] as number), 0);
    total += dot / (norm(left) * norm(right));
  }
  return total / (a.length / width);
}

/** Procedure of `soft-targets`: one teacher a seed, and two students that differ in their loss alone. */
import type { Split } from "../../data/data-set.ts";
import { glyphs } from "../../data/glyphs/glyphs.ts";
import type { Bench, Cell, Procedure } from "../../experiment.ts";
import { type Layer, type Nursery, parameterCount } from "../../nn/layers/layer.ts";
import { adam } from "../../nn/optimisers/adam.ts";
import { Engine } from "../../nn/tensor/engine.ts";
import { add } from "../../nn/tensor/functions/arithmetic.ts";
import { crossEntropy } from "../../nn/tensor/functions/softmax.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { type Batch, type Examples, examplesOf } from "../../nn/train/examples.ts";
import { errorOf, outputsOf, train } from "../../nn/train/train.ts";
import { softTerm } from "../losses/soft-targets.ts";
import { networkOf, type TappedNetwork } from "../methods/network.ts";
import { teacherOf } from "../methods/teacher.ts";
import {
  hardVariant,
  type StudySize,
  softVariant,
  studySizes,
  teacherVariant,
  temperature,
} from "./soft-targets.experiment.ts";

export const procedure: Procedure = { run };

const testExamples = 2000;
/** Adam's rate as its paper proposes; batches of a size that fills vectors. */
const rate = 1e-3;
const batch = 32;
/** Units of the layers between image and classes. */
const widths = { teacher: [200, 200], student: [16] } as const;

async function run(_cell: Cell, bench: Bench): Promise<void> {
  const size = studySizes[bench.settings.profile];
  const seeds = Array.from({ length: size.seeds }, (_, i) => bench.settings.seed + i);
  const errors: Record<string, number[]> = { [teacherVariant]: [], [hardVariant]: [], [softVariant]: [] };
  for (const [done, seed] of seeds.entries()) {
    const found = await oneSeed(bench, seed, size, done);
    for (const [variant, error] of Object.entries(found)) errors[variant]?.push(error);
  }
  const ref = (variant: string) => ({ variant, target: "wasm" }) as const;
  for (const [variant, values] of Object.entries(errors)) bench.repeated(ref(variant), "test-error", values);
  const [hard, soft] = [errors[hardVariant] as number[], errors[softVariant] as number[]];
  bench.repeated(
    ref(softVariant),
    "test-error-change",
    soft.map((error, i) => error - (hard[i] as number)),
    ref(hardVariant),
  );
  recordSizes(bench, ref);
}

/** Test errors of one seed by variant. Students begin with the same weights and see the same batches. */
async function oneSeed(bench: Bench, seed: number, size: StudySize, done: number) {
  const shown = drawn(seed, "train", size.examples);
  const held = drawn(seed, "test", testExamples);
  const engine = new Engine({ target: "wasm", arithmetic: "strict", bytes: 2 ** 27 });
  const trained = async (variant: string, layers: readonly number[], loss: Loss): Promise<TappedNetwork> => {
    const kind = variant === teacherVariant ? "teacher" : "student";
    const network = perceptron({ engine, random: bench.random(`${kind} ${seed}`) }, layers, shown);
    const order = bench.random(`batches of the ${kind} ${seed}`);
    const say = (epoch: number): void =>
      bench.progress(
        `seed ${done + 1} of ${size.seeds}: ${variant}, epoch ${epoch + 1} of ${size.epochs}`,
        done,
        size.seeds,
        { variant, target: "wasm" },
      );
    say(0);
    await train({
      ...{ engine, network, examples: shown, epochs: size.epochs, batch, random: order, seed, loss },
      optimiser: adam(Object.values(network.parameters), { rate }),
      onEpoch: (epoch) => say(Math.min(epoch + 1, size.epochs - 1)),
    });
    return network;
  };
  const hardLoss: Loss = (logits, { labels }) => crossEntropy(logits, labels);
  const teacher = await trained(teacherVariant, widths.teacher, hardLoss);
  const hard = await trained(hardVariant, widths.student, hardLoss);
  const taught = teacherOf(engine, teacher, { shown, held });
  const soft = await trained(softVariant, widths.student, (logits, batchOfRows) =>
    add(hardLoss(logits, batchOfRows), softTerm(logits, taught.of(batchOfRows), temperature)),
  );
  const errorOn = (network: Layer): number => errorOf(outputsOf(engine, network, held), held);
  return {
    [teacherVariant]: errorOf(taught.held, held),
    [hardVariant]: errorOn(hard),
    [softVariant]: errorOn(soft),
  };
}

type Loss = (logits: Tensor, batch: Batch) => Tensor;

/** Fully connected layers of these widths on images. */
const perceptron = (
  where: Nursery,
  hidden: readonly number[],
  { shape, classes }: Pick<Examples, "shape" | "classes">,
): TappedNetwork => networkOf(where, { kind: "mlp", hidden }, shape, classes);

/** Examples of the drawn digits that belong to a seed. */
function drawn(seed: number, split: Split, count: number): Examples {
  return examplesOf(glyphs({ seed, sizes: { train: count, validation: 0, test: count } }), split, count);
}

function recordSizes(
  bench: Bench,
  ref: (variant: string) => { readonly variant: string; readonly target: "wasm" },
): void {
  const engine = new Engine({ target: "wasm", bytes: 2 ** 23 });
  const image = { shape: [1, 28, 28], classes: 10 };
  for (const [variant, hidden] of [
    [teacherVariant, widths.teacher],
    [hardVariant, widths.student],
    [softVariant, widths.student],
  ] as const) {
    const network = perceptron({ engine, random: bench.random("sizes") }, hidden, image);
    bench.exact(ref(variant), "parameters", parameterCount(network));
    bench.exact(ref(variant), "inference-flops", network.cost(image.shape).flops);
  }
}

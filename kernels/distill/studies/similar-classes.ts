/** Procedure of `similar-classes`: one teacher a seed, and how its softened errors go with the distance of glyphs. */
import { alphabets, glyphs } from "../../data/glyphs/glyphs.ts";
import type { Bench, Cell, Procedure } from "../../experiment.ts";
import { rankCorrelation } from "../../measure/statistics/rank-correlation.ts";
import { Engine } from "../../nn/tensor/engine.ts";
import type { Examples } from "../../nn/train/examples.ts";
import { randomOrder } from "../../random.ts";
import type { NetworkSpec } from "../methods/network.ts";
import { probabilities } from "../methods/probabilities.ts";
import { trainedAnswers } from "./answers.ts";
import { side, studyExamples } from "./examples.ts";
import {
  type Alphabet,
  alphabetWorkloads,
  similaritySizes,
  teacherAnswers,
  temperature,
  untrainedAnswers,
} from "./similar-classes.experiment.ts";
import { studyRef } from "./study.ts";

export const procedure: Procedure = { run };

/** Values by right class (row) and other class (column). */
type Table = readonly (readonly number[])[];

const teacher: NetworkSpec = { kind: "mlp", hidden: [200] };
/** Relabellings that chance is measured by: its least value is 1 in 10,000. */
const relabellings = 9999;

async function run({ workload }: Cell, bench: Bench): Promise<void> {
  const alphabet = alphabetOf(workload);
  const size = similaritySizes[bench.settings.profile];
  const examples = studyExamples({ set: alphabet }, size, (label) => bench.random(label));
  const closeness = closenessOf(alphabet);
  for (const [variant, epochs] of [
    [teacherAnswers, size.epochs],
    [untrainedAnswers, 0],
  ] as const) {
    const tables: Table[] = [];
    for (let i = 0; i < size.seeds; i++) {
      bench.progress(`${variant}, seed ${i + 1} of ${size.seeds}`, i, size.seeds, studyRef(variant));
      const engine = new Engine({ target: "wasm", arithmetic: "strict", bytes: 2 ** 27 });
      const seed = bench.settings.seed + i;
      const random = (label: string): (() => number) => bench.random(`${label} of seed ${seed}`);
      const held = await trainedAnswers({ engine, ...examples, epochs, seed, random }, teacher);
      tables.push(meanProbabilities(held, examples.held));
    }
    const found = tables.map((table) => agreement(table, closeness));
    bench.repeated(studyRef(variant), "correlation", found);
    bench.exact(
      studyRef(variant),
      "chance",
      chanceOf(meanOf(tables), closeness, bench.random("relabellings")),
    );
  }
}

function alphabetOf(workload: string): Alphabet {
  const names = Object.keys(alphabetWorkloads) as Alphabet[];
  const found = names.find((name) => alphabetWorkloads[name] === workload);
  if (found) return found;
  throw new RangeError(`expected ${Object.values(alphabetWorkloads).join(" or ")}; found ${workload}`);
}

/** How close the undistorted glyphs of two characters are: the distance of their pixels, with its sign reversed. */
function closenessOf(alphabet: Alphabet): Table {
  const set = glyphs({ alphabet, difficulty: "plain", side });
  const images = alphabets[alphabet].map((_, label) => set.example("train", label).image ?? []);
  const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
    Math.sqrt(Array.from(a).reduce((sum, value, at) => sum + (value - (b[at] as number)) ** 2, 0));
  return images.map((one) => images.map((other) => -distance(one, other)));
}

/** Mean softened probability of each class on the examples of each. */
function meanProbabilities(logits: Float32Array, { labels, classes }: Examples): Table {
  const sums = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  const counts = new Array<number>(classes).fill(0);
  for (let row = 0; row < labels.length; row++) {
    const shares = probabilities(logits.subarray(row * classes, (row + 1) * classes), temperature);
    const label = labels[row] as number;
    const sum = sums[label] as number[];
    counts[label] = (counts[label] as number) + 1;
    for (const [k, share] of shares.entries()) sum[k] = (sum[k] as number) + share;
  }
  return sums.map((sum, label) => sum.map((value) => value / (counts[label] as number)));
}

function meanOf(tables: readonly Table[]): Table {
  const at = (table: Table, row: number, column: number): number => table[row]?.[column] as number;
  const [first = []] = tables;
  return first.map((values, row) =>
    values.map((_, column) => tables.reduce((sum, table) => sum + at(table, row, column), 0) / tables.length),
  );
}

const offDiagonal = (table: Table): number[] =>
  table.flatMap((values, row) => values.filter((_, column) => column !== row));

function agreement(probabilities: Table, closeness: Table): number {
  const found = rankCorrelation(offDiagonal(probabilities), offDiagonal(closeness));
  if (found === undefined) throw new RangeError("all classes are equally probable: nothing can be ranked");
  return found;
}

/** The share of relabellings of the glyphs, the true one among them, that agree with the teacher as well or better. */
function chanceOf(probabilities: Table, closeness: Table, random: () => number): number {
  const seen = agreement(probabilities, closeness);
  let asGood = 1;
  for (let i = 0; i < relabellings; i++) {
    const order = randomOrder(closeness.length, random);
    const relabelled = order.map((row) => order.map((column) => closeness[row]?.[column] as number));
    if (agreement(probabilities, relabelled) >= seen) asGood++;
  }
  return asGood / (relabellings + 1);
}

/**
 * The set `multi-view`: the data distribution of Allen-Zhu & Li 2020 (arXiv 2012.09816, section 2 and definition 2.5) at a
 * small size. Each class has two features; most examples show both, a share shows only one ("single-view"). A network
 * that has learnt one feature classifies the many and fails on the few, an ensemble learns both, and distillation is said
 * to pass them on. Features of other classes appear weakly in every example.
 */
import { integerIn, labelSeed, randomStream } from "../random.ts";
import { DataError, type DataSet } from "./data-set.ts";
import { type DrawnOptions, drawnSet } from "./drawn-set.ts";
import { normalStream } from "./portable-math.ts";

export interface MultiViewOptions extends DrawnOptions {
  readonly classes?: number;
  /** Patches of an example (default 12). */
  readonly patches?: number;
  /** Numbers of a patch; at least two for each class (default 32). */
  readonly dimension?: number;
  /** Share of examples that show one feature of their class only (the paper's mu; default 0.3). */
  readonly singleView?: number;
  /** Standard deviation of the noise in each number of a patch (default 0.08). */
  readonly noise?: number;
}

// A feature of the class sums to 1 to 1.4 over its patches; in a single-view example the other one to 0.1 (the paper's
// rho), and a feature of another class, present with probability 1/8, to 0.2 to 0.4 (definition 2.5's Gamma and 0.4).
const strong = [1, 1.4] as const;
const missing = 0.1;
const foreign = [0.2, 0.4] as const;
const foreignChance = 0.125;

/**
 * Fields: `patches` [patches, dimension]; `label`; as truth `single`, 1 where only one feature is shown, and `shown`, the
 * feature (0 or 1) that is strong in a single-view example, or 2 where both are.
 */
export function multiView(options: MultiViewOptions = {}): DataSet {
  const settings = { classes: 8, patches: 12, dimension: 32, singleView: 0.3, noise: 0.08, ...options };
  const { classes, patches, dimension, singleView } = settings;
  const vectors = featureVectors(classes, dimension, options.seed ?? 1);
  return drawnSet(
    {
      name: "multi-view",
      classes: Array.from({ length: classes }, (_, at) => `class ${at}`),
      fields: [
        { name: "patches", shape: [patches, dimension], role: "input", meaning: "patches in any order" },
        { name: "label", shape: [], role: "target", values: classes, meaning: "the class" },
        { name: "single", shape: [], role: "truth", values: 2, meaning: "1: shows one feature only" },
        { name: "shown", shape: [], role: "truth", values: 3, meaning: "the strong feature; 2: both" },
      ],
      draw(random, index) {
        const label = index % classes;
        const single = random() < singleView;
        const shown = single ? integerIn(random, 0, 1) : 2;
        const canvas = new Float64Array(patches * dimension);
        const between = ([low, high]: readonly [number, number]): number => low + (high - low) * random();
        for (let feature = 0; feature < 2 * classes; feature++) {
          const own = feature >> 1 === label;
          const present = own || random() < foreignChance;
          const weak = single && feature % 2 !== shown;
          const amount = own ? (weak ? missing : between(strong)) : between(foreign);
          if (present) scatter(canvas, vectors[feature] as Float64Array, amount, random);
        }
        const normal = normalStream(random);
        const values = Float32Array.from(canvas, (value) => value + settings.noise * normal());
        return { patches: values, label: [label], single: [single ? 1 : 0], shown: [shown] };
      },
    },
    options,
  );
}

/** Adds a feature to two different patches, whose parts sum to `amount`. */
function scatter(canvas: Float64Array, vector: Float64Array, amount: number, random: () => number): void {
  const patches = canvas.length / vector.length;
  const first = integerIn(random, 0, patches - 1);
  const second = (first + integerIn(random, 1, patches - 1)) % patches;
  const share = 0.3 + 0.4 * random();
  const parts = [share, 1 - share];
  for (const [nth, patch] of [first, second].entries()) {
    const part = amount * (parts[nth] as number);
    vector.forEach((value, at) => {
      canvas[patch * vector.length + at] = (canvas[patch * vector.length + at] as number) + part * value;
    });
  }
}

/**
 * The features: orthonormal vectors, two for each class in turn (Gram & Schmidt, twice for accuracy).
 * @throws DataError if the dimension has no room for them
 */
export function featureVectors(classes: number, dimension: number, seed: number): readonly Float64Array[] {
  if (dimension < 2 * classes)
    throw new DataError(
      "set multi-view, dimension",
      `at least ${2 * classes} for ${classes} classes`,
      String(dimension),
      "Give patches more numbers, or take fewer classes.",
    );
  const normal = normalStream(randomStream(labelSeed(seed, "multi-view features")));
  const found: Float64Array[] = [];
  while (found.length < 2 * classes) {
    let vector = Float64Array.from({ length: dimension }, normal);
    for (let pass = 0; pass < 2; pass++) {
      for (const other of found) {
        const along = dot(vector, other);
        vector = vector.map((value, at) => value - along * (other[at] as number));
      }
    }
    const length = Math.sqrt(dot(vector, vector));
    found.push(vector.map((value) => value / length));
  }
  return found;
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] as number), 0);
}

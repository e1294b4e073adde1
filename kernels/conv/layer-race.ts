/** Procedures that check and time variants of named layers: everything but the layers and the pairs of ratios. */
import { Memory } from "../codegen/memory.ts";
import type { Bench, Cell, Procedure, VariantRef } from "../experiment.ts";
import { kernelTarget } from "../kernel-target.ts";
import { isPeer } from "../variant.ts";
import { comparedAlgorithm, contestBytes, layerCandidates } from "./contest.ts";
import { makeConvolution, problemOf, takes } from "./convolution.ts";
import { type NamedShape, samplingSeconds } from "./layer-cells.ts";
import { isLayerText, layerOf } from "./layer-text.ts";
import { convWay } from "./way.ts";

export interface RaceOptions {
  /** The first that a variant takes is the one whose code is shown. */
  readonly layers: readonly NamedShape[];
  /** The variant that ratios are taken against (default: the first). */
  readonly against?: string;
  /** Names of variants [a, b] whose ratio is wanted besides. */
  readonly pairs?: readonly (readonly [string, string])[];
  rounds(settings: Bench["settings"]): number;
  /** Whether multiplications and errors are recorded too. */
  readonly errors?: boolean;
}

/** The procedure of an experiment whose cells are layers. */
export function layerRace(options: RaceOptions): Procedure {
  return {
    run: (cell, bench) => race(options, cell, bench),
    code: async (ref) => textOf(options.layers, ref),
  };
}

async function race(
  { layers, against, pairs = [], rounds, errors = false }: RaceOptions,
  cell: Cell,
  bench: Bench,
): Promise<void> {
  const layer = layerNamed(layers, cell.workload);
  const named = (variant: string): VariantRef[] => bench.variants.filter((ref) => ref.variant === variant);
  const [base] = against === undefined ? [] : named(against);
  await bench.compare(layerCandidates(layer.shape, bench.variants, bench, { errors }), {
    ...(base && { against: base }),
    pairs: pairs.flatMap(([a, b]) => {
      const [[left], [right]] = [named(a), named(b)];
      return left && right ? [[left, right] as const] : [];
    }),
    leastRounds: rounds(bench.settings),
    seconds: samplingSeconds(bench.settings),
  });
}

/** The layer of a workload: of these, or one that the user wrote down. @throws RangeError for any other name */
export function layerNamed(layers: readonly NamedShape[], workload: string): NamedShape {
  const layer = layers.find(({ name }) => name === workload);
  if (layer) return layer;
  if (isLayerText(workload)) return layerOf(workload);
  throw new RangeError(`expected one of ${layers.map(({ name }) => name).join(", ")}; found ${workload}`);
}

/** The code of a variant for the first layer that it takes, its main kernel first. */
function textOf(layers: readonly NamedShape[], ref: VariantRef): string | undefined {
  if (isPeer(ref)) return undefined;
  const { layout } = convWay(ref.variant);
  // Every thread runs the kernels of one.
  const algorithm = comparedAlgorithm(ref.variant);
  const target = kernelTarget(ref);
  const shape = layers.find((each) =>
    takes(algorithm, problemOf({ layout, shape: each.shape, target })),
  )?.shape;
  if (!shape) return undefined;
  const memory = new Memory(contestBytes(shape, [ref]));
  const { kernels } = makeConvolution(algorithm, { layout, shape, target, memory });
  return [...kernels]
    .reverse()
    .map((kernel) => kernel.text)
    .join("\n");
}

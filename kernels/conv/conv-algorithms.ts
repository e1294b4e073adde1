/** Procedure of `conv-algorithms`: what the chooser predicts first, then the race. */
import type { Bench, Cell, Procedure, VariantRef } from "../experiment.ts";
import { kernelTarget } from "../kernel-target.ts";
import { isPeer } from "../variant.ts";
import { definitionMultiplications } from "./accounting.ts";
import { predictedCycles, startsPerCycle } from "./choose.ts";
import { comparedAlgorithm } from "./contest.ts";
import { sweptLayers } from "./conv-algorithms.experiment.ts";
import { problemOf } from "./convolution.ts";
import { unjudgedRounds } from "./layer-cells.ts";
import { layerNamed, layerRace } from "./layer-race.ts";
import { vectorLanes } from "./problem.ts";
import type { ConvShape } from "./shape.ts";
import { convWay } from "./way.ts";

const race = layerRace({
  layers: sweptLayers,
  against: "im2col",
  rounds: unjudgedRounds,
});

export const procedure: Procedure = {
  run: async (cell: Cell, bench: Bench) => {
    const { shape } = layerNamed(sweptLayers, cell.workload);
    // What threads gain is not foretold.
    for (const ref of bench.variants)
      if (!isPeer(ref) && convWay(ref.variant).threads === 1)
        bench.exact(ref, "predicted-peak-fraction", predictedShare(ref, shape));
    await race.run(cell, bench);
  },
  code: (ref) => race.code?.(ref) ?? Promise.resolve(undefined),
};

/** An algorithm's own multiply-adds in the predicted cycles, as a share of what the multiply-add units could do. */
function predictedShare(ref: VariantRef, shape: ConvShape): number {
  const { layout } = convWay(ref.variant);
  const problem = problemOf({ layout, shape, target: kernelTarget(ref) });
  const algorithm = comparedAlgorithm(ref.variant);
  const { multiplications = definitionMultiplications(shape, 1) } = algorithm.accounting(problem);
  return multiplications / (startsPerCycle * vectorLanes(problem) * predictedCycles(algorithm, problem));
}

/** Procedure of `im2col-loops`. */
import type { Procedure } from "../experiment.ts";
import { loopLayers, loopRounds, loopsVariant } from "./im2col-loops.experiment.ts";
import { layerRace } from "./layer-race.ts";

export const procedure: Procedure = layerRace({
  layers: loopLayers,
  shown: loopLayers[0] as (typeof loopLayers)[number],
  against: loopsVariant,
  rounds: () => loopRounds,
});

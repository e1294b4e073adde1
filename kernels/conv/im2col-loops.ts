/** Procedure of `im2col-loops`. */
import type { Procedure } from "../experiment.ts";
import { loopLayers, loopRounds, loopsVariant } from "./im2col-loops.experiment.ts";
import { layerRace } from "./layer-race.ts";

export const procedure: Procedure = layerRace({
  layers: loopLayers,
  against: loopsVariant,
  rounds: () => loopRounds,
});

/** Procedure of `large-kernels`. */
import type { Procedure } from "../experiment.ts";
import { kernelLayers, unfoldingVariant } from "./large-kernels.experiment.ts";
import { unjudgedRounds } from "./layer-cells.ts";
import { layerRace } from "./layer-race.ts";

export const procedure: Procedure = layerRace({
  layers: kernelLayers,
  against: unfoldingVariant,
  rounds: unjudgedRounds,
  errors: true,
});

/** Procedure of `im2col-packing`. */
import type { Procedure } from "../experiment.ts";
import { packingLayers, packingRounds, unpackedVariant } from "./im2col-packing.experiment.ts";
import { layerRace } from "./layer-race.ts";

export const procedure: Procedure = layerRace({
  layers: packingLayers,
  against: unpackedVariant,
  rounds: () => packingRounds,
});

/** Procedure of `winograd-channels`. */
import type { Procedure } from "../experiment.ts";
import { unjudgedRounds } from "./layer-cells.ts";
import { layerRace } from "./layer-race.ts";
import { channelLayers, loweredVariant } from "./winograd-channels.experiment.ts";

export const procedure: Procedure = layerRace({
  layers: channelLayers,
  against: loweredVariant,
  rounds: unjudgedRounds,
  errors: true,
});

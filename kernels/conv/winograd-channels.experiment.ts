/**
 * 3x3 layers from 4 to 256 channels: Winograd's transforms are paid once a channel and once a filter, what they save is
 * paid once a pair of them. From how many channels on does multiplying less pay, and what does it cost in accuracy?
 */
import type { Cell, ExperimentRow, Settings } from "../experiment.ts";
import { fastestTarget, on } from "../targets.ts";
import { layerCell, type NamedShape, squareLayer, unjudgedRounds } from "./layer-cells.ts";

export const loweredVariant = "im2col";
const variants = [loweredVariant, "implicit", "winograd-2x2", "winograd-4x4", "fft"];

const quickChannels: readonly number[] = [8, 32, 128];
const channelCounts = [4, 8, 16, 32, 64, 128, 256] as const;

/** As many filters as channels on 28x28, the image of ResNet's third stage. */
export const channelLayers: readonly (NamedShape & { readonly channels: number })[] = channelCounts.map(
  (channels) => ({ ...squareLayer(`channels-${channels}`, channels, 28, channels, 3), channels }),
);

export const winogradChannels: ExperimentRow = {
  id: "winograd-channels",
  title: { en: "When multiplying less pays", zh: "少做乘法何时划算" },
  question: "From how many channels on does Winograd's convolution beat im2col, and how exact is it?",
  topics: ["conv", "im2col"],
  claims: [],
  charts: [
    {
      kind: "sweep",
      title: "Speed-up by channels",
      metric: "speed-up",
      x: { from: "workload", title: "channels" },
    },
    { kind: "sweep", title: "Time by channels", metric: "time", x: { from: "workload", title: "channels" } },
    {
      ...{ kind: "sweep", title: "Largest error by channels", metric: "max-error" },
      x: { from: "workload", title: "channels" },
    },
  ],
  plan,
};

function plan(settings: Settings): readonly Cell[] {
  const target = fastestTarget(settings);
  if (!target) return [];
  return channelLayers
    .filter(({ channels }) => settings.profile !== "quick" || quickChannels.includes(channels))
    .map((layer) => layerCell(layer, on(target, variants), unjudgedRounds(settings)));
}

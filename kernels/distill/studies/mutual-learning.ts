/** Procedure of `mutual-learning`: the frame of all studies, and how much noise on the weights costs each student. */
import { normalStream } from "../../data/portable-math.ts";
import type { Classroom } from "../methods/classroom.ts";
import type { TappedNetwork } from "../methods/network.ts";
import { lossOf, tapOf } from "../methods/teacher.ts";
import { mutualSpec, type NoiseMetric, noiseLevels, noiseMetrics } from "./mutual-learning.experiment.ts";
import { recordChange, studyProcedure } from "./run-study.ts";
import { plainVariant } from "./study.ts";

export const procedure = studyProcedure(mutualSpec, {
  figures: ({ network }, { room }) => (network ? lossRises(room, network) : {}),
  derive(found, bench) {
    for (const metric of noiseMetrics)
      for (const { variant } of mutualSpec.entries)
        if (variant !== plainVariant)
          recordChange(found, bench, { variant, against: plainVariant, metric, change: `${metric}-change` });
  },
});

/** Draws of noise of each level: the mean of few would hang on the draw. */
const draws = 8;

function lossRises(room: Classroom, network: TappedNetwork): Record<string, number> {
  const trained = Object.values(network.parameters).map(({ values }) => Float32Array.from(values));
  const lossNow = (): number => lossOf(tapOf(room.engine, network, room.shown), room.shown);
  const before = lossNow();
  const rise = (level: number): number => {
    // The same stream for every method: networks of one shape are shaken alike.
    const normal = normalStream(room.random(`noise ${level}`));
    let total = 0;
    for (let draw = 0; draw < draws; draw++) {
      shake(network, trained, () => level * normal());
      total += lossNow() - before;
    }
    return total / draws;
  };
  const rises = noiseMetrics.map((metric: NoiseMetric) => [metric, rise(noiseLevels[metric])] as const);
  shake(network, trained, () => 0);
  return Object.fromEntries(rises);
}

function shake(network: TappedNetwork, trained: readonly Float32Array[], noise: () => number): void {
  for (const [i, { values }] of Object.values(network.parameters).entries()) {
    const from = trained[i] as Float32Array;
    const size = Math.sqrt(from.reduce((sum, value) => sum + value * value, 0) / from.length);
    for (let at = 0; at < from.length; at++) values[at] = (from[at] as number) + size * noise();
  }
}

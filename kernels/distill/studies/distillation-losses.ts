/** Procedure of `distillation-losses`: the frame of all studies, and how often the nearest embedding is of another class. */
import { sizeOf } from "../../nn/tensor/shapes.ts";
import type { Classroom } from "../methods/classroom.ts";
import type { TappedNetwork } from "../methods/network.ts";
import { tapOf } from "../methods/teacher.ts";
import { distillationLossesSpec } from "./distillation-losses.experiment.ts";
import { rowsOf } from "./examples.ts";
import { recordChange, studyProcedure } from "./run-study.ts";
import { kdVariant } from "./study.ts";

export const procedure = studyProcedure(distillationLossesSpec, {
  figures: ({ network }, { room }) => (network ? { "retrieval-error": retrievalError(room, network) } : {}),
  derive(found, bench) {
    for (const { variant } of distillationLossesSpec.entries)
      if (variant !== kdVariant)
        recordChange(found, bench, {
          ...{ variant, against: kdVariant },
          ...{ metric: "retrieval-error", change: "retrieval-error-change" },
        });
  },
});

/** Images that are looked up: each is compared with all others. */
const lookedUp = 500;

function retrievalError(room: Classroom, network: TappedNetwork): number {
  const count = Math.min(lookedUp, room.held.labels.length);
  const some = rowsOf(room.held, [...Array(count).keys()]);
  const embeddings = tapOf(room.engine, network, some, "embedding");
  const width = sizeOf(network.shapes.embedding ?? []);
  const row = (i: number): Float32Array => embeddings.subarray(i * width, (i + 1) * width);
  let wrong = 0;
  for (let i = 0; i < count; i++) if (some.labels[nearest(row, i, count)] !== some.labels[i]) wrong++;
  return wrong / count;
}

function nearest(row: (i: number) => Float32Array, own: number, count: number): number {
  const from = row(own);
  let [best, least] = [-1, Number.POSITIVE_INFINITY];
  for (let other = 0; other < count; other++) {
    if (other === own) continue;
    const to = row(other);
    let distance = 0;
    for (let k = 0; k < from.length && distance < least; k++)
      distance += ((from[k] as number) - (to[k] as number)) ** 2;
    if (distance < least) [best, least] = [other, distance];
  }
  return best;
}

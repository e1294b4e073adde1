/** The student on labels alone: what every other method is held against. */
import { z } from "zod";
import { crossEntropy } from "../../nn/tensor/functions/softmax.ts";
import type { Examples } from "../../nn/train/examples.ts";
import type { Classroom } from "./classroom.ts";
import { graduate, method } from "./method.ts";
import type { NetworkSpec, TappedNetwork } from "./network.ts";
import type { Teacher } from "./teacher.ts";

export const plain = method({
  id: "plain",
  title: { en: "Labels alone", zh: "只用标签" },
  trains: "the student, on cross-entropy with the labels",
  params: z.object({
    /** Examples of a step (default: the study's); fewer steps where it is larger. */
    batch: z.int().min(1).optional(),
  }),
  async train(room, { batch }) {
    const student = room.network();
    return graduate(room, student, await onLabels(room, student, batch === undefined ? {} : { batch }));
  },
});

/** Trains a network on labels. */
export const onLabels = (
  room: Classroom,
  student: TappedNetwork,
  {
    order,
    examples,
    batch,
  }: { readonly order?: string; readonly examples?: Examples; readonly batch?: number } = {},
) =>
  room.fit({
    networks: { student },
    ...(batch && { batch }),
    ...(order && { order }),
    ...(examples && { examples }),
    loss: ({ student: { logits } }, { labels }) => crossEntropy(logits, labels),
  });

/** The answers of a network of this kind, trained on labels; networks of one name are trained once a seed. */
export const trainedOnLabels = (
  room: Classroom,
  name: string,
  spec: NetworkSpec = room.student,
): Promise<Pick<Teacher, "shown" | "held">> =>
  room.once(`on labels ${name} ${JSON.stringify(spec)}`, async () => {
    const network = room.network(spec, name);
    await onLabels(room, network, { order: name });
    return room.answers(network);
  });

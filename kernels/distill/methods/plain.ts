/** The student on labels alone: what every other method is held against. */
import { crossEntropy } from "../../nn/tensor/functions/softmax.ts";
import type { Examples } from "../../nn/train/examples.ts";
import type { Classroom } from "./classroom.ts";
import { graduate, method, noParams } from "./method.ts";
import type { NetworkSpec, TappedNetwork } from "./network.ts";
import type { Teacher } from "./teacher.ts";

export const plain = method({
  id: "plain",
  title: { en: "Labels alone", zh: "只用标签" },
  trains: "the student, on cross-entropy with the labels",
  params: noParams,
  async train(room) {
    const student = room.network();
    return graduate(room, student, await onLabels(room, student));
  },
});

/** Trains a network on labels. */
export const onLabels = (
  room: Classroom,
  student: TappedNetwork,
  { order, examples }: { readonly order?: string; readonly examples?: Examples } = {},
) =>
  room.fit({
    networks: { student },
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
  room.once(`on labels ${name}`, async () => {
    const network = room.network(spec, name);
    await onLabels(room, network, { order: name });
    return room.answers(network);
  });

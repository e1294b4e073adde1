/**
 * Born-again networks: the student's kind learns from a network of its own kind, that one's successor from it, and so on; a
 * single generation is self-distillation. All generations may answer together.
 */
import { z } from "zod";
import type { Classroom, Curves } from "./classroom.ts";
import { distilled, type SoftParams, softParams } from "./hinton.ts";
import { type Graduate, method } from "./method.ts";
import { trainedOnLabels } from "./plain.ts";
import { answersOf, averaged, type Teacher } from "./teacher.ts";

type Answers = Pick<Teacher, "shown" | "held"> & { readonly curves?: Curves };

/** Generation 0 is the plain student; each later one starts from weights of its own and learns from the one before. */
async function generationOf(room: Classroom, number: number, params: SoftParams): Promise<Answers> {
  if (number === 0) return trainedOnLabels(room, "student");
  return room.once(`generation ${number} of ${JSON.stringify([params, room.student])}`, async () => {
    const before = answersOf(room.engine, await generationOf(room, number - 1, params), room.shown.classes);
    const name = `generation ${number}`;
    const network = room.network(room.student, name);
    const curves = await distilled(room, network, before, params, { order: name });
    return { ...room.answers(network), curves };
  });
}

export const bornAgain = method({
  id: "born-again",
  title: { en: "Born-again networks", zh: "再生网络" },
  paper: {
    authors: "Furlanello, Lipton, Tschannen, Itti & Anandkumar",
    year: 2018,
    title: "Born Again Neural Networks",
    arxiv: "1805.04770",
  },
  trains:
    "a network of the student's kind on labels and on the answers of its predecessor of the same kind; generation 0 knows labels alone",
  params: softParams.extend({
    // The paper adds the teacher's cross-entropy at temperature 1 to that of the labels.
    T: z.number().positive().default(1),
    alpha: z.number().min(0).max(1).default(0.5),
    generations: z.int().min(1).default(1),
    /** Whether all generations but 0 answer together. */
    together: z.boolean().default(false),
  }),
  async train(room, { generations, together, ...params }): Promise<Graduate> {
    const all: Answers[] = [];
    for (let number = 1; number <= generations; number++) all.push(await generationOf(room, number, params));
    const last = all.at(-1) as Answers;
    const curves = last.curves ?? {};
    if (!together) return { held: last.held, curves };
    const held = averaged(
      all.map((each) => each.held),
      room.shown.classes,
    );
    return { held, curves: {}, members: generations };
  },
});

export const selfDistillation = method({
  id: "self-distillation",
  title: { en: "Self-distillation", zh: "自蒸馏" },
  paper: {
    authors: "Allen-Zhu & Li",
    year: 2020,
    title: "Towards Understanding Ensemble, Knowledge Distillation and Self-Distillation in Deep Learning",
    arxiv: "2012.09816",
  },
  trains: "the student as kd does, its teacher being a network of its own kind from another start",
  params: softParams,
  async train(room, params) {
    const twin = answersOf(room.engine, await trainedOnLabels(room, "twin"), room.shown.classes);
    const network = room.network();
    const curves = await distilled(room, network, twin, params);
    return { network, held: room.answers(network).held, curves };
  },
});

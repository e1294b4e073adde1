/**
 * A method twice, from another start and in another order: how far two models that should be alike answer differently,
 * which those who use the answers notice as churn at every new training.
 */
import { z } from "zod";
import type { Classroom } from "./classroom.ts";
import { codistillation } from "./codistillation.ts";
import { type Method, method } from "./method.ts";
import { plain } from "./plain.ts";
import { probabilities } from "./probabilities.ts";

const repeated: Readonly<Record<string, Method>> = { plain, codistillation };

export const retraining = method({
  id: "retraining",
  title: { en: "Training anew", zh: "重新训练" },
  trains:
    "a method twice, from another start and in another order; the first student is judged, and how far the second differs",
  params: z.object({ of: z.enum(["plain", "codistillation"]).default("plain") }),
  async train(room, { of }) {
    const again = repeated[of] as Method;
    const first = await again.train(room, {});
    const second = await again.train(anew(room), {});
    return { ...first, figures: { churn: churn(first.held, second.held, room.shown.classes) } };
  },
});

/** The same room with other starts and orders. */
function anew(room: Classroom): Classroom {
  return {
    ...room,
    random: (label) => room.random(`${label} anew`),
    network: (spec, label = "student") => room.network(spec, `${label} anew`),
    fit: (lesson) => room.fit({ ...lesson, order: `${lesson.order ?? "student"} anew` }),
    once: (label, make) => room.once(`${label} anew`, make),
  };
}

/** Mean absolute difference of the probabilities, over examples and classes. */
export function churn(a: Float32Array, b: Float32Array, classes: number): number {
  let total = 0;
  for (let row = 0; row < a.length; row += classes) {
    const [p, q] = [a, b].map((logits) => probabilities(logits.subarray(row, row + classes))) as [
      number[],
      number[],
    ];
    for (let k = 0; k < classes; k++) total += Math.abs((p[k] as number) - (q[k] as number));
  }
  return total / a.length;
}

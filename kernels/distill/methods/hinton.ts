/** Knowledge distillation as Hinton et al. describe it: labels and the teacher's tempered answers, weighted. */
import { z } from "zod";
import { add, mul } from "../../nn/tensor/functions/arithmetic.ts";
import { crossEntropy } from "../../nn/tensor/functions/softmax.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import type { Batch, Examples } from "../../nn/train/examples.ts";
import { kd as kdLoss } from "../losses/kd.ts";
import { softTerm } from "../losses/soft-targets.ts";
import type { Classroom, Curves } from "./classroom.ts";
import { graduate, method } from "./method.ts";
import type { TappedNetwork } from "./network.ts";
import type { Teacher } from "./teacher.ts";

/** T = 4 with 0.9 on the soft term are what RepDistiller compares methods with (Tian et al. 2020, section 4). */
export const softParams = z.object({
  T: z.number().positive().default(4),
  /** Weight of the labels; the soft term has the rest. */
  alpha: z.number().min(0).max(1).default(0.1),
});
export type SoftParams = z.infer<typeof softParams>;

export const hinton = method({
  id: "kd",
  title: kdLoss.title,
  paper: kdLoss.paper,
  trains: "the student, on labels and on a teacher's answers at temperature T",
  params: softParams,
  teachers: () => 1,
  async train(room, params) {
    const student = room.network();
    return graduate(room, student, await distilled(room, student, room.teachers[0] as Teacher, params));
  },
});

/** alpha CE + (1 - alpha) T^2 KL; a term of weight 0 is not computed. */
export function softLoss(
  logits: Tensor,
  { labels }: Batch,
  taught: Tensor,
  { T, alpha }: SoftParams,
): Tensor {
  const hard = (): Tensor => mul(crossEntropy(logits, labels), alpha);
  const soft = (): Tensor => mul(softTerm(logits, taught, T), 1 - alpha);
  if (alpha === 0) return soft();
  return alpha === 1 ? hard() : add(hard(), soft());
}

/** Trains a network on labels and a teacher's answers. */
export const distilled = (
  room: Classroom,
  student: TappedNetwork,
  teacher: Pick<Teacher, "of">,
  params: SoftParams,
  { order, examples }: { readonly order?: string; readonly examples?: Examples } = {},
): Promise<Curves> =>
  room.fit({
    networks: { student },
    ...(order && { order }),
    ...(examples && { examples }),
    loss: ({ student: { logits } }, batch) => softLoss(logits, batch, teacher.of(batch), params),
  });

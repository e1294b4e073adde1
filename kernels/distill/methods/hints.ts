/**
 * FitNets in two stages (Romero et al. 2014): first the lower part of the student learns to give, through a linear map, what a
 * middle layer of the teacher gives; then the whole student learns as kd does. Both stages together take as many steps as
 * other methods have.
 */
import { z } from "zod";
import { linear } from "../../nn/layers/linear.ts";
import { square, sub } from "../../nn/tensor/functions/arithmetic.ts";
import { reshape } from "../../nn/tensor/functions/move.ts";
import { mean } from "../../nn/tensor/functions/reduce.ts";
import { sizeOf } from "../../nn/tensor/shapes.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { fitnet } from "../losses/fitnet.ts";
import { softLoss, softParams } from "./hinton.ts";
import { graduate, method } from "./method.ts";
import type { Teacher } from "./teacher.ts";

export const hints = method({
  id: "hints",
  title: { en: "Hints, then distillation", zh: "先提示后蒸馏" },
  paper: fitnet.paper,
  trains:
    "the student's layers up to `guided` on the teacher's layer `hint`, then the whole student as kd does",
  params: softParams.extend({
    hint: z.string().default("0"),
    guided: z.string().default("0"),
    /** Of all epochs: those of the first stage. */
    share: z.number().gt(0).lt(1).default(0.25),
  }),
  teachers: () => 1,
  async train(room, { hint, guided, share, ...params }) {
    const student = room.network();
    const teacher = room.teachers[0] as Teacher;
    const [from, to] = [student.shapes[guided], teacher.shapes[hint]];
    if (!from || !to)
      throw new RangeError(
        `expected a layer ${guided} of the student and ${hint} of the teacher; found none`,
      );
    const random = room.random("start of the regressor");
    const regressor = linear({ engine: room.engine, random }, sizeOf(from), sizeOf(to));
    const rows = (x: Tensor): Tensor => reshape(x, [x.shape[0] as number, -1]);
    const first = Math.max(1, Math.round(share * room.epochs));
    await room.fit({
      networks: { student },
      parts: { regressor },
      epochs: first,
      order: "hints",
      loss({ student: trace }, batch) {
        const guess = regressor.forward(rows(trace[guided] as Tensor), { training: true });
        return mean(square(sub(guess, rows(teacher.of(batch, hint)))));
      },
    });
    const curves = await room.fit({
      networks: { student },
      epochs: Math.max(1, room.epochs - first),
      loss: ({ student: { logits } }, batch) => softLoss(logits, batch, teacher.of(batch), params),
    });
    return graduate(room, student, curves);
  },
});

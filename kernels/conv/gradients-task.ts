/** Gradients of a convolution as a team's task: made in a member for its part of the batch. */
import { Memory } from "../codegen/memory.ts";
import type { Task } from "../threads/tasks.ts";
import { type GradientsOrder, shareOfGradients } from "./split-gradients.ts";

export const task: Task = {
  prepare(posted) {
    const order = posted as GradientsOrder;
    return shareOfGradients(order, Memory.attach(order.range));
  },
};

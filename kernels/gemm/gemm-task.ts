/** GEMM as a team's task: compiles the ordered variant in a member and runs the member's part. */
import { Memory } from "../codegen/memory.ts";
import type { Task } from "../threads/tasks.ts";
import { createGemm } from "./gemm.ts";
import { type GemmOrder, shareOfGemm } from "./threaded.ts";

export const task: Task = {
  prepare(posted) {
    const order = posted as GemmOrder;
    const { variant, target, arithmetic, element, shape, isa } = order;
    const memory = Memory.attach(order.range);
    const gemm = createGemm({
      ...{ variant, target, arithmetic, element, shape, memory },
      ...(isa ? { isa } : {}),
    });
    return shareOfGemm(order, gemm.run);
  },
};

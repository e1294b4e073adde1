/** Convolution as a team's task: makes the ordered part in a member and runs it. */
import { Memory } from "../codegen/memory.ts";
import type { Task } from "../threads/tasks.ts";
import { convAlgorithm } from "./algorithms.ts";
import { makeConvolution } from "./convolution.ts";
import { type ConvOrder, shareOfConvolution } from "./threaded.ts";

export const task: Task = {
  prepare(posted) {
    // A team may have more members than the convolution has parts.
    if (posted === null) return () => {};
    const { algorithm, options, part, elementBytes, range } = posted as ConvOrder;
    const made = makeConvolution(convAlgorithm(algorithm), { ...options, memory: Memory.attach(range) });
    return shareOfConvolution(made, part, elementBytes);
  },
};

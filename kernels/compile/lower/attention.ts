/** Attention: made by ../../attention/, in one kernel; its packed operands lie in the node's own bytes. */
import { fusedAccounting } from "../../attention/accounting.ts";
import { createAttention } from "../../attention/attention.ts";
import { attentionProblem } from "../operators/attention.ts";
import { type Lowering, wholeLines } from "./lowering.ts";

export const attention: Lowering<"attention"> = (node, planning) => {
  const { target, isa } = planning;
  const problem = attentionProblem(
    node.operation,
    node.inputs.map((name) => planning.type(name)),
  );
  const { shape, scale, mask, layouts } = problem;
  const options = { ...{ shape, scale, mask, layouts, target }, ...(isa ? { isa } : {}) };
  const { workspaceBytes, bytesMoved } = fusedAccounting(options);
  return {
    kernel: `online softmax over ${shape.keys} keys, ${shape.batch * shape.heads} heads of ${shape.width}`,
    ownBytes: wholeLines(workspaceBytes),
    scratchBytes: 0,
    reads: node.inputs,
    make: ({ memory, address }) => {
      // As softmax of nothing but -∞, which the graph states.
      const made = createAttention({ ...options, memory, forwardOnly: true, emptyQuery: "nan" });
      const [q, k, v, added] = node.inputs.map(address) as [number, number, number, number | undefined];
      const call = { ...{ q, k, v, mask: added }, o: address(node.output) };
      return { statedBytes: bytesMoved, run: () => made.forward(call) };
    },
  };
};

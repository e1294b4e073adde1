/**
 * Codistillation: two networks train at the same time, on parts of the data that need not be the same, and each also matches
 * what the other said when they last exchanged their weights. Unlike in mutual learning, what is matched may be old.
 */
import { z } from "zod";
import { add, mul } from "../../nn/tensor/functions/arithmetic.ts";
import { crossEntropy } from "../../nn/tensor/functions/softmax.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { softTerm } from "../losses/soft-targets.ts";
import { graduate, method } from "./method.ts";
import type { TappedNetwork, Trace } from "./network.ts";

export const codistillation = method({
  id: "codistillation",
  title: { en: "Codistillation", zh: "协同蒸馏" },
  paper: {
    authors: "Anil, Pereyra, Passos, Ormandi, Dahl & Hinton",
    year: 2018,
    title: "Large scale distributed neural network training through online distillation",
    arxiv: "1804.03235",
  },
  trains:
    "two networks of the student's kind, each on labels and on the other's answers of the last exchange; the first is judged",
  params: z.object({
    /** Steps between two exchanges; 1 is what a single machine can do. */
    refresh: z.int().min(1).default(1),
    /** Weight of the other's answers, once they count. */
    weight: z.number().min(0).default(1),
    /** Share of the training after which they count: before, there is nothing to learn from them. */
    burnIn: z.number().min(0).max(1).default(0.1),
  }),
  async train(room, { refresh, weight, burnIn }) {
    const networks = { student: room.network(), peer: room.network(room.student, "peer 0") };
    const stale = { student: room.network(), peer: room.network(room.student, "peer 0") };
    const begin = Math.floor(burnIn * room.epochs * room.steps);
    const old = (name: keyof typeof stale, { inputs }: { readonly inputs: Tensor }): Tensor =>
      room.engine.untracked(() => stale[name].forward(inputs, { training: false }));
    const curves = await room.fit({
      networks,
      loss(traces, batch, step) {
        if (step % refresh === 0)
          for (const name of ["student", "peer"] as const) copyWeights(networks[name], stale[name]);
        const own = ({ logits }: Trace): Tensor => crossEntropy(logits, batch.labels);
        const labels = add(own(traces.student), own(traces.peer));
        if (step < begin) return labels;
        const agree = add(
          softTerm(traces.student.logits, old("peer", batch), 1),
          softTerm(traces.peer.logits, old("student", batch), 1),
        );
        return add(labels, mul(agree, weight));
      },
    });
    return graduate(room, networks.student, curves);
  },
});

function copyWeights(from: TappedNetwork, to: TappedNetwork): void {
  for (const [name, { values }] of Object.entries(from.parameters)) to.parameters[name]?.values.set(values);
}

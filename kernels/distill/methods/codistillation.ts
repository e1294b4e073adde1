/**
 * Codistillation: two networks train at the same time, on parts of the data that need not be the same, and each also matches
 * what the other said when they last exchanged their weights. Unlike in mutual learning, what is matched may be old.
 */
import { z } from "zod";
import { add, mul } from "../../nn/tensor/functions/arithmetic.ts";
import { crossEntropy } from "../../nn/tensor/functions/softmax.ts";
import { sizeOf } from "../../nn/tensor/shapes.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { batchOf, type Examples } from "../../nn/train/examples.ts";
import { softTerm } from "../losses/soft-targets.ts";
import { graduate, method } from "./method.ts";
import type { TappedNetwork } from "./network.ts";

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
    /** Whether the two see halves of the examples that have none in common. */
    disjoint: z.boolean().default(false),
  }),
  async train(room, { refresh, weight, burnIn, disjoint }) {
    const { engine, shown } = room;
    const networks = { student: room.network(), peer: room.network(room.student, "peer 0") };
    const stale = { student: room.network(), peer: room.network(room.student, "peer 0") };
    const half = Math.floor(shown.labels.length / 2);
    const [own, others] = disjoint ? [part(shown, 0, half), part(shown, half, 2 * half)] : [shown, shown];
    const begin = Math.floor((burnIn * room.epochs * room.steps) / (disjoint ? 2 : 1));
    const old = (name: keyof typeof stale, { inputs }: { readonly inputs: Tensor }): Tensor =>
      engine.untracked(() => stale[name].forward(inputs, { training: false }));
    const curves = await room.fit({
      networks: { student: networks.student },
      parts: { peer: networks.peer },
      examples: own,
      loss({ student }, batch, step) {
        if (step % refresh === 0)
          for (const name of ["student", "peer"] as const) copyWeights(networks[name], stale[name]);
        const theirs = disjoint ? batchOf(engine, others, batch.rows) : batch;
        const peer = networks.peer.trace(theirs.inputs, { training: true });
        const labels = add(
          crossEntropy(student.logits, batch.labels),
          crossEntropy(peer.logits, theirs.labels),
        );
        if (step < begin) return labels;
        const agree = add(
          softTerm(student.logits, old("peer", batch), 1),
          softTerm(peer.logits, old("student", theirs), 1),
        );
        return add(labels, mul(agree, weight));
      },
    });
    return graduate(room, networks.student, curves);
  },
});

/** The examples from one number to before another, in memory that they share with all. */
function part(all: Examples, from: number, to: number): Examples {
  const width = sizeOf(all.shape);
  const labels = Array.from({ length: to - from }, (_, i) => all.labels[from + i] as number);
  return { ...all, inputs: all.inputs.subarray(from * width, to * width), labels };
}

function copyWeights(from: TappedNetwork, to: TappedNetwork): void {
  for (const [name, { values }] of Object.entries(from.parameters)) to.parameters[name]?.values.set(values);
}

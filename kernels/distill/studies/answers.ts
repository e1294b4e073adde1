/** What a network says of held examples once it was trained on labels: for experiments on answers, not on students. */
import type { Engine } from "../../nn/tensor/engine.ts";
import type { Examples } from "../../nn/train/examples.ts";
import { classroomOf } from "../methods/classroom.ts";
import type { NetworkSpec } from "../methods/network.ts";
import { onLabels } from "../methods/plain.ts";
import { batch, rate } from "./study.ts";

interface Schooling {
  readonly engine: Engine;
  readonly shown: Examples;
  readonly held: Examples;
  readonly epochs: number;
  readonly seed: number;
  random(label: string): () => number;
}

/** Logits of the held examples, row by row. */
export async function trainedAnswers(schooling: Schooling, student: NetworkSpec): Promise<Float32Array> {
  const room = classroomOf({
    ...schooling,
    student,
    batch,
    rate,
    teachers: [],
    shared: new Map(),
    others: {},
  });
  const network = room.network();
  await onLabels(room, network);
  return room.answers(network).held;
}

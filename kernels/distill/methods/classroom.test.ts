/** What a classroom says when a lesson goes wrong. */
import { expect, it } from "vitest";
import { Engine } from "../../nn/tensor/engine.ts";
import { crossEntropy } from "../../nn/tensor/functions/softmax.ts";
import { labelSeed, randomStream } from "../../random.ts";
import { studyExamples } from "../studies/examples.ts";
import { classroomOf } from "./classroom.ts";

const random = (label: string) => randomStream(labelSeed(5, label));
const engine = new Engine({ target: "wasm", arithmetic: "strict", bytes: 2 ** 24 });

const roomOf = () =>
  classroomOf({
    ...studyExamples({ set: "digits" }, { examples: 64, held: 20 }, random),
    ...{
      engine,
      random,
      seed: 1,
      teachers: [],
      shared: new Map(),
      epochs: 2,
      batch: 32,
      rate: 1e-2,
      others: {},
    },
    student: { kind: "mlp", hidden: [6, 5] },
  });

it.each(["0.1.weight", "1.0.bias"])("names the network and the parameter that is lost: %s", async (lost) => {
  const room = roomOf();
  const networks = { student: room.network(), peer: room.network() };
  const lesson = room.fit({
    networks,
    loss: ({ peer }, { labels }) => crossEntropy(peer.logits, labels),
    beforeEpoch(epoch) {
      if (epoch === 1) networks.peer.parameters[lost]?.values.fill(Number.NaN, 0, 1);
    },
  });
  await expect(lesson).rejects.toThrow(`parameter peer.${lost} is not finite`);
});

it("names the layer whose result overflows, though all parameters are finite", async () => {
  const room = roomOf();
  const student = room.network();
  const lesson = room.fit({
    networks: { student },
    loss: ({ student: { logits } }, { labels }) => crossEntropy(logits, labels),
    beforeEpoch(epoch) {
      if (epoch === 1) for (const { values } of Object.values(student.parameters)) values.fill(1e30);
    },
  });
  await expect(lesson).rejects.toThrow(/the result of layer student\.1(\.\d)? is not finite/);
});

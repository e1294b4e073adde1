/**
 * Losses on inner maps and on relations as methods: labels and the loss, weighted as RepDistiller's script weighs them for
 * all pairs of networks of CIFAR-100 (Tian et al. 2020). What lies between the two networks' features is losses/connect.ts.
 */
import { z } from "zod";
import type { Layer } from "../../nn/layers/layer.ts";
import { add, mul } from "../../nn/tensor/functions/arithmetic.ts";
import { crossEntropy } from "../../nn/tensor/functions/softmax.ts";
import { type Shape, sizeOf } from "../../nn/tensor/shapes.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { type Connection, connectionFor } from "../losses/connect.ts";
import type { DistillationLoss, LossPart, LossVariant } from "../losses/loss.ts";
import { losses } from "../losses/registry.ts";
import type { Classroom } from "./classroom.ts";
import { lossInputs } from "./loss-inputs.ts";
import { graduate, type Method, method } from "./method.ts";
import type { TappedNetwork, Trace } from "./network.ts";
import type { Teacher } from "./teacher.ts";

interface Use {
  readonly weight: number;
  /** Which blocks are compared: the last of those that both networks have, or each of them, the losses added up. */
  readonly blocks?: "last" | "each";
}

/**
 * Weights `-b` of RepDistiller's scripts/run_cifar_distill.sh; labels have 1, Hinton's term 0. CC and CRD are absent:
 * their weights there are for embeddings that a further layer makes, of length 1 and 128 features.
 */
const uses: Readonly<Record<string, Use>> = {
  fitnet: { weight: 100 },
  at: { weight: 1000, blocks: "each" },
  sp: { weight: 3000 },
  vid: { weight: 1, blocks: "each" },
  rkd: { weight: 1 },
  pkt: { weight: 30_000 },
  ft: { weight: 200 },
  nst: { weight: 50, blocks: "each" },
};

const params = z.object({ weight: z.number().min(0).optional() });

/** The methods of losses on features, one a loss. */
export const featureMethods: readonly Method[] = Object.entries(uses).map(([id, use]) => {
  const loss = losses.find((each) => each.id === id);
  const definition = loss?.variants.repdistiller;
  if (!loss || !definition?.needs)
    throw new RangeError(`expected a loss ${id}/repdistiller on features; found none`);
  return methodOf(loss, definition, use);
});

function methodOf({ id, title, paper }: DistillationLoss, definition: LossVariant, use: Use): Method {
  const made = method({
    id: `loss-${id}`,
    title,
    paper,
    trains: `the student, on the labels' cross-entropy and ${use.weight} times ${id}/repdistiller of the teacher's features`,
    params,
    teachers: () => 1,
    async train(room, { weight = use.weight }) {
      const student = room.network();
      const teacher = room.teachers[0] as Teacher;
      const bridges = tapsOf(definition, use, student, teacher).map((tap) =>
        bridge(room, definition, student, tap),
      );
      const curves = await room.fit({
        networks: { student },
        parts: Object.fromEntries(bridges.map(({ tap, layer }) => [`bridge ${tap}`, layer])),
        loss({ student: trace }, batch) {
          const terms = bridges.map((each) => each.loss(trace, teacher.of(batch, each.tap)));
          const sum = terms.reduce((total, term) => add(total, term));
          return add(crossEntropy(trace.logits, batch.labels), mul(sum, weight));
        },
      });
      return graduate(room, student, curves);
    },
  });
  return { ...made, defaults: { weight: use.weight, ...definition.defaults } };
}

/** The taps that a definition looks at: embeddings for rows, blocks for maps. */
function tapsOf(
  { needs }: LossVariant,
  { blocks = "last" }: Use,
  student: TappedNetwork,
  teacher: Teacher,
): readonly string[] {
  if (needs?.takes === "rows") return ["embedding"];
  const common = Object.entries(student.shapes)
    .filter(([tap, shape]) => shape.length === 3 && teacher.shapes[tap]?.length === 3)
    .map(([tap]) => tap);
  if (common.length === 0)
    throw new RangeError("expected networks with maps on both sides; found none in common");
  return blocks === "each" ? common : common.slice(-1);
}

/** What is trained between the two networks at a tap, and the loss there. */
interface Bridge {
  readonly tap: string;
  readonly layer: Layer;
  loss(trace: Trace, teacher: Tensor): Tensor;
}

function bridge(room: Classroom, definition: LossVariant, student: TappedNetwork, tap: string): Bridge {
  const needs = definition.needs as NonNullable<LossVariant["needs"]>;
  const [teacher] = room.teachers as readonly [Teacher];
  const batched = (shape: Shape = []): Shape => [2, ...shape];
  const way: Connection = connectionFor(needs, batched(student.shapes[tap]), batched(teacher.shapes[tap]));
  const own = needs.parts?.(way.student, way.teacher) ?? [];
  const parameters = startsOf(room, tap, [...way.parts, ...own]);
  const part = (name: string): Tensor => parameters[name] as Tensor;
  const named = Object.fromEntries(own.map(({ name }) => [name, part(name)]));
  return {
    tap,
    layer: { parameters, forward: (x) => x, cost: (output) => ({ output, flops: 0 }) },
    loss(trace, taught) {
      const sides = way.connect(trace[tap] as Tensor, taught, part);
      return definition.compute(lossInputs({ ...sides, ...named }), {}).loss;
    },
  };
}

function startsOf(
  room: Classroom,
  tap: string,
  parts: readonly LossPart[],
): Readonly<Record<string, Tensor>> {
  const random = room.random(`start of the bridge at ${tap}`);
  return Object.fromEntries(
    parts.map(({ name, shape, start, spread }) => {
      const values = Float32Array.from({ length: sizeOf(shape) }, () => start + spread * (2 * random() - 1));
      return [name, room.engine.parameter(shape, values)];
    }),
  );
}

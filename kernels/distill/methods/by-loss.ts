/**
 * Any loss of the registry as a method: labels and the loss, weighted as the authors' own training scripts weigh them. A
 * loss sees the student's and the teacher's logits under the names that it asks for.
 */
import { z } from "zod";
import { add, mul } from "../../nn/tensor/functions/arithmetic.ts";
import { crossEntropy } from "../../nn/tensor/functions/softmax.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import type { DistillationLoss } from "../losses/loss.ts";
import { losses } from "../losses/registry.ts";
import { lossInputs } from "./loss-inputs.ts";
import { graduate, type Method, method } from "./method.ts";
import type { Teacher } from "./teacher.ts";

/** How a loss is used: which definition, with which weights. */
interface Use {
  readonly variant: string;
  /** Weight of cross-entropy with the labels. */
  readonly hard: number;
  readonly weight: number;
  /** Share of the training over which the weight rises from 0 along a line. */
  readonly warmUp?: number;
  /** The parameters where they are not the definition's defaults. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** Where the weights stand. */
  readonly source: string;
}

/** Losses on outputs, in the setting that their authors report for CIFAR-100 unless said otherwise. */
export const outputUses: Readonly<Record<string, Use>> = {
  label_smoothing: { variant: "torch", hard: 0, weight: 1, source: "Szegedy et al. 2015, section 7" },
  mse_logits: { variant: "torch", hard: 0, weight: 1, source: "Ba & Caruana 2013: logits alone" },
  dkd: {
    ...{ variant: "mdistiller", hard: 1, weight: 1, warmUp: 20 / 240 },
    source: "megvii-research/mdistiller, configs/cifar100/dkd",
  },
  dist: { variant: "dist_kd", hard: 1, weight: 2, source: "Huang et al. 2022: beta = gamma = 2" },
  logit_std: {
    ...{ variant: "lskd-kd", hard: 0.1, weight: 9 },
    source: "sunshangquan/logit-standardization-KD: 0.1 and 9",
  },
  js: { variant: "formula", hard: 0.1, weight: 0.9, source: "weights of kd, no published ones" },
};

const useParams = z.object({
  hard: z.number().min(0).optional(),
  weight: z.number().min(0).optional(),
});

/** The method of a loss on outputs. */
function methodOf({ id, title, paper, kind, variants }: DistillationLoss, use: Use): Method {
  const { variant: name, source } = use;
  const definition = variants[name];
  if (!definition) throw new RangeError(`expected a definition of ${id}; found ${name}`);
  const made = method({
    id: `loss-${id}`,
    title,
    paper,
    trains: `the student, on ${use.hard} times the labels' cross-entropy and ${use.weight} times ${id}/${name} (${source})`,
    params: useParams,
    teachers: () => (kind === "labels" ? 0 : 1),
    async train(room, { hard = use.hard, weight = use.weight }) {
      const student = room.network();
      const [teacher] = room.teachers;
      const rising = (use.warmUp ?? 0) * room.epochs * room.steps;
      const curves = await room.fit({
        networks: { student },
        loss({ student: { logits } }, batch, step) {
          const inputs = lossInputs({
            ...{ student: logits, labels: batch.labels },
            ...(kind === "labels" ? { logits } : { teacher: (teacher as Teacher).of(batch) }),
          });
          const term = definition.compute(inputs, use.params ?? {}).loss;
          const risen = step < rising ? (weight * step) / rising : weight;
          return weighted(hard, () => crossEntropy(logits, batch.labels), mul(term, risen));
        },
      });
      return graduate(room, student, curves);
    },
  });
  return { ...made, defaults: { hard: use.hard, weight: use.weight, ...definition.defaults, ...use.params } };
}

const weighted = (hard: number, labels: () => Tensor, soft: Tensor): Tensor =>
  hard === 0 ? soft : add(mul(labels(), hard), soft);

/** One method a loss. */
export const lossMethods: readonly Method[] = Object.entries(outputUses).map(([id, use]) => {
  const loss = losses.find((each) => each.id === id);
  if (!loss) throw new RangeError(`expected a loss ${id} in the registry; found none`);
  return methodOf(loss, use);
});

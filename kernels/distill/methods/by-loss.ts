/**
 * Any loss of the registry as a method: labels and the loss, weighted as the authors' own training scripts weigh them. A
 * loss sees the student's and the teacher's logits under the names that it asks for.
 */
import { z } from "zod";
import { add, mul } from "../../nn/tensor/functions/arithmetic.ts";
import { crossEntropy } from "../../nn/tensor/functions/softmax.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import type { DistillationLoss, LossVariant } from "../losses/loss.ts";
import { losses } from "../losses/registry.ts";
import { total } from "../losses/rows.ts";
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
  /** What is added to it where the method is more than one definition: loss, definition, parameters. */
  readonly beside?: readonly (readonly [string, string, Readonly<Record<string, unknown>>])[];
  /** Where the weights stand. */
  readonly source: string;
}

/** The levels of mlkd, at each temperature of its paper. */
const levels = [2, 3, 4, 5, 6].flatMap((T) => [
  ["kd", "repdistiller", { T }] as const,
  ["mlkd", "batch-correlation", { T }] as const,
  ["mlkd", "class-correlation", { T }] as const,
]);

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
  mlkd: {
    ...{ variant: "class-correlation", hard: 0.1, weight: 0.9, params: { T: 4 } },
    beside: levels.filter(([, name, { T }]) => name !== "class-correlation" || T !== 4),
    source:
      "weights of kd; Jin et al. 2023: examples, batch and classes at T 2 to 6, here without stronger images",
  },
  skd: {
    ...{ variant: "direction-torchdistill", hard: 0, weight: 1 },
    // Directions leave open which class is which; without T^2, as in that sample, soft targets are too weak to say it.
    beside: [["kd", "repdistiller", { T: 4 }]],
    source:
      "yoshitomo-matsubara/torchdistill, configs/sample: beside soft targets at T 4, here with T^2; no labels",
  },
  js: { variant: "formula", hard: 0.1, weight: 0.9, source: "weights of kd, no published ones" },
};

const useParams = z.object({
  hard: z.number().min(0).optional(),
  weight: z.number().min(0).optional(),
});

/** The method of a loss on outputs. */
function methodOf({ id, title, paper, kind }: DistillationLoss, use: Use): Method {
  const { variant: name, source, beside = [] } = use;
  const definition = definitionOf(id, name);
  const terms = [[definition, use.params ?? {}] as const].concat(
    beside.map(([loss, variant, params]) => [definitionOf(loss, variant), params] as const),
  );
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
          const term = total(terms.map(([each, params]) => each.compute(inputs, params).loss));
          const risen = step < rising ? (weight * step) / rising : weight;
          return weighted(hard, () => crossEntropy(logits, batch.labels), mul(term, risen));
        },
      });
      return graduate(room, student, curves);
    },
  });
  return { ...made, defaults: { hard: use.hard, weight: use.weight, ...definition.defaults, ...use.params } };
}

/** @throws RangeError for a name that is none */
function definitionOf(id: string, name: string): LossVariant {
  const found = losses.find((each) => each.id === id)?.variants[name];
  if (!found) throw new RangeError(`expected a definition of ${id}; found ${name}`);
  return found;
}

const weighted = (hard: number, labels: () => Tensor, soft: Tensor): Tensor =>
  hard === 0 ? soft : add(mul(labels(), hard), soft);

/** One method a loss. */
export const lossMethods: readonly Method[] = Object.entries(outputUses).map(([id, use]) => {
  const loss = losses.find((each) => each.id === id);
  if (!loss) throw new RangeError(`expected a loss ${id} in the registry; found none`);
  return methodOf(loss, use);
});

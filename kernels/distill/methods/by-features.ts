/**
 * Losses on inner maps and on relations as methods: labels and the loss, weighted as published scripts weigh them. What
 * lies between the two networks' features is bridge.ts; what differs between losses stands in their `needs`.
 */
import { z } from "zod";
import { add, mul } from "../../nn/tensor/functions/arithmetic.ts";
import { crossEntropy } from "../../nn/tensor/functions/softmax.ts";
import type { DistillationLoss, LossNeeds, LossVariant } from "../losses/loss.ts";
import { losses } from "../losses/registry.ts";
import { bridge } from "./bridge.ts";
import { graduate, type Method, method } from "./method.ts";
import { beforeActivation, type TappedNetwork } from "./network.ts";
import type { Teacher } from "./teacher.ts";

interface Use {
  readonly weight: number;
  /** Which definition (default: repdistiller). */
  readonly variant?: string;
  /** Which blocks are compared: the last of those that both networks have, or each of them, the losses added up. */
  readonly blocks?: "last" | "each";
  /** Whether rows are the last map's channels, averaged over positions: what the published networks' last layer sees. */
  readonly pooled?: boolean;
  /** Share of the training over which the weight rises from 0 along a line. */
  readonly warmUp?: number;
  /** Where the weight stands, and what is otherwise there (default: RepDistiller). */
  readonly source?: string;
}

const repDistiller = "HobbitLong/RepDistiller, scripts/run_cifar_distill.sh";
const samples = "yoshitomo-matsubara/torchdistill, configs/sample";
/** There a stage of its own comes before labels; its authors' code leaves room for both at once. */
const together = `${repDistiller}: there before the labels, here beside them`;

/** Labels have the weight 1, Hinton's term 0; weights of RepDistiller are the same for all pairs of networks (Tian et al. 2020). */
const uses: Readonly<Record<string, Use>> = {
  fitnet: { weight: 100 },
  at: { weight: 1000, blocks: "each" },
  sp: { weight: 3000 },
  cc: { weight: 0.02, variant: "repdistiller-neighbour", pooled: true },
  vid: { weight: 1, blocks: "each" },
  rkd: { weight: 1 },
  pkt: { weight: 30_000 },
  ab: { weight: 1, source: together },
  ft: { weight: 200 },
  fsp: { weight: 50, source: together },
  nst: { weight: 50, blocks: "each" },
  kdsvd: { weight: 1, source: "no published one" },
  crd: { weight: 0.8, pooled: true },
  ickd: { weight: 500, variant: "torchdistill", source: `${samples}/ilsvrc2012: there beside kd` },
  kta: { weight: 1, variant: "affinity", source: `${samples}/coco2017: there beside translation` },
  pad: {
    weight: 1,
    variant: "torchdistill",
    pooled: true,
    source: `${samples}/ilsvrc2012: there after a stage of squared errors`,
  },
  srd: { weight: 1, variant: "torchdistill", pooled: true, source: `${samples}/ilsvrc2012` },
  reviewkd: {
    weight: 1,
    variant: "hcl-mdistiller",
    warmUp: 20 / 240,
    source: "megvii-research/mdistiller; its weights by pair are 1 and more",
  },
};

const params = z.object({ weight: z.number().min(0).optional() });

/** The methods of losses on features, one a loss. */
export const featureMethods: readonly Method[] = Object.entries(uses).map(([id, use]) => {
  const { variant = "repdistiller" } = use;
  const loss = losses.find((each) => each.id === id);
  const definition = loss?.variants[variant];
  if (!loss || !definition?.needs)
    throw new RangeError(`expected a loss ${id}/${variant} on features; found none`);
  return methodOf(loss, definition, use);
});

function methodOf({ id, title, paper }: DistillationLoss, definition: LossVariant, use: Use): Method {
  const { variant = "repdistiller", source = repDistiller, warmUp = 0, pooled = false } = use;
  const made = method({
    id: `loss-${id}`,
    title,
    paper,
    trains: `the student, on the labels' cross-entropy and ${use.weight} times ${id}/${variant} of the teacher's features (${source})`,
    params,
    teachers: () => 1,
    async train(room, { weight = use.weight }) {
      const student = room.network();
      const teacher = room.teachers[0] as Teacher;
      const rising = warmUp * room.epochs * room.steps;
      const bridges = tapsOf(definition.needs as LossNeeds, use, student, teacher).map((taps) =>
        bridge(room, { definition, params: {}, student, taps, pooled }),
      );
      const curves = await room.fit({
        networks: { student },
        parts: Object.fromEntries(bridges.map(({ name, layer }) => [`bridge ${name}`, layer])),
        loss({ student: trace }, batch, step) {
          const terms = bridges.map((each) => each.loss(trace, batch));
          const sum = terms.reduce((total, term) => add(total, term));
          const risen = step < rising ? (weight * step) / rising : weight;
          return add(crossEntropy(trace.logits, batch.labels), mul(sum, risen));
        },
      });
      return graduate(room, student, curves);
    },
  });
  return { ...made, defaults: { weight: use.weight, ...definition.defaults } };
}

/** The taps that a definition looks at, bridge by bridge: embeddings for rows, blocks for maps. */
function tapsOf(
  { takes, linear }: LossNeeds,
  { blocks = "last", pooled }: Use,
  student: TappedNetwork,
  teacher: Teacher,
): readonly (readonly string[])[] {
  if (takes === "rows" && !pooled) return [["embedding"]];
  const common = Object.entries(student.shapes)
    .filter(([tap, shape]) => shape.length === 3 && teacher.shapes[tap]?.length === 3)
    .map(([tap]) => tap)
    .filter((tap) => tap.endsWith(beforeActivation) === (linear === true));
  if (common.length === 0)
    throw new RangeError("expected networks with maps on both sides; found none in common");
  if (takes === "maps") return [common];
  return blocks === "each" ? common.map((tap) => [tap]) : [common.slice(-1)];
}

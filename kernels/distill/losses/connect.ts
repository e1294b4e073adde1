/**
 * What lies between a student's features and a loss that compares them with the teacher's: where sides that must agree do
 * not, channels and features go through a trained layer, and the larger image is averaged down. The layer for maps is the
 * connector of Heo et al. 2019 (arXiv 1904.01866), a convolution of 1x1 and batch normalisation; for rows it is linear.
 */
import { add } from "../../nn/tensor/functions/arithmetic.ts";
import { conv2d } from "../../nn/tensor/functions/conv.ts";
import { matmul } from "../../nn/tensor/functions/matmul.ts";
import { batchNorm } from "../../nn/tensor/functions/norms.ts";
import { adaptiveAveragePool2d } from "../../nn/tensor/functions/pool.ts";
import { type Shape, sizeOf } from "../../nn/tensor/shapes.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import type { LossNeeds, LossPart } from "./loss.ts";
import { constantPart, weightsPart } from "./maps.ts";
import { examples } from "./rows.ts";

/** A way from both sides' features to what a loss can compare. */
export interface Connection {
  /** What is trained on the way, beside the loss's own parts; none where sides agree. */
  readonly parts: readonly LossPart[];
  /** Shapes of what `connect` gives: those that the loss's own parts are made for. */
  readonly student: Shape;
  readonly teacher: Shape;
  /** Both sides as the loss takes them, and what it asks to be predicted of the student's; the parts by their names. */
  connect(student: Tensor, teacher: Tensor, part: (name: string) => Tensor): Connected;
}

export type Connected = Readonly<Record<string, Tensor>> & {
  readonly student: Tensor;
  readonly teacher: Tensor;
};

type Step = (x: Tensor, part: (name: string) => Tensor) => Tensor;
const same: Step = (x) => x;

/** The way for features of these shapes, batch first; names of its parts begin with `prefix`. */
export function connectionFor(
  needs: LossNeeds,
  student: Shape,
  teacher: Shape,
  prefix = "connect",
): Connection {
  if (needs.takes === "rows") return rowConnection(needs, flat(student), flat(teacher), prefix);
  if (needs.takes === "states")
    return { parts: [], student, teacher, connect: (s, t) => ({ student: s, teacher: t }) };
  return mapConnection(needs, student, teacher, prefix);
}

const flat = (shape: Shape): Shape => [shape[0] as number, sizeOf(shape.slice(1))];

function rowConnection(needs: LossNeeds, student: Shape, teacher: Shape, prefix: string): Connection {
  const [from, to] = [student[1] as number, teacher[1] as number];
  const { embedded, normalised, predicted = [] } = needs;
  const asked = needs.alike.includes("features") && from !== to ? to : from;
  const mine = linear(
    embedded === undefined ? prefix : `${prefix}.student`,
    from,
    embedded ?? asked,
    embedded,
  );
  const theirs = linear(`${prefix}.teacher`, to, embedded ?? to, embedded);
  const branches = predicted.map((name) => [name, predictor(`${prefix}.${name}`, from, to)] as const);
  const even = (x: Tensor): Tensor =>
    normalised === undefined ? x : batchNorm(x, { training: true, epsilon: normalised });
  return {
    parts: [mine, theirs, ...branches.map(([, branch]) => branch)].flatMap(({ parts }) => parts),
    student: [student[0] as number, embedded ?? asked],
    teacher: [teacher[0] as number, embedded ?? to],
    connect(s, t, part) {
      const rows = examples(s);
      return {
        ...Object.fromEntries(branches.map(([name, { step }]) => [name, step(rows, part)])),
        student: even(mine.step(rows, part)),
        teacher: even(theirs.step(examples(t), part)),
      };
    },
  };
}

interface Trained {
  readonly parts: readonly LossPart[];
  readonly step: Step;
}

/** A linear layer; none where widths are equal, unless it is wanted all the same. */
function linear(name: string, from: number, to: number, always?: number): Trained {
  if (from === to && always === undefined) return { parts: [], step: same };
  const [weight, bias] = [`${name}.weight`, `${name}.bias`];
  return {
    parts: [weightsPart(weight, [to, from], from), weightsPart(bias, [to], from)],
    step: (x, part) => add(matmul(x, part(weight), { transposeB: true }), part(bias)),
  };
}

/** Linear without a bias, which the batch normalisation behind it would take off. */
function predictor(name: string, from: number, to: number): Trained {
  const [weight, scale, shift] = [`${name}.weight`, `${name}.bn.weight`, `${name}.bn.bias`];
  return {
    parts: [
      weightsPart(weight, [to, from], from),
      constantPart(scale, [to], 1),
      constantPart(shift, [to], 0),
    ],
    step: (x, part) =>
      batchNorm(matmul(x, part(weight), { transposeB: true }), {
        ...{ training: true, weight: part(scale), bias: part(shift) },
      }),
  };
}

function mapConnection(needs: LossNeeds, student: Shape, teacher: Shape, prefix: string): Connection {
  const [batch, from, height, width] = student as [number, number, number, number];
  const [, to, rows, columns] = teacher as [number, number, number, number];
  const trained = needs.alike.includes("channels") && from !== to;
  const square = height === width && rows === columns;
  const sized =
    needs.alike.includes("height") || needs.alike.includes("width") || (needs.squares === true && !square);
  const [y, x] = [Math.min(height, rows), Math.min(width, columns)];
  const names = { weight: `${prefix}.weight`, scale: `${prefix}.bn.weight`, shift: `${prefix}.bn.bias` };
  const pooled = (map: Tensor): Tensor =>
    sized && (map.shape[2] !== y || map.shape[3] !== x) ? adaptiveAveragePool2d(map, y, x) : map;
  const step: Step = trained
    ? (map, part) =>
        batchNorm(conv2d(map, part(names.weight)), {
          training: true,
          weight: part(names.scale),
          bias: part(names.shift),
        })
    : same;
  return {
    parts: trained
      ? [
          weightsPart(names.weight, [to, from, 1, 1], from),
          constantPart(names.scale, [to], 1),
          constantPart(names.shift, [to], 0),
        ]
      : [],
    student: [batch, trained ? to : from, ...(sized ? [y, x] : [height, width])],
    teacher: [batch, to, ...(sized ? [y, x] : [rows, columns])],
    connect: (s, t, part) => ({ student: step(pooled(s), part), teacher: pooled(t) }),
  };
}

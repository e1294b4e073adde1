/**
 * The way of knowledge review between the student's maps and the loss: each is fused with the deeper ones, and brought to
 * the channels and size of the teacher's (reviewkd.ts). Widths and starts are those of the authors' code.
 */
import type { Shape } from "../../nn/tensor/shapes.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import type { LossInputs, LossPart } from "./loss.ts";
import { constantPart, weightsPart } from "./maps.ts";
import { attentionFusion } from "./reviewkd.ts";

/** Beyond, the authors' maps between the two convolutions are no wider. */
const widest = 512;

export interface Fusion {
  readonly parts: readonly LossPart[];
  /** Maps of the teacher's shapes, both lists from the input to the output. */
  fuse(maps: readonly Tensor[], part: (name: string) => Tensor): readonly Tensor[];
}

/** The fusion of square maps [batch, channels, side, side]. */
export function fusionFor(students: readonly Shape[], teachers: readonly Shape[]): Fusion {
  const deepest = students.length - 1;
  const middle = Math.min(widest, students[deepest]?.[1] as number);
  const names = students.map((student, i) =>
    partsOf(`fusion.${i}`, {
      ...{ from: student[1] as number, middle, to: teachers[i]?.[1] as number, last: i === deepest },
    }),
  );
  return {
    parts: names.flat(),
    fuse(maps, part) {
      const made: Tensor[] = [];
      let residual: Tensor | undefined;
      for (let i = deepest; i >= 0; i--) {
        const x = maps[i] as Tensor;
        const inputs = inputsOf((name) => part(`fusion.${i}.${name}`), x, residual);
        const { y, x_fused } = attentionFusion(inputs, { out_shape: teachers[i]?.[3] });
        made.unshift(y);
        residual = x_fused;
      }
      return made;
    },
  };
}

/** Uniform with the variance 1 / inputs, as the authors start convolutions. */
const conv = (name: string, shape: Shape, inputs: number): LossPart => weightsPart(name, shape, inputs / 3);

function partsOf(
  name: string,
  {
    from,
    middle,
    to,
    last,
  }: { readonly from: number; readonly middle: number; readonly to: number; readonly last: boolean },
): readonly LossPart[] {
  const norm = (layer: string, channels: number): readonly LossPart[] => [
    constantPart(`${name}.${layer}.weight`, [channels], 1),
    constantPart(`${name}.${layer}.bias`, [channels], 0),
  ];
  return [
    conv(`${name}.conv1.0.weight`, [middle, from, 1, 1], from),
    ...norm("conv1.1", middle),
    conv(`${name}.conv2.0.weight`, [to, middle, 3, 3], 9 * middle),
    ...norm("conv2.1", to),
    // The deepest map has none to be mixed with.
    ...(last
      ? []
      : [
          weightsPart(`${name}.att_conv.0.weight`, [2, 2 * middle, 1, 1], 2 * middle),
          weightsPart(`${name}.att_conv.0.bias`, [2], 2 * middle),
        ]),
  ];
}

/** What the fusion asks for by name. */
const inputsOf = (
  tensor: (name: string) => Tensor,
  x: Tensor,
  residual: Tensor | undefined,
): Pick<LossInputs, "tensor" | "find"> => ({
  tensor: (name) => (name === "x" ? x : tensor(name)),
  find: () => residual,
});

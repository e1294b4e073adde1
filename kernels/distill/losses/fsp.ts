/**
 * Flow of solution procedure: how the channels of two layers go together, as a matrix for each example. The paper sums
 * squares with 1 / (h w) and averages over examples; RepDistiller takes the mean of squares and averages the larger map
 * down, torchdistill the norms of columns (not squared) and takes maxima; TextBrewer does it with states of tokens.
 */
import { z } from "zod";
import { mul } from "../../nn/tensor/functions/arithmetic.ts";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { matmul } from "../../nn/tensor/functions/matmul.ts";
import { concat, reshape } from "../../nn/tensor/functions/move.ts";
import { adaptiveMaxPool2d } from "../../nn/tensor/functions/pool.ts";
import { sum } from "../../nn/tensor/functions/reduce.ts";
import { div, square, sub, mul as times } from "../../nn/tensor/scalar.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { maskOf } from "./bert-intermediate.ts";
import { type DistillationLoss, type LossInputs, lossVariant } from "./loss.ts";
import { planesOf, sameSize, sidesOf } from "./maps.ts";
import { meanSquare, rootOf, total } from "./rows.ts";

/** One map and the one behind it. */
type Pair = readonly [Tensor, Tensor];

/** Both down to the smaller height and the smaller width, by the maxima of bins. */
function sameSizeByMaxima(pair: Pair): Pair {
  const sides = pair.map((x) => sidesOf(x).slice(2)) as [number[], number[]];
  const [height, width] = [0, 1].map((i) => Math.min(sides[0][i] as number, sides[1][i] as number)) as [
    number,
    number,
  ];
  return pair.map((x, i) =>
    sides[i]?.[0] === height && sides[i]?.[1] === width ? x : adaptiveMaxPool2d(x, height, width),
  ) as unknown as Pair;
}

/** Mean over the positions of the products of channels: [batch, channels of the first, of the second]. */
function flow([first, second]: Pair): Tensor {
  const [a, b] = [planesOf(first), planesOf(second)];
  return mul(matmul(a, b, { transposeB: true }), 1 / (a.shape[2] as number));
}

/** Both sides' pairs of a list, `step` apart: each with its neighbour, or two by two. */
function pairsOf(inputs: LossInputs, step: 1 | 2): readonly { readonly s: Pair; readonly t: Pair }[] {
  const [students, teachers] = [inputs.list("student"), inputs.list("teacher")];
  const count = students.length;
  if (count < 2 || count !== teachers.length || (step === 2 && count % 2 !== 0))
    throw new RangeError(
      `expected as many maps of either side, ${step === 2 ? "two by two" : "at least two"}; ` +
        `found ${count} and ${teachers.length}`,
    );
  const at = (list: readonly Tensor[], i: number): Pair => [list[i] as Tensor, list[i + 1] as Tensor];
  return Array.from({ length: step === 1 ? count - 1 : count / 2 }, (_, i) => ({
    s: at(students, i * step),
    t: at(teachers, i * step),
  }));
}

function neighbours(inputs: LossInputs) {
  const flows = pairsOf(inputs, 1).map(({ s, t }) => [flow(sameSize(...s)), flow(sameSize(...t))] as const);
  const pair_losses = concat(flows.map(([s, t]) => reshape(meanSquare(s, t), [1])));
  return { loss: sum(pair_losses), outputs: { pair_losses } };
}

function columns(inputs: LossInputs, weights: readonly number[] | undefined): Tensor {
  const terms = pairsOf(inputs, 2).map(({ s, t }, i) => {
    const squares = map([flow(sameSizeByMaxima(s)), flow(sameSizeByMaxima(t))], (a, b) => square(sub(a, b)));
    const norms = map([sum(squares, { over: [1] })], rootOf);
    return mul(sum(norms), (weights?.[i] ?? 1) / (norms.shape[0] as number));
  });
  return total(terms);
}

/** S0^T S1 over the length, of states [batch, length, width]; padding counts nowhere. */
function stateFlow([first, second]: readonly Tensor[], mask: Tensor | undefined): Tensor {
  const [a, b] = [first, second] as [Tensor, Tensor];
  const [batch, length] = a.shape as [number, number];
  if (!mask) return mul(matmul(a, b, { transposeA: true }), 1 / length);
  const real = reshape(mask, [batch, length, 1]);
  const shown = (states: Tensor): Tensor => map([states, real], times);
  return map([matmul(shown(a), shown(b), { transposeA: true }), sum(real, { over: [1], keep: true })], div);
}

export const fsp: DistillationLoss = {
  id: "fsp",
  title: { en: "Flow of solution procedure", zh: "求解过程流（FSP）" },
  kind: "relations",
  paper: {
    authors: "Yim, Joo, Bae & Kim",
    year: 2017,
    title:
      "A Gift from Knowledge Distillation: Fast Optimization, Network Minimization and Transfer Learning",
  },
  variants: {
    repdistiller: lossVariant(
      "HobbitLong/RepDistiller",
      "sum over neighbouring maps of mean (G_s - G_t)^2, G_ij = mean over positions of x_i y_j; the larger map averaged down",
      z.object({}),
      neighbours,
      { takes: "maps", alike: ["channels"] },
    ),
    torchdistill: lossVariant(
      "yoshitomo-matsubara/torchdistill",
      "1/B sum over pairs (2i, 2i + 1) of weight sum_nj |G_s[n,:,j] - G_t[n,:,j]|; the larger map by maxima",
      z.object({ weights: z.array(z.number()).optional() }),
      (inputs, { weights }) => columns(inputs, weights),
      { takes: "maps", alike: ["channels"] },
    ),
    textbrewer: lossVariant(
      "airaria/TextBrewer",
      "mean (G_s - G_t)^2, G = S0^T S1 / length of two layers' states; a mask leaves out padding",
      z.object({}),
      (inputs) => {
        const mask = maskOf(inputs);
        return meanSquare(stateFlow(inputs.list("student"), mask), stateFlow(inputs.list("teacher"), mask));
      },
      { takes: "states", alike: ["features"] },
    ),
  },
};

/**
 * Deep mutual learning: networks of the same batch teach one another, each with the others' predictions as constants.
 * The authors' TensorFlow code has an epsilon inside the logarithm and adds up over the peers; the PyTorch port, as the
 * paper, takes their mean.
 */
import { z } from "zod";
import { add, mul } from "../../nn/tensor/functions/arithmetic.ts";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { concat, detach, reshape } from "../../nn/tensor/functions/move.ts";
import { mean, sum } from "../../nn/tensor/functions/reduce.ts";
import { crossEntropy, logSoftmax } from "../../nn/tensor/functions/softmax.ts";
import { div, exp, log, add as plus, mul as times } from "../../nn/tensor/scalar.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { type DistillationLoss, type LossInputs, type LossResult, lossVariant } from "./loss.ts";
import { divergence } from "./soft-targets.ts";

/** In the authors' code, for probabilities of 0. */
const epsilon = 1e-8;

/** How far a network's logarithms of predictions are from a peer's: the rows' shape. */
type Distance = (peer: Tensor, own: Tensor) => Tensor;

const withEpsilon: Distance = (peer, own) =>
  sum(
    map([peer, own], (p, q) => times(exp(p), log(plus(div(exp(p), plus(exp(q), epsilon)), epsilon)))),
    { over: [-1] },
  );

/** `net0`, `net1` … @throws RangeError for fewer than two */
function networksOf(inputs: LossInputs): readonly Tensor[] {
  const networks = [inputs.tensor("net0"), inputs.tensor("net1")];
  for (let next = inputs.find("net2"); next; next = inputs.find(`net${networks.length}`)) networks.push(next);
  return networks;
}

/** Every network's loss, and their sum, whose gradient to a network is that of its own loss alone. */
function mutual(inputs: LossInputs, distance: Distance, shareOf: (peers: number) => number): LossResult {
  const networks = networksOf(inputs);
  const share = shareOf(networks.length - 1);
  const logs = networks.map((logits) => logSoftmax(logits));
  const labels = inputs.indices("labels", networks[0]?.shape.at(-1) as number);
  const each = networks.map((logits, i) =>
    logs
      .filter((_, j) => j !== i)
      .map((peer) => mul(mean(distance(detach(peer), logs[i] as Tensor)), share))
      .reduce((total, term) => add(total, term), crossEntropy(logits, labels)),
  );
  const net_losses = concat(each.map((loss) => reshape(loss, [1])));
  return { loss: sum(net_losses), outputs: { net_losses } };
}

export const dml: DistillationLoss = {
  id: "dml",
  title: { en: "Deep mutual learning", zh: "深度互学习" },
  kind: "logits",
  paper: {
    authors: "Zhang, Xiang, Hospedales & Lu",
    year: 2017,
    title: "Deep Mutual Learning",
    arxiv: "1706.00384",
  },
  variants: {
    pytorch: lossVariant(
      "chxy95/Deep-Mutual-Learning",
      "sum_i L_i, L_i = CE(net_i, y) + 1 / (nets - 1) sum_{j != i} mean_n KL(p_j || p_i), p_j constant in L_i",
      z.object({}),
      (inputs) => mutual(inputs, divergence, (peers) => 1 / peers),
    ),
    "tensorflow-eps": lossVariant(
      "YingZhangDUT/Deep-Mutual-Learning",
      "sum_i L_i, L_i = CE(net_i, y) + sum_{j != i} mean_n sum_k p_j log(1e-8 + p_j / (p_i + 1e-8))",
      z.object({}),
      (inputs) => mutual(inputs, withEpsilon, () => 1),
    ),
  },
};

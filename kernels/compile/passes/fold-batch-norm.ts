/**
 * Batch normalisation at inference is a factor and a summand for each channel. Behind a convolution or a product with
 * constant weights the factor goes into the weights and the summand into the bias (Jacob et al., arXiv:1712.05877,
 * section 3.2); elsewhere it becomes one multiply and one add, which fusion puts where they cost nothing.
 */
import { type GraphNode, lengthOf, type Tensor, type TensorType } from "../graph.ts";
import { inferTypes, type Types } from "../infer.ts";
import { type Pass, Rewriting } from "./pass.ts";

export const foldBatchNorm: Pass = {
  id: "fold-batch-norm",
  title: "puts batch normalisation into the weights before it",
  run: (graph) => {
    const types = inferTypes(graph);
    const rewriting = new Rewriting(graph);
    for (const node of graph.nodes) {
      const affine = affineOf(node, rewriting);
      if (affine) rewriteNorm(rewriting, node, affine, types);
    }
    return rewriting.finish();
  },
};

/** y = factor x + summand, a number for each channel. */
interface Affine {
  readonly factor: Float64Array;
  readonly summand: Float64Array;
}

function affineOf(node: GraphNode, { constants }: Rewriting): Affine | undefined {
  if (node.operation.op !== "batch-norm") return undefined;
  const { epsilon } = node.operation;
  const [scale, shift, mean, variance] = node.inputs.slice(1).map((name) => constants.get(name)?.data);
  if (!scale || !shift || !mean || !variance) return undefined;
  const factor = Float64Array.from(
    scale,
    (value, at) => value / Math.sqrt((variance[at] as number) + epsilon),
  );
  const summand = factor.map((value, at) => (shift[at] as number) - (mean[at] as number) * value);
  return { factor, summand };
}

function rewriteNorm(rewriting: Rewriting, node: GraphNode, affine: Affine, types: Types): void {
  const x = node.inputs[0] as string;
  const biased = biasedLayer(rewriting, node, x, types);
  const layer = biased?.layer ?? weightedLayer(rewriting, x, node, types);
  const rank = (types.get(node.output) as TensorType).shape.length;
  const perChannel = (data: Float64Array): Tensor => ({
    element: "f32",
    shape: [data.length, ...new Array<number>(Math.max(0, rank - 2)).fill(1)],
    data: Float32Array.from(data),
  });
  if (!layer) {
    const factor = rewriting.addConstant(`${node.name}.factor`, perChannel(affine.factor));
    const summand = rewriting.addConstant(`${node.name}.summand`, perChannel(affine.summand));
    const steps = [
      { apply: "mul", of: [0, 1] },
      { apply: "add", of: [3, 2] },
    ] as const;
    const operation = { op: "pointwise", expression: { operands: 3, steps } } as const;
    rewriting.replace(node, { ...node, operation, inputs: [x, factor, summand] });
    return;
  }
  const weights = rewriting.constants.get(layer.inputs[1] as string) as Tensor;
  const scaled = rewriting.addConstant(
    `${layer.inputs[1]}.folded`,
    scaledWeights(layer, weights, affine.factor),
  );
  const summand = affine.summand.map(
    (value, at) => value + (affine.factor[at] as number) * (biased?.bias(at) ?? 0),
  );
  const bias = rewriting.addConstant(`${node.name}.bias`, perChannel(summand));
  const [input] = layer.inputs as [string];
  if (biased) rewriting.replace(biased.node);
  rewriting.replace(layer, { ...layer, inputs: [input, scaled] });
  const add = { operands: 2, steps: [{ apply: "add", of: [0, 1] }] } as const;
  rewriting.replace(node, {
    ...node,
    operation: { op: "pointwise", expression: add },
    inputs: [layer.output, bias],
  });
}

/** The layer with constant weights that makes a tensor for this reader alone. */
function weightedLayer(
  rewriting: Rewriting,
  name: string,
  reader: GraphNode,
  types: Types,
): GraphNode | undefined {
  const layer = rewriting.maker(name);
  if (!layer || !rewriting.isReadByAlone(name, reader)) return undefined;
  const { operation } = layer;
  if ((operation.op !== "conv" && operation.op !== "product") || operation.epilogue) return undefined;
  const weights = rewriting.constants.get(layer.inputs[1] as string);
  // Channels are side 1 of the normalised tensor: a product's columns only where its result is a matrix.
  const fits = weights && (operation.op === "conv" || types.get(name)?.shape.length === 2);
  return fits ? layer : undefined;
}

/** The same with a bias added in between: the sum's node, the layer, and the bias of each channel. */
function biasedLayer(rewriting: Rewriting, reader: GraphNode, name: string, types: Types) {
  const node = rewriting.maker(name);
  if (node?.operation.op !== "pointwise" || !rewriting.isReadByAlone(name, reader)) return undefined;
  const { steps } = node.operation.expression;
  if (steps.length !== 1 || steps[0]?.apply !== "add" || node.inputs.length !== 2) return undefined;
  for (const [sum, added] of [node.inputs, [...node.inputs].reverse()] as [string, string][]) {
    const layer = weightedLayer(rewriting, sum, node, types);
    const bias = rewriting.constants.get(added);
    const output = types.get(name);
    if (!layer || !bias || !output || !sameResult(types, sum, name)) continue;
    const channels = output.shape[1] as number;
    // Aligned at the end, the bias has its channels where the result has them, or is one number for all.
    const place = bias.shape.length - (output.shape.length - 1);
    const one = lengthOf(bias) === 1;
    if (!one && !(lengthOf(bias) === channels && bias.shape[place] === channels)) continue;
    return { node, layer, bias: (at: number): number => bias.data[one ? 0 : at] as number };
  }
  return undefined;
}

function sameResult(types: Types, left: string, right: string): boolean {
  return types.get(left)?.shape.join() === types.get(right)?.shape.join();
}

/** Weights with each output channel's share multiplied: by rows of the stored matrix, or by its columns. */
function scaledWeights({ operation }: GraphNode, weights: Tensor, factor: Float64Array): Tensor {
  const rows = weights.shape[0] as number;
  const columns = lengthOf(weights) / rows;
  const byRow = operation.op === "conv" || (operation.op === "product" && operation.transposeB);
  const data = new Float32Array(weights.data);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column;
      data[at] = (data[at] as number) * (factor[byRow ? row : column] as number);
    }
  return { ...weights, data };
}

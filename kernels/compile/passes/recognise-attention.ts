/**
 * Finds attention where it is written out: a product of queries and keys, a factor, a mask, softmax, a product with values.
 * As one operation its scores are never in memory. Transpositions that lay heads apart or together are taken into it: it
 * reads and writes heads where they lie.
 */
import type { Attention, GraphNode, Product, TensorType } from "../graph.ts";
import { inferTypes, type Types } from "../infer.ts";
import { type Pass, Rewriting } from "./pass.ts";

export const recogniseAttention: Pass = {
  id: "recognise-attention",
  title: "finds attention that is written out",
  run: (graph) => {
    const types = inferTypes(graph);
    const rewriting = new Rewriting(graph);
    for (const node of graph.nodes) {
      const found = attentionAt(rewriting, node, types);
      if (found) rewriting.replace(found.last, ...found.nodes);
    }
    return rewriting.finish();
  },
};

type Layout = "heads" | "tokens";

/** An operand and how it lies. */
interface Operand {
  readonly name: string;
  readonly layout: Layout;
}

interface Found {
  /** The node in whose place the attention comes. */
  readonly last: GraphNode;
  readonly nodes: readonly GraphNode[];
}

/** The attention whose product with values this node is. */
function attentionAt(rewriting: Rewriting, node: GraphNode, types: Types): Found | undefined {
  const shares = plainProduct(node);
  if (!shares || shares.transposeA || shares.transposeB) return undefined;
  const [weights, values] = node.inputs as [string, string];
  const softmax = madeFor(rewriting, weights, node);
  const rank = rankOf(types, weights);
  if (softmax?.operation.op !== "softmax" || softmax.operation.axis !== rank - 1 || rank > 4)
    return undefined;
  const masked = unmasked(rewriting, softmax, types);
  const scaled = masked && unscaled(rewriting, masked.reader, masked.scores);
  const first = scaled && madeFor(rewriting, scaled.scores, scaled.reader);
  const scores = first && plainProduct(first);
  if (!masked || !scaled || !scores || scores.transposeA) return undefined;
  const [queries, keys] = first.inputs as [string, string];
  if (!sameStacks([queries, keys, values], types, rank)) return undefined;
  const [q, v] = [operandOf(rewriting, queries), operandOf(rewriting, values)];
  const k = scores.transposeB ? { ...operandOf(rewriting, keys), before: [] } : keysOf(rewriting, keys, rank);
  const merged = mergedHeads(rewriting, node, rank);
  const last = merged ?? node;
  const operation: Attention = {
    ...{ op: "attention", scale: scaled.factor },
    layouts: { q: q.layout, k: k.layout, v: v.layout, o: merged ? "tokens" : "heads" },
  };
  const inputs = [q.name, k.name, v.name, ...masked.mask];
  return { last, nodes: [...k.before, { ...last, operation, inputs }] };
}

/** A product with nothing behind its sums. */
function plainProduct({ operation }: GraphNode): Product | undefined {
  return operation.op === "product" && !operation.epilogue ? operation : undefined;
}

/** The maker of a tensor that this one node reads and nobody else. */
function madeFor(rewriting: Rewriting, name: string, reader: GraphNode): GraphNode | undefined {
  return rewriting.isReadByAlone(name, reader) ? rewriting.maker(name) : undefined;
}

const rankOf = (types: Types, name: string): number => types.get(name)?.shape.length ?? 0;

/** Scores before a mask was added, that mask, and the node that reads those scores. */
function unmasked(rewriting: Rewriting, softmax: GraphNode, types: Types) {
  const [name] = softmax.inputs as [string];
  const sum = madeFor(rewriting, name, softmax);
  if (!sum || stepOf(sum) !== "add" || sum.inputs.length !== 2)
    return { scores: name, mask: [], reader: softmax };
  const sides = (types.get(name) as TensorType).shape;
  for (const [scores, mask] of [sum.inputs, [...sum.inputs].reverse()] as [string, string][]) {
    const whole = types.get(scores)?.shape.join() === sides.join();
    if (whole && leadsToProduct(rewriting, scores, sum)) return { scores, mask: [mask], reader: sum };
  }
  return undefined;
}

/** Whether a tensor is a product, times a number or not: what a mask is added to. */
function leadsToProduct(rewriting: Rewriting, scores: string, reader: GraphNode): boolean {
  const scaled = unscaled(rewriting, reader, scores);
  return madeFor(rewriting, scaled.scores, scaled.reader)?.operation.op === "product";
}

/** Scores before they were multiplied or divided by a number, and that factor. */
function unscaled(rewriting: Rewriting, reader: GraphNode, scores: string) {
  const none = { scores, factor: 1, reader };
  const node = madeFor(rewriting, scores, reader);
  const apply = node && stepOf(node);
  if (node?.inputs.length !== 2 || (apply !== "mul" && apply !== "div")) return none;
  const [left, right] = node.inputs as [string, string];
  const [ofLeft, ofRight] = [scalar(rewriting, left), scalar(rewriting, right)];
  if (ofRight !== undefined)
    return { scores: left, factor: apply === "mul" ? ofRight : 1 / ofRight, reader: node };
  return apply === "mul" && ofLeft !== undefined ? { scores: right, factor: ofLeft, reader: node } : none;
}

/** The function of a node of one step on two operands in their order. */
function stepOf({ operation }: GraphNode): string | undefined {
  if (operation.op !== "pointwise" || operation.expression.steps.length !== 1) return undefined;
  const [step] = operation.expression.steps;
  return step?.of.join() === "0,1" ? step.apply : undefined;
}

function scalar(rewriting: Rewriting, name: string): number | undefined {
  const tensor = rewriting.constants.get(name);
  return tensor?.data.length === 1 ? tensor.data[0] : undefined;
}

/** Products broadcast their stacks; attention does not. */
function sameStacks(names: readonly string[], types: Types, rank: number): boolean {
  const stacks = names.map((name) => types.get(name)?.shape.slice(0, -2).join());
  return names.every((name) => rankOf(types, name) === rank) && new Set(stacks).size === 1;
}

/** [batch, head, token, element] from [batch, token, head, element], and the way back. */
const headsApart = "0,2,1,3";
/** The same with keys turned over, as the right operand of a product. */
const keysTurned = "0,2,3,1";

const permutationOf = (node: GraphNode | undefined): string | undefined =>
  node?.operation.op === "transpose" ? node.operation.permutation.join() : undefined;

/** An operand where it lies: before a transposition that laid its heads apart. */
function operandOf(rewriting: Rewriting, name: string): Operand {
  const maker = rewriting.maker(name);
  return maker && permutationOf(maker) === headsApart
    ? { name: maker.inputs[0] as string, layout: "tokens" }
    : { name, layout: "heads" };
}

/** Keys by rows from keys by columns: before the transposition that turned them, or turned back. */
function keysOf(
  rewriting: Rewriting,
  name: string,
  rank: number,
): Operand & { readonly before: readonly GraphNode[] } {
  const maker = rewriting.maker(name);
  if (maker && permutationOf(maker) === keysTurned)
    return { name: maker.inputs[0] as string, layout: "tokens", before: [] };
  const permutation = Array.from({ length: rank }, (_, side) => side);
  permutation.push(...(permutation.splice(-2).reverse() as number[]));
  if (maker && permutationOf(maker) === permutation.join())
    return { ...operandOf(rewriting, maker.inputs[0] as string), before: [] };
  const output = rewriting.fresh(`${name}.rows`);
  const turned: GraphNode = {
    ...{ name: output, operation: { op: "transpose", permutation } },
    ...{ inputs: [name], output },
  };
  return { name: output, layout: "heads", before: [turned] };
}

/** The transposition that lays heads together again, where it alone reads the result. */
function mergedHeads(rewriting: Rewriting, node: GraphNode, rank: number): GraphNode | undefined {
  if (rank !== 4 || rewriting.isOutput(node.output)) return undefined;
  const readers = rewriting.nodes.filter(({ inputs }) => inputs.includes(node.output));
  return readers.length === 1 && permutationOf(readers[0]) === headsApart ? readers[0] : undefined;
}

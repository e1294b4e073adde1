/** The table of lowerings: how each kind of operation runs. */
import type { GraphNode, OperationKind } from "../graph.ts";
import { attention } from "./attention.ts";
import { conv } from "./convolution.ts";
import type { Lowering, NodePlan, Planning } from "./lowering.ts";
import { cast, concat, expand, gather, pad, reshape, slice, transpose } from "./movement.ts";
import { pointwise } from "./pointwise.ts";
import { product } from "./product.ts";
import { layerNorm, pool, reduce, softmax } from "./rows.ts";
import { unsupported } from "./unsupported.ts";

const lowerings: { readonly [K in OperationKind]: Lowering<K> } = {
  pointwise,
  conv,
  product,
  "batch-norm": (node) =>
    unsupported(node, "constant parameters, which the pass fold-batch-norm takes away", "others"),
  "layer-norm": layerNorm,
  softmax,
  attention,
  pool,
  reduce,
  reshape,
  transpose,
  concat,
  slice,
  pad,
  gather,
  expand,
  cast,
};

/** The plan of a node. @throws GraphError where nothing can run it */
export function planNode(node: GraphNode, planning: Planning): NodePlan {
  // The lowering is the operation's own: both are looked up by its kind.
  return lowerings[node.operation.op](node as never, planning);
}

/** The table of all operations. */
import type { OperationKind } from "../graph.ts";
import { attention } from "./attention.ts";
import { conv, product } from "./layers.ts";
import { cast, concat, expand, gather, pad, reshape, slice, transpose } from "./movement.ts";
import { batchNorm, layerNorm, pool, reduce, softmax } from "./normalisation.ts";
import type { OperatorRow } from "./operator.ts";
import { pointwise } from "./pointwise.ts";

export const operators: { readonly [K in OperationKind]: OperatorRow<K> } = {
  pointwise,
  conv,
  product,
  "batch-norm": batchNorm,
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

/** The row of a kind, for whoever has an operation of that very kind. */
export function operatorRow<K extends OperationKind>(op: K): OperatorRow<K> {
  return operators[op];
}

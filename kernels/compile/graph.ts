/**
 * The graph of a network: nodes in an order in which they can run, tensors by name, each with a shape that is known
 * before anything runs. Plain data, so that a pass is a function from graph to graph. A node says what it does as a
 * record of its own kind; what the ONNX format says in several ways (Flatten, Squeeze, Gemm …) is one kind here.
 */
import type { Expression } from "./expression.ts";

/** What a tensor's elements are. Integers are indices; they are computed with only while a graph is prepared. */
export type ElementType = "f32" | "i32";

export interface TensorType {
  readonly element: ElementType;
  /** Sides from the outermost to the innermost; none: a scalar. Tensors are dense and row-major. */
  readonly shape: readonly number[];
}

/** A tensor that is known when the graph is compiled: weights, tables, indices. */
export interface Tensor extends TensorType {
  readonly data: Float32Array | Int32Array;
}

/** A tensor that the caller provides. */
export interface GraphInput {
  readonly name: string;
  readonly type: TensorType;
}

/** Rows and columns of a window, and what surrounds it. */
export interface Window {
  readonly kernel: readonly [height: number, width: number];
  readonly stride: readonly [y: number, x: number];
  readonly dilation: readonly [y: number, x: number];
  readonly padding: {
    readonly top: number;
    readonly bottom: number;
    readonly left: number;
    readonly right: number;
  };
}

/** Arithmetic element by element, its inputs broadcast to a common shape. */
export interface Pointwise {
  readonly op: "pointwise";
  readonly expression: Expression;
}
/** Inputs: image [batch, channels, height, width], weights [filters, channels / groups, kernel height, width]. */
export interface Convolution {
  readonly op: "conv";
  readonly window: Window;
  readonly groups: number;
  /** What is done to each element before it is written: operand 0 is the sum, the others are the further inputs. */
  readonly epilogue?: Expression;
}
/** Inputs: a [..., m, k] (or [..., k, m]) and b [..., k, n] (or [..., n, k]); leading sides broadcast. */
export interface Product {
  readonly op: "product";
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly epilogue?: Expression;
}
/** Inputs: x, and for each channel (side 1) scale, shift, mean, variance. */
export interface BatchNorm {
  readonly op: "batch-norm";
  readonly epsilon: number;
}
/** Inputs: x, scale and shift of the normalised sides, which run from `axis` to the last. */
export interface LayerNorm {
  readonly op: "layer-norm";
  readonly axis: number;
  readonly epsilon: number;
}
export interface Softmax {
  readonly op: "softmax";
  readonly axis: number;
}
/**
 * softmax(scale Q K^T + mask) V. Inputs: q [..., m, d], k [..., n, d], v [..., n, e] of at most four sides, and where it is
 * there a mask that broadcasts to [..., m, n]; the result is [..., m, e].
 */
export interface Attention {
  readonly op: "attention";
  readonly scale: number;
  /** Of q, k, v and the result: `tokens` has sides [batch, token, head, element]. */
  readonly layouts: Readonly<Record<"q" | "k" | "v" | "o", "heads" | "tokens">>;
}
/** Input: image [batch, channels, height, width]. */
export interface Pool {
  readonly op: "pool";
  readonly kind: "max" | "average";
  readonly window: Window;
  /** Whether an average counts the zeros around the image. */
  readonly countPadding: boolean;
}
export interface Reduce {
  readonly op: "reduce";
  readonly kind: "mean" | "sum" | "max";
  /** Ascending. */
  readonly axes: readonly number[];
  /** Whether reduced sides stay as 1. */
  readonly keep: boolean;
}
/** The same elements in the same order. */
export interface Reshape {
  readonly op: "reshape";
  readonly shape: readonly number[];
}
export interface Transpose {
  readonly op: "transpose";
  /** Side i of the result is side permutation[i] of the input. */
  readonly permutation: readonly number[];
}
export interface Concat {
  readonly op: "concat";
  readonly axis: number;
}
/** For each side: the first element, how many, and how far apart (may be negative). */
export interface Slice {
  readonly op: "slice";
  readonly start: readonly number[];
  readonly count: readonly number[];
  readonly step: readonly number[];
}
export interface Pad {
  readonly op: "pad";
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly value: number;
}
/** Inputs: data, indices (i32; negative ones count from the end). */
export interface Gather {
  readonly op: "gather";
  readonly axis: number;
}
/** Repeats sides of 1. */
export interface Expand {
  readonly op: "expand";
  readonly shape: readonly number[];
}
export interface Cast {
  readonly op: "cast";
  readonly element: ElementType;
}

export type Operation =
  | Pointwise
  | Convolution
  | Product
  | BatchNorm
  | LayerNorm
  | Softmax
  | Attention
  | Pool
  | Reduce
  | Reshape
  | Transpose
  | Concat
  | Slice
  | Pad
  | Gather
  | Expand
  | Cast;

export type OperationKind = Operation["op"];

/** One step. Every operation has one result. */
export interface GraphNode {
  /** Unique within the graph; what errors and tables call it. */
  readonly name: string;
  readonly operation: Operation;
  /** Names of tensors, in the order that the operation states. */
  readonly inputs: readonly string[];
  readonly output: string;
}

export interface Graph {
  readonly name: string;
  readonly inputs: readonly GraphInput[];
  readonly constants: ReadonlyMap<string, Tensor>;
  /** Each after those whose results it reads. */
  readonly nodes: readonly GraphNode[];
  /** Names of tensors that the caller gets. */
  readonly outputs: readonly string[];
}

/** Elements of a tensor; 1 for a scalar. */
export function lengthOf({ shape }: Pick<TensorType, "shape">): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** Bytes of a tensor: both element types have four. */
export function tensorBytes(type: TensorType): number {
  return 4 * lengthOf(type);
}

/** `f32[1,64,56,56]`, as tables and errors write it. */
export function typeText({ element, shape }: TensorType): string {
  return `${element}[${shape.join(",")}]`;
}

/** Whether both have the same sides. */
export function sameShape(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((side, at) => side === right[at]);
}

/** The nodes that read a tensor, a node once for each time. */
export function readersOf(graph: Graph): ReadonlyMap<string, readonly GraphNode[]> {
  const readers = new Map<string, GraphNode[]>();
  for (const node of graph.nodes)
    for (const input of node.inputs) {
      const known = readers.get(input);
      if (known) known.push(node);
      else readers.set(input, [node]);
    }
  return readers;
}

/** The node that makes a tensor, for those that a node makes. */
export function makersOf(graph: Graph): ReadonlyMap<string, GraphNode> {
  return new Map(graph.nodes.map((node) => [node.output, node]));
}

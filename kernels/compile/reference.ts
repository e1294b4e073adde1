/**
 * Runs a graph in double precision, node by node, by the definitions in operators/. Slow and plain on purpose: what every
 * compiled graph is checked against, and what folds constants.
 */
import type { Graph, GraphNode, Operation, Tensor, TensorType } from "./graph.ts";
import { GraphError } from "./graph-error.ts";
import { inferTypes, nodeText, type Types } from "./infer.ts";
import { operatorRow } from "./operators/index.ts";
import type { RealTensor } from "./operators/operator.ts";

/** Elements by the name of the tensor. */
export type Feeds = ReadonlyMap<string, ArrayLike<number>>;

export interface EvaluationOptions {
  /** Those of the graph, where they are known already. */
  readonly types?: Types;
  /** Called before each node: a large network takes seconds. */
  readonly onNode?: (node: GraphNode, at: number) => void;
}

/**
 * Every output of the graph in float64.
 *
 * @throws RangeError for an input that is absent or too short; GraphError for an index that points nowhere
 */
export function evaluateGraph(
  graph: Graph,
  feeds: Feeds,
  { types = inferTypes(graph), onNode = () => {} }: EvaluationOptions = {},
): Map<string, RealTensor> {
  const known = new Map<string, RealTensor>();
  for (const [name, tensor] of graph.constants) known.set(name, realTensor(tensor));
  for (const { name, type } of graph.inputs) known.set(name, { ...type, data: fed(name, type, feeds) });
  const lastReader = new Map(
    graph.nodes.flatMap(({ inputs }, at) => inputs.map((name) => [name, at] as const)),
  );
  for (const [at, node] of graph.nodes.entries()) {
    onNode(node, at);
    const output = types.get(node.output) as TensorType;
    known.set(node.output, { ...output, data: evaluateNode(node, known, output) });
    for (const name of node.inputs)
      if (lastReader.get(name) === at && !graph.outputs.includes(name)) known.delete(name);
  }
  return new Map(graph.outputs.map((name) => [name, known.get(name) as RealTensor]));
}

/** The elements of one node's result. */
export function evaluateNode(
  node: GraphNode,
  known: ReadonlyMap<string, RealTensor>,
  output: TensorType,
): Float64Array {
  const inputs = node.inputs.map((name) => known.get(name) as RealTensor);
  try {
    // The row is the operation's own: both are looked up by its kind.
    return operatorRow<Operation["op"]>(node.operation.op).evaluate(node.operation as never, inputs, output);
  } catch (cause) {
    throw new GraphError(
      nodeText(node),
      {
        expected: "values that the operation takes",
        found: (cause as Error).message,
        remedy: "Correct the model or its inputs.",
      },
      cause,
    );
  }
}

/** A constant in double precision. */
export function realTensor({ element, shape, data }: Tensor): RealTensor {
  return { element, shape, data: new Float64Array(data) };
}

/** Rounded to what the elements are. */
export function storedTensor({ element, shape, data }: RealTensor): Tensor {
  return { element, shape, data: element === "f32" ? new Float32Array(data) : new Int32Array(data) };
}

function fed(name: string, { shape }: TensorType, feeds: Feeds): Float64Array {
  const given = feeds.get(name);
  const length = shape.reduce((product, side) => product * side, 1);
  if (given?.length !== length)
    throw new RangeError(`expected ${length} elements for input ${name}, found ${given?.length ?? "none"}`);
  return new Float64Array(given);
}

/**
 * Checks a graph and gives every tensor its type. Whatever comes later (passes, memory plan, kernels) may rely on it:
 * names that exist and are made once, nodes in order, shapes that fit, sizes that can be allocated.
 */
import {
  type Graph,
  type GraphNode,
  lengthOf,
  type Operation,
  type Tensor,
  type TensorType,
  typeText,
} from "./graph.ts";
import { GraphError } from "./graph-error.ts";
import { operatorRow } from "./operators/index.ts";
import type { Refuse } from "./operators/operator.ts";

/** The type of every tensor by name. */
export type Types = ReadonlyMap<string, TensorType>;

/** Elements that one tensor may have: 2 GiB, half of what a WebAssembly memory can hold. */
export const mostElements = 2 ** 29;

/** The types of all tensors. @throws GraphError that names the node or tensor, what was expected and what was found */
export function inferTypes(graph: Graph): Types {
  const types = new Map<string, TensorType>();
  const define = (name: string, type: TensorType, where: string): void => {
    if (types.has(name))
      throw new GraphError(where, {
        expected: "a name that no other tensor has",
        found: `"${name}" twice`,
        remedy: "Name each tensor once.",
      });
    checkSize(type, where);
    types.set(name, type);
  };
  for (const { name, type } of graph.inputs) define(name, type, `input ${name}`);
  for (const [name, tensor] of graph.constants)
    define(name, checkedConstant(name, tensor), `constant ${name}`);
  for (const node of graph.nodes) define(node.output, inferNode(node, types), nodeText(node));
  for (const name of graph.outputs)
    if (!types.has(name))
      throw new GraphError(`output ${name}`, {
        expected: "a tensor that a node makes",
        found: "none of that name",
        remedy: "Name an existing tensor as output.",
      });
  return types;
}

/** The type of a node's result, its inputs' types being known. @throws GraphError */
export function inferNode(node: GraphNode, types: Types): TensorType {
  const refuse: Refuse = (expected, found, remedy = "Correct the model.") => {
    throw new GraphError(nodeText(node), { expected, found, remedy });
  };
  const inputs = node.inputs.map(
    (name) =>
      types.get(name) ?? refuse("inputs that exist before this node", `"${name}"`, "Order the nodes."),
  );
  return inferOperation(node.operation, inputs, refuse);
}

function inferOperation<O extends Operation>(
  operation: O,
  inputs: readonly TensorType[],
  refuse: Refuse,
): TensorType {
  const row = operatorRow<Operation["op"]>(operation.op);
  const [least, most] = row.inputs;
  const extra = "epilogue" in operation && operation.epilogue ? operation.epilogue.operands - 1 : 0;
  if (inputs.length < least + extra || inputs.length > most + extra)
    refuse(`${least === most ? least + extra : `at least ${least}`} inputs`, String(inputs.length));
  // The row is the operation's own: both are looked up by its kind.
  return row.infer(operation as never, inputs, refuse);
}

/** `node conv1 (conv)`, as errors call it. */
export function nodeText({ name, operation }: GraphNode): string {
  return `node ${name} (${operation.op})`;
}

function checkSize(type: TensorType, where: string): void {
  if (type.shape.some((side) => !Number.isInteger(side) || side < 0) || lengthOf(type) > mostElements)
    throw new GraphError(where, {
      expected: `whole sides of 0 or more and at most ${mostElements} elements`,
      found: typeText(type),
      remedy: "Choose a smaller batch or image.",
    });
}

function checkedConstant(name: string, { element, shape, data }: Tensor): TensorType {
  const length = lengthOf({ shape });
  const fits = element === "f32" ? data instanceof Float32Array : data instanceof Int32Array;
  if (data.length !== length || !fits)
    throw new GraphError(`constant ${name}`, {
      expected: `${length} elements of ${element}`,
      found: `${data.length} in a ${data.constructor.name}`,
      remedy: "Give it the elements that its shape asks for.",
    });
  return { element, shape };
}

/**
 * Writes a graph node by node: names are made, types are inferred at once, so that a mistake is refused where it is made.
 * For experiments and tests; models of others are read from files.
 */
import type { Expression } from "./expression.ts";
import type { Graph, GraphInput, GraphNode, Operation, Tensor, TensorType } from "./graph.ts";
import { inferNode } from "./infer.ts";

/** A tensor of the graph that is being written. */
export interface Built {
  readonly name: string;
  readonly type: TensorType;
}

export class GraphBuilder {
  readonly #name: string;
  readonly #inputs: GraphInput[] = [];
  readonly #constants = new Map<string, Tensor>();
  readonly #nodes: GraphNode[] = [];
  readonly #types = new Map<string, TensorType>();
  #made = 0;

  constructor(name: string) {
    this.#name = name;
  }

  /** A tensor that the caller will provide. */
  input(name: string, type: TensorType): Built {
    this.#inputs.push({ name, type });
    return this.#known(name, type);
  }

  constant(tensor: Tensor, name = `constant${this.#constants.size}`): Built {
    this.#constants.set(name, tensor);
    return this.#known(name, { element: tensor.element, shape: tensor.shape });
  }

  /** The result of an operation on these tensors. @throws GraphError where they do not fit */
  node(operation: Operation, ...inputs: readonly Built[]): Built {
    const name = `${operation.op}${this.#made++}`;
    const node = { name, operation, inputs: inputs.map((input) => input.name), output: `${name}.y` };
    const type = inferNode(node, this.#types);
    this.#nodes.push(node);
    return this.#known(node.output, type);
  }

  /** Arithmetic element by element. */
  pointwise(expression: Expression, ...inputs: readonly Built[]): Built {
    return this.node({ op: "pointwise", expression }, ...inputs);
  }

  finish(...outputs: readonly Built[]): Graph {
    return {
      name: this.#name,
      inputs: this.#inputs,
      constants: this.#constants,
      nodes: this.#nodes,
      outputs: [...new Set(outputs.map(({ name }) => name))],
    };
  }

  #known(name: string, type: TensorType): Built {
    this.#types.set(name, type);
    return { name, type };
  }
}

/** What every pass is: a pure function from graph to graph that computes the same outputs from the same inputs. */
import type { Graph, GraphNode, Tensor } from "../graph.ts";

export interface Pass {
  /** Short and typable: `kdaccel compile --passes`, tables and tests call it so. */
  readonly id: string;
  /** What it does, in a few words. */
  readonly title: string;
  run(graph: Graph): Graph;
}

/** A name that no tensor of the graph has yet: the base itself, or the base and a number. */
export function freshName(taken: (name: string) => boolean, base: string): string {
  if (!taken(base)) return base;
  let number = 2;
  while (taken(`${base}.${number}`)) number++;
  return `${base}.${number}`;
}

/**
 * A graph that is being rewritten: nodes and constants that may be replaced, added or dropped one at a time, with the
 * questions that passes ask. Constants are added, never changed: others may read them.
 */
export class Rewriting {
  readonly nodes: GraphNode[];
  readonly constants: Map<string, Tensor>;
  readonly #graph: Graph;
  readonly #names: Set<string>;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.nodes = [...graph.nodes];
    this.constants = new Map(graph.constants);
    this.#names = new Set([
      ...graph.inputs.map(({ name }) => name),
      ...graph.constants.keys(),
      ...graph.nodes.flatMap(({ name, output }) => [name, output]),
    ]);
  }

  /** The rewritten graph. */
  finish(): Graph {
    return { ...this.#graph, nodes: this.nodes, constants: this.constants };
  }

  fresh(base: string): string {
    const name = freshName((each) => this.#names.has(each), base);
    this.#names.add(name);
    return name;
  }

  addConstant(base: string, tensor: Tensor): string {
    const name = this.fresh(base);
    this.constants.set(name, tensor);
    return name;
  }

  /** The node that makes a tensor. */
  maker(name: string): GraphNode | undefined {
    return this.nodes.find(({ output }) => output === name);
  }

  /** Whether a tensor is read by this one node and by nobody else, the caller included. */
  isReadByAlone(name: string, reader: GraphNode): boolean {
    if (this.#graph.outputs.includes(name)) return false;
    return this.nodes.every((node) => node === reader || !node.inputs.includes(name));
  }

  isOutput(name: string): boolean {
    return this.#graph.outputs.includes(name);
  }

  /** Puts nodes in the place of one. */
  replace(node: GraphNode, ...by: readonly GraphNode[]): void {
    this.nodes.splice(this.nodes.indexOf(node), 1, ...by);
  }

  /** Lets every reader of a tensor read another in its place. */
  redirect(from: string, to: string): void {
    for (const [at, node] of this.nodes.entries())
      if (node.inputs.includes(from))
        this.nodes[at] = { ...node, inputs: node.inputs.map((name) => (name === from ? to : name)) };
  }
}

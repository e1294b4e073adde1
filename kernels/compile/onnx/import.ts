/**
 * From the messages of an ONNX file to a graph: inputs, weights, and each node by the importer of its operator
 * (operators.ts). What depends on constants alone (shapes, mostly) is computed at once, because later nodes need it.
 */
import {
  type Graph,
  type GraphInput,
  type GraphNode,
  lengthOf,
  type Operation,
  type Tensor,
  type TensorType,
} from "../graph.ts";
import { GraphError } from "../graph-error.ts";
import { inferNode, inferTypes, mostElements } from "../infer.ts";
import type { Refuse } from "../operators/operator.ts";
import { evaluateNode, realTensor, storedTensor } from "../reference.ts";
import {
  decodeModel,
  type GraphMessage,
  type ModelMessage,
  type NodeMessage,
  type ValueMessage,
  whole,
} from "./messages.ts";
import { type Growing, NodeReader } from "./node-reader.ts";
import { onnxOperators, supportedText } from "./operators.ts";
import { dataType, tensorOf } from "./tensor.ts";

/** Operator sets that the importers were written for. */
export const opsets = { least: 7, most: 21 } as const;

export interface ImportOptions {
  /** Sizes for sides that the file only names, such as `batch`. */
  readonly dimensions?: Readonly<Record<string, number>>;
}

/** The graph of a model. @throws GraphError that says what is wrong and where */
export function importModel(bytes: Uint8Array, options: ImportOptions = {}): Graph {
  const model = decodeModel(bytes);
  const opset = opsetOf(model);
  const { graph } = model;
  if (!graph || (graph.node?.length ?? 0) === 0)
    throw new GraphError("ONNX file", {
      expected: "a model with a graph of at least one node",
      found: graph ? "a graph without nodes" : "no graph",
      remedy: "It may be of another kind; export it as ONNX.",
    });
  return new Importing(graph, opset, options).run();
}

function opsetOf({ opsetImport = [] }: ModelMessage): number {
  const own = opsetImport.find(({ domain = "" }) => domain === "" || domain === "ai.onnx");
  const version = own ? whole(own.version ?? 0) : undefined;
  if (version !== undefined && version >= opsets.least && version <= opsets.most) return version;
  throw new GraphError("ONNX file", {
    expected: `operator set ${opsets.least} to ${opsets.most}`,
    found: version === undefined ? "none stated" : String(version),
    remedy: `Export it with an operator set from ${opsets.least} to ${opsets.most}, or convert it with onnx.version_converter.`,
  });
}

/** Constants up to this many elements are computed while the graph is read; larger ones are left to a pass. */
const mostFolded = 4096;

class Importing implements Growing {
  readonly #message: GraphMessage;
  readonly #opset: number;
  readonly #options: ImportOptions;
  readonly #constants = new Map<string, Tensor>();
  readonly #types = new Map<string, TensorType>();
  readonly #nodes: GraphNode[] = [];
  readonly #aliases = new Map<string, string>();
  readonly #nodeNames = new Set<string>();

  constructor(message: GraphMessage, opset: number, options: ImportOptions) {
    this.#message = message;
    this.#opset = opset;
    this.#options = options;
  }

  run(): Graph {
    const { initializer = [], input = [], node = [], output = [] } = this.#message;
    if ((this.#message.sparseInitializer?.length ?? 0) > 0)
      throw new GraphError("ONNX file", {
        expected: "dense weights",
        found: "sparse ones",
        remedy: "Export the model with dense weights.",
      });
    for (const each of initializer) {
      const name = each.name ?? "";
      this.#define(name, tensorOf(each, `initializer ${name}`));
    }
    // Up to IR version 3 weights are listed among the inputs too.
    const inputs = input
      .filter(({ name = "" }) => !this.#constants.has(name))
      .map((each) => this.#input(each));
    for (const { name, type } of inputs) this.#types.set(name, type);
    for (const [at, each] of node.entries()) this.#node(each, at);
    const outputs = output.map(({ name = "" }) => this.#output(name));
    const graph: Graph = {
      name: this.#message.name || "model",
      ...{ inputs, constants: this.#constants, nodes: this.#nodes },
      outputs: [...new Set(outputs)],
    };
    if (outputs.length === 0)
      throw new GraphError("ONNX file", {
        expected: "at least one output",
        found: "none",
        remedy: "Export the model again.",
      });
    inferTypes(graph);
    return graph;
  }

  type(name: string): TensorType {
    return this.#types.get(name) as TensorType;
  }

  constant(name: string): Tensor | undefined {
    return this.#constants.get(name);
  }

  addConstant(base: string, tensor: Tensor): string {
    const name = this.#fresh(base);
    this.#define(name, tensor);
    return name;
  }

  addNode(base: string, operation: Operation, inputs: readonly string[], wished?: string): string {
    let name = base;
    for (let number = 2; this.#nodeNames.has(name); number++) name = `${base}.${number}`;
    const output = wished ?? this.#fresh(`${name}.y`);
    const node: GraphNode = { name, operation, inputs, output };
    const type = inferNode(node, this.#types);
    if (inputs.every((input) => this.#constants.has(input)) && lengthOf(type) <= mostFolded) {
      const known = new Map(inputs.map((input) => [input, realTensor(this.#constants.get(input) as Tensor)]));
      this.#define(output, storedTensor({ ...type, data: evaluateNode(node, known, type) }));
      return output;
    }
    this.#nodeNames.add(name);
    this.#types.set(output, type);
    this.#nodes.push(node);
    return output;
  }

  alias(name: string, to: string): void {
    this.#aliases.set(name, to);
  }

  #define(name: string, tensor: Tensor): void {
    if (this.#types.has(name))
      throw new GraphError(`tensor ${name}`, {
        expected: "a name that no other tensor has",
        found: "it twice",
        remedy: "The file is damaged; export it again.",
      });
    this.#constants.set(name, tensor);
    this.#types.set(name, { element: tensor.element, shape: tensor.shape });
  }

  #fresh(base: string): string {
    let name = base;
    for (let number = 2; this.#types.has(name) || this.#aliases.has(name); number++)
      name = `${base}.${number}`;
    return name;
  }

  #resolved(name: string): string {
    return this.#aliases.get(name) ?? name;
  }

  #input({ name = "", type }: ValueMessage): GraphInput {
    const where = `input ${name}`;
    const given = type?.tensorType;
    if (!given?.shape)
      throw new GraphError(where, {
        expected: "a tensor of known rank",
        found: given ? "one of unknown rank" : "no tensor",
        remedy: "Export the model with the shapes of its inputs.",
      });
    const { element } = dataType(given.elemType, where);
    const shape = (given.shape.dim ?? []).map(({ dimValue, dimParam = "" }, side) => {
      if (dimValue !== undefined && dimParam === "") return whole(dimValue);
      return this.#dimension(where, dimParam, side);
    });
    if (shape.some((side) => side < 1) || lengthOf({ shape }) > mostElements)
      throw new GraphError(where, {
        expected: `sides of 1 or more and at most ${mostElements} elements`,
        found: `[${shape.join(",")}]`,
        remedy: "Export the model with fixed shapes.",
      });
    return { name, type: { element, shape } };
  }

  #dimension(where: string, name: string, side: number): number {
    // A side without a name is asked for by its input and number.
    const label = name || `${where.replace(/^input /, "")}.${side}`;
    const { dimensions = {} } = this.#options;
    const given = Object.hasOwn(dimensions, label) ? dimensions[label] : undefined;
    if (given !== undefined) return given;
    throw new GraphError(where, {
      expected: "fixed sides",
      found: `side ${side} with the name "${label}" in place of a number`,
      remedy: `Say how large it is to be: --dim ${label}=1.`,
    });
  }

  #node(message: NodeMessage, at: number): void {
    const { opType = "", domain = "", input = [], output = [], attribute = [] } = message;
    const label = message.name || `${opType}_${at}`;
    const operator = `${domain ? `${domain}.` : ""}${opType}`;
    const refuse = (
      expected: string,
      found: string,
      remedy = "Export the model without it, or cut it off before this node.",
    ): never => {
      throw new GraphError(`node ${label} (${operator})`, { expected, found, remedy });
    };
    const own = domain === "" || domain === "ai.onnx";
    const importer = own && Object.hasOwn(onnxOperators, opType) ? onnxOperators[opType] : undefined;
    if (!importer) refuse(`a supported operator: ${supportedText()}`, operator);
    const inputs = input.map((name) => this.#resolved(name));
    this.#checkNames(inputs, output, refuse);
    const attributes = new Map(attribute.map((each) => [each.name ?? "", each]));
    const parts = { label, opType, opset: this.#opset, inputs, outputs: output, growing: this, refuse };
    importer?.(new NodeReader({ ...parts, attributes }));
  }

  #checkNames(inputs: readonly string[], outputs: readonly string[], refuse: Refuse): void {
    const absent = inputs.find((name) => name !== "" && !this.#types.has(name));
    if (absent !== undefined)
      refuse("inputs that exist before this node", `"${absent}"`, "The file is damaged; export it again.");
    const taken = outputs.find((name) => name !== "" && (this.#types.has(name) || this.#aliases.has(name)));
    if (taken !== undefined)
      refuse("outputs with names of their own", `"${taken}" twice`, "The file is damaged; export it again.");
  }

  /** The tensor that an output is; where it is another under a new name, a node that only names it. */
  #output(name: string): string {
    const of = this.#resolved(name);
    if (of === name && this.#types.has(name) && !this.#constants.has(name)) return name;
    const type = this.#types.get(of);
    if (!type)
      throw new GraphError(`output ${name}`, {
        expected: "a tensor that a node makes",
        found: "none of that name",
        remedy: "The file is damaged; export it again.",
      });
    // A constant as an output keeps its name, if nothing else has it.
    if (of === name) return name;
    return this.#addNamed(name, of, type);
  }

  #addNamed(name: string, of: string, { shape }: TensorType): string {
    const node: GraphNode = {
      name: `output ${name}`,
      operation: { op: "reshape", shape },
      inputs: [of],
      output: name,
    };
    this.#nodes.push(node);
    this.#types.set(name, this.type(of));
    return name;
  }
}

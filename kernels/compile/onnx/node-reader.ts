/**
 * What an operator's importer sees of its node: attributes with their defaults, inputs with types and constant values, and
 * the graph that grows. One object a node.
 */
import type { Expression } from "../expression.ts";
import type { Operation, Tensor, TensorType } from "../graph.ts";
import { type AttributeMessage, whole } from "./messages.ts";
import { tensorOf } from "./tensor.ts";

/** Where nodes and constants of the graph in the making go. */
export interface Growing {
  type(name: string): TensorType;
  constant(name: string): Tensor | undefined;
  /** A new constant; its name. */
  addConstant(base: string, tensor: Tensor): string;
  /** A new node; the name of its result, which is the wished one where it is given. */
  addNode(base: string, operation: Operation, inputs: readonly string[], output?: string): string;
  /** Lets a name stand for another tensor. */
  alias(name: string, to: string): void;
}

export interface NodeParts {
  readonly label: string;
  readonly opType: string;
  readonly opset: number;
  /** Names of tensors; empty where an optional one is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, AttributeMessage>;
  readonly growing: Growing;
  refuse(expected: string, found: string, remedy?: string): never;
}

export class NodeReader {
  readonly #parts: NodeParts;
  readonly opset: number;
  readonly opType: string;
  readonly inputCount: number;
  readonly outputCount: number;

  constructor(parts: NodeParts) {
    this.#parts = parts;
    this.opset = parts.opset;
    this.opType = parts.opType;
    this.inputCount = parts.inputs.length;
    this.outputCount = parts.outputs.length;
  }

  /** @throws GraphError that names the node */
  refuse(expected: string, found: string, remedy?: string): never {
    return this.#parts.refuse(expected, found, remedy);
  }

  has(at: number): boolean {
    return (this.#parts.inputs[at] ?? "") !== "";
  }

  input(at: number): string {
    const name = this.#parts.inputs[at] ?? "";
    if (name === "") this.refuse(`an input at place ${at}`, "none");
    return name;
  }

  type(at: number): TensorType {
    return this.#parts.growing.type(this.input(at));
  }

  rank(at: number): number {
    return this.type(at).shape.length;
  }

  typeOf(name: string): TensorType {
    return this.#parts.growing.type(name);
  }

  constant(at: number): Tensor | undefined {
    return this.has(at) ? this.#parts.growing.constant(this.input(at)) : undefined;
  }

  /** The values of an input that must be known when the graph is compiled; undefined where it is left out. */
  values(at: number, what: string): readonly number[] | undefined {
    if (!this.has(at)) return undefined;
    const tensor = this.#parts.growing.constant(this.input(at));
    if (!tensor)
      return this.refuse(
        `a constant ${what}`,
        `"${this.input(at)}", which is computed when the model runs`,
        "Export the model with fixed shapes.",
      );
    return Array.from(tensor.data);
  }

  hasAttribute(name: string): boolean {
    return this.#parts.attributes.has(name);
  }

  int(name: string, otherwise: number): number {
    const value = this.#parts.attributes.get(name)?.i;
    // An attribute of value 0 may be left out by its writer while its name is there.
    if (value === undefined) return this.hasAttribute(name) ? 0 : otherwise;
    return whole(value);
  }

  float(name: string, otherwise: number): number {
    const attribute = this.#parts.attributes.get(name);
    return attribute ? (attribute.f ?? 0) : otherwise;
  }

  text(name: string, otherwise: string): string {
    const bytes = this.#parts.attributes.get(name)?.s;
    return bytes ? new TextDecoder().decode(bytes) : otherwise;
  }

  ints(name: string): readonly number[] | undefined {
    const attribute = this.#parts.attributes.get(name);
    return attribute && (attribute.ints ?? []).map(whole);
  }

  floats(name: string): readonly number[] | undefined {
    return this.#parts.attributes.get(name)?.floats;
  }

  tensor(name: string): Tensor | undefined {
    const message = this.#parts.attributes.get(name)?.t;
    return message && tensorOf(message, `${this.#parts.label}, attribute ${name}`);
  }

  /** An axis from 0 to the rank - 1, from one that may count from the end. */
  axis(value: number, rank: number): number {
    const axis = value < 0 ? value + rank : value;
    if (axis < 0 || axis >= rank) this.refuse(`an axis from ${-rank} to ${rank - 1}`, String(value));
    return axis;
  }

  /** Axes from an attribute, or since a later operator set from an input; ascending. */
  axes(rank: number, inputAt: number, since: number): readonly number[] | undefined {
    const given = this.opset < since ? this.ints("axes") : this.values(inputAt, "list of axes");
    return given?.map((axis) => this.axis(axis, rank)).sort((a, b) => a - b);
  }

  addConstant(tensor: Tensor, base: string): string {
    return this.#parts.growing.addConstant(`${this.#parts.label}.${base}`, tensor);
  }

  /** A node of its own; the name of its result. */
  emit(operation: Operation, ...inputs: readonly string[]): string {
    return this.#parts.growing.addNode(this.#parts.label, operation, inputs);
  }

  /** The node whose result is this one's. */
  result(operation: Operation, ...inputs: readonly string[]): void {
    this.#parts.growing.addNode(this.#parts.label, operation, inputs, this.#parts.outputs[0] ?? "");
  }

  /** The node whose result is output number `at`. */
  resultAt(at: number, operation: Operation, ...inputs: readonly string[]): void {
    this.#parts.growing.addNode(this.#parts.label, operation, inputs, this.#parts.outputs[at] ?? "");
  }

  resultPointwise(expression: Expression, ...inputs: readonly string[]): void {
    this.result({ op: "pointwise", expression }, ...inputs);
  }

  /** The result is a constant. */
  resultConstant(tensor: Tensor): void {
    const [output = ""] = this.#parts.outputs;
    this.#parts.growing.alias(output, this.addConstant(tensor, "value"));
  }

  /** The result is another tensor as it is. */
  resultAlias(name: string): void {
    this.#parts.growing.alias(this.#parts.outputs[0] ?? "", name);
  }
}

/** Turns one node of a file into nodes of the graph. */
export type Importer = (node: NodeReader) => void;

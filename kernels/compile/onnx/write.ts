/**
 * Writes ONNX models node by node, as an exporter does: for tests, for comparisons with other runtimes, and for the
 * models that the experiments read. Attributes get their type from their value; whole numbers are written as floats where
 * `float` says so.
 */
import type { Tensor } from "../graph.ts";
import {
  type AttributeMessage,
  encodeModel,
  type NodeMessage,
  type TensorMessage,
  type ValueMessage,
} from "./messages.ts";
import { tensorMessage } from "./tensor.ts";

/** An attribute's value: an integer, integers, text, a tensor, or a float. */
export type AttributeValue = number | readonly number[] | string | Tensor | { readonly float: number };

/** AttributeProto.AttributeType */
const attributeTypes = { float: 1, int: 2, string: 3, tensor: 4, ints: 7 } as const;

/** TensorProto.DataType */
const float32 = 1;
const int64 = 7;

export interface OnnxWriterOptions {
  readonly name?: string;
  readonly opset?: number;
  readonly irVersion?: number;
}

export class OnnxWriter {
  readonly #options: Required<OnnxWriterOptions>;
  readonly #nodes: NodeMessage[] = [];
  readonly #initializers: TensorMessage[] = [];
  readonly #inputs: ValueMessage[] = [];
  readonly #outputs: ValueMessage[] = [];

  constructor({ name = "main_graph", opset = 17, irVersion = 8 }: OnnxWriterOptions = {}) {
    this.#options = { name, opset, irVersion };
  }

  /** A graph input; a side may be a name. */
  input(name: string, shape: readonly (number | string)[], element: "f32" | "i64" = "f32"): string {
    this.#inputs.push(valueInfo(name, shape, element === "f32" ? float32 : int64));
    return name;
  }

  output(name: string, shape: readonly (number | string)[]): void {
    this.#outputs.push(valueInfo(name, shape, float32));
  }

  /** Weights, or (i32) a list that is written as int64. */
  initializer(name: string, tensor: Tensor): string {
    const message = tensorMessage(name, tensor);
    this.#initializers.push(message);
    // Before IR version 4 weights were inputs with a default.
    if (this.#options.irVersion < 4) this.#inputs.push(valueInfo(name, tensor.shape, message.dataType ?? 0));
    return name;
  }

  /** A node; the name of its first output. */
  node(
    opType: string,
    inputs: readonly string[],
    outputs: string | readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    name = `/${opType}_${this.#nodes.length}`,
  ): string {
    const output = typeof outputs === "string" ? [outputs] : outputs;
    const attribute = Object.entries(attributes).map(([key, value]) => attributeOf(key, value));
    this.#nodes.push({ name, opType, input: inputs, output, attribute });
    return output[0] as string;
  }

  /** The bytes of the model. */
  finish(): Uint8Array {
    const { name, opset, irVersion } = this.#options;
    return encodeModel({
      irVersion,
      producerName: "kdaccel",
      opsetImport: [{ domain: "", version: opset }],
      graph: {
        ...{ name, node: this.#nodes, initializer: this.#initializers },
        ...{ input: this.#inputs, output: this.#outputs },
      },
    });
  }
}

function valueInfo(name: string, shape: readonly (number | string)[], elemType: number): ValueMessage {
  const dim = shape.map((side) => (typeof side === "number" ? { dimValue: side } : { dimParam: side }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

function attributeOf(name: string, value: AttributeValue): AttributeMessage {
  if (typeof value === "number") return { name, i: value, type: attributeTypes.int };
  if (typeof value === "string")
    return { name, s: new TextEncoder().encode(value), type: attributeTypes.string };
  if ("float" in value) return { name, f: value.float, type: attributeTypes.float };
  if ("data" in value) return { name, t: tensorMessage("", value), type: attributeTypes.tensor };
  return { name, ints: value, type: attributeTypes.ints };
}

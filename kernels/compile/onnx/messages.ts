/**
 * An ONNX file as plain records, and from and to bytes by protobufjs. Numbers of 64 bits are what protobufjs gives: a
 * number, or a pair of halves that `whole` turns into one.
 */
import protobuf from "protobufjs/light.js";
import { GraphError } from "../graph-error.ts";
import { onnxDescriptor } from "./descriptor.ts";

/** An int64 as it comes from a file. */
export type Integer = number | { readonly high: number; readonly low: number };

export interface TensorMessage {
  readonly dims?: readonly Integer[];
  readonly dataType?: number;
  readonly floatData?: readonly number[];
  readonly int32Data?: readonly number[];
  readonly int64Data?: readonly Integer[];
  readonly doubleData?: readonly number[];
  readonly name?: string;
  readonly rawData?: Uint8Array;
  readonly externalData?: readonly unknown[];
  readonly dataLocation?: number;
}
export interface AttributeMessage {
  readonly name?: string;
  readonly f?: number;
  readonly i?: Integer;
  readonly s?: Uint8Array;
  readonly t?: TensorMessage;
  readonly floats?: readonly number[];
  readonly ints?: readonly Integer[];
  readonly strings?: readonly Uint8Array[];
  /** AttributeProto.AttributeType */
  readonly type?: number;
}
export interface NodeMessage {
  readonly input?: readonly string[];
  readonly output?: readonly string[];
  readonly name?: string;
  readonly opType?: string;
  readonly domain?: string;
  readonly attribute?: readonly AttributeMessage[];
}
export interface ValueMessage {
  readonly name?: string;
  readonly type?: {
    readonly tensorType?: {
      readonly elemType?: number;
      readonly shape?: {
        readonly dim?: readonly { readonly dimValue?: Integer; readonly dimParam?: string }[];
      };
    };
  };
}
export interface GraphMessage {
  readonly node?: readonly NodeMessage[];
  readonly name?: string;
  readonly initializer?: readonly TensorMessage[];
  readonly sparseInitializer?: readonly unknown[];
  readonly input?: readonly ValueMessage[];
  readonly output?: readonly ValueMessage[];
}
export interface ModelMessage {
  readonly irVersion?: Integer;
  readonly producerName?: string;
  readonly producerVersion?: string;
  readonly graph?: GraphMessage;
  readonly opsetImport?: readonly { readonly domain?: string; readonly version?: Integer }[];
}

const modelType = protobuf.Root.fromJSON(onnxDescriptor as protobuf.INamespace).lookupType("ModelProto");

/** The records in a file's bytes. @throws GraphError where they end too early or are no ONNX model */
export function decodeModel(bytes: Uint8Array): ModelMessage {
  try {
    const message = modelType.decode(bytes);
    // Only fields that the file has are own properties: what is absent stays undefined by `ownFields`.
    return ownFields(message) as ModelMessage;
  } catch (cause) {
    if (cause instanceof GraphError) throw cause;
    throw new GraphError(
      "ONNX file",
      {
        expected: "a whole ONNX model (protobuf messages)",
        found: `${bytes.length} bytes that end or go wrong within one: ${(cause as Error).message}`,
        remedy: "The file is truncated or of another kind; fetch or export it again.",
      },
      cause,
    );
  }
}

/** The bytes of a model. */
export function encodeModel(model: ModelMessage): Uint8Array {
  return modelType.encode(modelType.fromObject(model)).finish();
}

/** Message classes answer with defaults for absent fields; records answer with undefined. */
function ownFields(value: unknown): unknown {
  // Lists of numbers may be long: they are as they should be.
  if (Array.isArray(value)) return value[0] instanceof protobuf.Message ? value.map(ownFields) : value;
  if (!(value instanceof protobuf.Message)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, ownFields(field)]));
}

/**
 * An int64 as a number, saturated at the ends of 32 bits: such an index means "to the end", and no tensor has more
 * elements.
 */
export function whole(value: Integer): number {
  const number = typeof value === "number" ? value : value.high * 2 ** 32 + (value.low >>> 0);
  return Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, number));
}

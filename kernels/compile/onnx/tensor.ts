/**
 * Tensors of ONNX files: element types, and the several places where a file may keep the elements. Lengths are compared
 * before anything is copied.
 */
import { endianness } from "node:os";
import { type ElementType, lengthOf, type Tensor } from "../graph.ts";
import { GraphError } from "../graph-error.ts";
import { mostElements } from "../infer.ts";
import { type TensorMessage, whole } from "./messages.ts";

/** One type of TensorProto.DataType that is read: what it becomes, and how raw bytes are. */
interface DataType {
  readonly id: number;
  readonly name: string;
  readonly element: ElementType;
  readonly bytes: number;
  read(view: DataView, offset: number): number;
}

/** Floating-point types become f32, whole ones i32 (saturated): they are shapes and indices. */
export const dataTypes: readonly DataType[] = [
  { id: 1, name: "float", element: "f32", bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  { id: 2, name: "uint8", element: "i32", bytes: 1, read: (view, at) => view.getUint8(at) },
  { id: 3, name: "int8", element: "i32", bytes: 1, read: (view, at) => view.getInt8(at) },
  { id: 6, name: "int32", element: "i32", bytes: 4, read: (view, at) => view.getInt32(at, true) },
  {
    id: 7,
    name: "int64",
    element: "i32",
    bytes: 8,
    read: (view, at) => whole({ high: view.getInt32(at + 4, true), low: view.getInt32(at, true) }),
  },
  { id: 9, name: "bool", element: "i32", bytes: 1, read: (view, at) => view.getUint8(at) },
  {
    id: 10,
    name: "float16",
    element: "f32",
    bytes: 2,
    read: (view, at) => halfFloat(view.getUint16(at, true)),
  },
  { id: 11, name: "double", element: "f32", bytes: 8, read: (view, at) => view.getFloat64(at, true) },
];

/** An IEEE 754 binary16. */
function halfFloat(bits: number): number {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const size =
    exponent === 0
      ? fraction * 2 ** -24
      : exponent === 31
        ? fraction === 0
          ? Number.POSITIVE_INFINITY
          : Number.NaN
        : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return bits & 0x8000 ? -size : size;
}

/** The row of a TensorProto.DataType. @throws GraphError for one that is not read */
export function dataType(id: number | undefined, where: string): DataType {
  const found = dataTypes.find((row) => row.id === id);
  if (found) return found;
  throw new GraphError(where, {
    expected: `an element type of ${dataTypes.map(({ name, id: number }) => `${name} (${number})`).join(", ")}`,
    found: id === undefined ? "none" : `type ${id}`,
    remedy: "Export the model in float32.",
  });
}

const isLittleEndian = endianness() === "LE";

/** A tensor of a file. @throws GraphError for sizes that do not fit, and for data that lie in another file */
export function tensorOf(message: TensorMessage, where: string): Tensor {
  const refuse = (expected: string, found: string, remedy: string): never => {
    throw new GraphError(where, { expected, found, remedy });
  };
  if ((message.externalData?.length ?? 0) > 0 || message.dataLocation === 1)
    refuse("weights inside the file", "external data", "Export the model as one file of at most 1 GiB.");
  const shape = (message.dims ?? []).map(whole);
  const length = lengthOf({ shape });
  if (shape.some((side) => side < 0) || length > mostElements)
    refuse(
      `sides of 0 or more and at most ${mostElements} elements`,
      `[${shape.join(",")}]`,
      "The file is damaged.",
    );
  const row = dataType(message.dataType, where);
  const values = valuesOf(message, row);
  if (values.length !== length)
    refuse(
      `${length} elements for [${shape.join(",")}]`,
      `${values.length}`,
      "The file is damaged or truncated.",
    );
  const data = row.element === "f32" ? new Float32Array(length) : new Int32Array(length);
  if (isLittleEndian && row.name === "float" && message.rawData && message.rawData.length > 0) {
    // As the file has them: large weights are copied whole.
    new Uint8Array(data.buffer).set(message.rawData);
    return { element: row.element, shape, data };
  }
  for (let at = 0; at < length; at++) data[at] = values.at(at);
  return { element: row.element, shape, data };
}

interface Values {
  readonly length: number;
  at(index: number): number;
}

function valuesOf(message: TensorMessage, { bytes, read }: DataType): Values {
  const { rawData, int64Data } = message;
  if (rawData && rawData.length > 0) {
    const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
    return { length: rawData.length / bytes, at: (index) => read(view, index * bytes) };
  }
  const lists = [message.floatData, message.int32Data, message.doubleData];
  const listed = lists.find((list) => list && list.length > 0) ?? [];
  if (int64Data && int64Data.length > 0)
    return { length: int64Data.length, at: (index) => whole(int64Data[index] as number) };
  // Half floats stand as bit patterns among the int32s.
  const half = message.dataType === 10;
  return {
    length: listed.length,
    at: (index) => (half ? halfFloat(listed[index] as number) : (listed[index] as number)),
  };
}

/** A tensor as a file keeps it: raw little-endian bytes; i32 as int64, which is what shapes and indices are there. */
export function tensorMessage(name: string, { element, shape, data }: Tensor): TensorMessage {
  const raw =
    element === "f32"
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : new Uint8Array(BigInt64Array.from(data, BigInt).buffer);
  return { name, dims: shape, dataType: element === "f32" ? 1 : 7, rawData: raw };
}

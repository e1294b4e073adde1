/**
 * ONNX models of one node, written byte by byte: no exporter is needed for a handful of protobuf messages. Field numbers
 * are those of onnx.proto (ONNX IR version 8); apart from the peers because it is a format of its own.
 */
import type { ConvShape } from "../conv/shape.ts";

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Uint8Array.of(...bytes, rest);
}

const message = (...fields: readonly Uint8Array[]): Uint8Array => Buffer.concat(fields);
const integer = (field: number, value: number): Uint8Array => message(varint(field * 8), varint(value));
const bytes = (field: number, content: Uint8Array): Uint8Array =>
  message(varint(field * 8 + 2), varint(content.length), content);
const text = (field: number, value: string): Uint8Array => bytes(field, new TextEncoder().encode(value));

/** TensorProto.DataType.FLOAT */
const float32 = 1;

/** A ValueInfoProto: a named float32 tensor. */
function tensor(name: string, dims: readonly number[]): Uint8Array {
  const shape = message(...dims.map((size) => bytes(1, integer(1, size))));
  return message(text(1, name), bytes(2, bytes(1, message(integer(1, float32), bytes(2, shape)))));
}

/** A TensorProto with its values. */
function initialiser(name: string, dims: readonly number[], values: Float32Array): Uint8Array {
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return message(...dims.map((size) => integer(1, size)), integer(2, float32), text(8, name), bytes(9, raw));
}

/** AttributeProto.AttributeType: INT and INTS. */
const [oneInteger, integers] = [2, 7];

function attribute(name: string, value: number | readonly number[]): Uint8Array {
  if (typeof value === "number") return message(text(1, name), integer(3, value), integer(20, oneInteger));
  return message(text(1, name), ...value.map((each) => integer(8, each)), integer(20, integers));
}

/** A ModelProto around one graph; operator set 13. */
function model(graph: Uint8Array): Uint8Array {
  return message(integer(1, 8), bytes(7, graph), bytes(8, integer(2, 13)));
}

/** The bytes of a model c = a b for float32 matrices of m x k and k x n. */
export function matMulModel(m: number, n: number, k: number): Uint8Array {
  const node = message(text(1, "a"), text(1, "b"), text(2, "c"), text(4, "MatMul"));
  return model(
    message(
      bytes(1, node),
      text(2, "matmul"),
      bytes(11, tensor("a", [m, k])),
      bytes(11, tensor("b", [k, n])),
      bytes(12, tensor("c", [m, n])),
    ),
  );
}

/**
 * The bytes of a model y = conv(x) for one image in nchw. The weights [filters][channels / groups][rows][columns] are
 * constants of the model, as in a trained network, so that a library may bring them into its own order once.
 */
export function convolutionModel(
  shape: ConvShape,
  weights: Float32Array,
  output: { readonly height: number; readonly width: number },
): Uint8Array {
  const { channels, height, width, filters, kernelHeight, kernelWidth, stride, padding, dilation, groups } =
    shape;
  const node = message(
    ...[text(1, "x"), text(1, "w"), text(2, "y"), text(4, "Conv")],
    bytes(5, attribute("kernel_shape", [kernelHeight, kernelWidth])),
    bytes(5, attribute("strides", [stride.y, stride.x])),
    bytes(5, attribute("pads", [padding.top, padding.left, padding.bottom, padding.right])),
    bytes(5, attribute("dilations", [dilation.y, dilation.x])),
    bytes(5, attribute("group", groups)),
  );
  return model(
    message(
      bytes(1, node),
      text(2, "convolution"),
      bytes(5, initialiser("w", [filters, channels / groups, kernelHeight, kernelWidth], weights)),
      bytes(11, tensor("x", [1, channels, height, width])),
      bytes(12, tensor("y", [1, filters, output.height, output.width])),
    ),
  );
}

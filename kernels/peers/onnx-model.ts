/**
 * An ONNX model of one MatMul, written byte by byte: no exporter is needed for five protobuf messages. Field numbers
 * are those of onnx.proto (ONNX IR version 8); apart from the benchmark because it is a format of its own.
 */

const varint = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
};
const integer = (field: number, value: number): number[] => [...varint(field * 8), ...varint(value)];
const bytes = (field: number, content: readonly number[]): number[] => [
  ...varint(field * 8 + 2),
  ...varint(content.length),
  ...content,
];
const text = (field: number, value: string): number[] => bytes(field, [...new TextEncoder().encode(value)]);

/** TensorProto.DataType.FLOAT */
const float32 = 1;

/** A ValueInfoProto: a named float32 matrix. */
function matrix(name: string, rows: number, columns: number): number[] {
  const shape = [rows, columns].flatMap((size) => bytes(1, integer(1, size)));
  return [...text(1, name), ...bytes(2, bytes(1, [...integer(1, float32), ...bytes(2, shape)]))];
}

/** The bytes of a model c = a b for float32 matrices of m x k and k x n. */
export function matMulModel(m: number, n: number, k: number): Uint8Array {
  const node = [...text(1, "a"), ...text(1, "b"), ...text(2, "c"), ...text(4, "MatMul")];
  const graph = [
    ...bytes(1, node),
    ...text(2, "matmul"),
    ...bytes(11, matrix("a", m, k)),
    ...bytes(11, matrix("b", k, n)),
    ...bytes(12, matrix("c", m, n)),
  ];
  const operatorSet = integer(2, 13);
  return new Uint8Array([...integer(1, 8), ...bytes(7, graph), ...bytes(8, operatorSet)]);
}

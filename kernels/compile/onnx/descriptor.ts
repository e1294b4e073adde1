/**
 * The messages of an ONNX file, as far as they are read here: names and field numbers of onnx.proto (github.com/onnx/onnx,
 * IR version 10). What is left out is skipped when a file is read, graphs inside of attributes among it: a file cannot nest
 * deeper than this table does.
 */

interface Field {
  readonly id: number;
  readonly type: string;
  readonly rule?: "repeated";
}
type Message = { readonly fields: Readonly<Record<string, Field>> };

const one = (id: number, type: string): Field => ({ id, type });
const many = (id: number, type: string): Field => ({ id, type, rule: "repeated" });

/** As `protobuf.Root.fromJSON` takes it. */
export const onnxDescriptor: { readonly nested: Readonly<Record<string, Message>> } = {
  nested: {
    ModelProto: {
      fields: {
        irVersion: one(1, "int64"),
        producerName: one(2, "string"),
        producerVersion: one(3, "string"),
        graph: one(7, "GraphProto"),
        opsetImport: many(8, "OperatorSetIdProto"),
      },
    },
    OperatorSetIdProto: { fields: { domain: one(1, "string"), version: one(2, "int64") } },
    GraphProto: {
      fields: {
        node: many(1, "NodeProto"),
        name: one(2, "string"),
        initializer: many(5, "TensorProto"),
        input: many(11, "ValueInfoProto"),
        output: many(12, "ValueInfoProto"),
        sparseInitializer: many(15, "SparseTensorProto"),
      },
    },
    // Only whether there is one is of interest.
    SparseTensorProto: { fields: {} },
    NodeProto: {
      fields: {
        input: many(1, "string"),
        output: many(2, "string"),
        name: one(3, "string"),
        opType: one(4, "string"),
        attribute: many(5, "AttributeProto"),
        domain: one(7, "string"),
      },
    },
    AttributeProto: {
      fields: {
        name: one(1, "string"),
        f: one(2, "float"),
        i: one(3, "int64"),
        s: one(4, "bytes"),
        t: one(5, "TensorProto"),
        floats: many(7, "float"),
        ints: many(8, "int64"),
        strings: many(9, "bytes"),
        type: one(20, "int32"),
      },
    },
    TensorProto: {
      fields: {
        dims: many(1, "int64"),
        dataType: one(2, "int32"),
        floatData: many(4, "float"),
        int32Data: many(5, "int32"),
        int64Data: many(7, "int64"),
        name: one(8, "string"),
        rawData: one(9, "bytes"),
        doubleData: many(10, "double"),
        externalData: many(13, "StringStringEntryProto"),
        dataLocation: one(14, "int32"),
      },
    },
    StringStringEntryProto: { fields: { key: one(1, "string"), value: one(2, "string") } },
    ValueInfoProto: { fields: { name: one(1, "string"), type: one(2, "TypeProto") } },
    TypeProto: { fields: { tensorType: one(1, "TensorTypeProto") } },
    TensorTypeProto: { fields: { elemType: one(1, "int32"), shape: one(2, "TensorShapeProto") } },
    TensorShapeProto: { fields: { dim: many(1, "DimensionProto") } },
    DimensionProto: { fields: { dimValue: one(1, "int64"), dimParam: one(2, "string") } },
  },
};

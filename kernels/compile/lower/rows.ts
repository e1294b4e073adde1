/** Softmax, layer normalisation, reduction and pooling. */
import { lengthOf, type Pool, type TensorType } from "../graph.ts";
import { copyProgram, fillProgram } from "../programs/copy.ts";
import { poolProgram } from "../programs/pool.ts";
import { layerNormProgram, type Rows, reduceProgram, softmaxProgram } from "../programs/rows.ts";
import { denseStrides } from "../strides.ts";
import { type Lowering, type Planning, stepOf, wholeLines } from "./lowering.ts";
import { unsupported } from "./unsupported.ts";

/** The sides from `axis` on as rows. */
function rowsOf({ shape }: TensorType, axis: number, { lanes }: Planning): Rows {
  return {
    rows: lengthOf({ shape: shape.slice(0, axis) }),
    length: lengthOf({ shape: shape.slice(axis) }),
    lanes,
  };
}

export const softmax: Lowering<"softmax"> = (node, planning) => {
  const [x] = node.inputs as [string];
  const type = planning.type(x);
  const rows = rowsOf(type, node.operation.axis, planning);
  if (node.operation.axis !== type.shape.length - 1)
    unsupported(node, "softmax along the last side", "another");
  const program = softmaxProgram(rows);
  return {
    ...{ kernel: `rows of ${rows.length}`, ownBytes: 0, scratchBytes: 0, reads: node.inputs },
    make: (workshop) => stepOf(workshop, [[program, workshop.address(x), workshop.address(node.output)]]),
  };
};

export const layerNorm: Lowering<"layer-norm"> = (node, planning) => {
  const { axis, epsilon } = node.operation;
  const rows = rowsOf(planning.type(node.output), axis, planning);
  const program = layerNormProgram(rows, epsilon);
  return {
    ...{ kernel: `rows of ${rows.length}`, ownBytes: 0, scratchBytes: 0, reads: node.inputs },
    make: (workshop) =>
      stepOf(workshop, [[program, ...[...node.inputs, node.output].map((name) => workshop.address(name))]]),
  };
};

export const reduce: Lowering<"reduce"> = (node, planning) => {
  const [x] = node.inputs as [string];
  const type = planning.type(x);
  const first = node.operation.axes[0] ?? type.shape.length;
  const rows = rowsOf(type, first, planning);
  const program = reduceProgram(rows, node.operation.kind);
  return {
    ...{ kernel: `rows of ${rows.length}`, ownBytes: 0, scratchBytes: 0, reads: node.inputs },
    make: (workshop) => stepOf(workshop, [[program, workshop.address(x), workshop.address(node.output)]]),
  };
};

export const pool: Lowering<"pool"> = (node, planning) => {
  const { kind, window } = node.operation;
  const [x] = node.inputs as [string];
  const [image, output] = [planning.type(x), planning.type(node.output)];
  const [batch, channels, height, width] = image.shape as [number, number, number, number];
  const [rows, columns] = output.shape.slice(2) as [number, number];
  const { top, bottom, left, right } = window.padding;
  const padded = { height: height + top + bottom, width: width + left + right };
  const planes = batch * channels;
  const hasBorder = top + bottom + left + right > 0;
  const program = poolProgram({ window, planes, ...padded, rows, columns, lanes: planning.lanes }, kind);
  const length = planes * padded.height * padded.width;
  const fill = fillProgram(length, kind === "max" ? Number.NEGATIVE_INFINITY : 0, planning.lanes);
  const shape = [planes, height, width];
  const inside = {
    shape,
    strides: denseStrides([planes, padded.height, padded.width]),
    offset: top * padded.width + left,
  };
  const copy = copyProgram({ shape, strides: denseStrides(shape), offset: 0 }, inside, planning.lanes);
  const tableBytes = kind === "average" ? wholeLines(4 * rows * columns) : 0;
  return {
    kernel: `${window.kernel.join("x")} ${kind}`,
    ownBytes: tableBytes,
    scratchBytes: hasBorder ? wholeLines(4 * length) : 0,
    reads: node.inputs,
    make: (workshop) => {
      const from = workshop.address(x);
      const source = hasBorder ? workshop.scratch : from;
      const table = kind === "average" ? [workshop.allocate(tableBytes)] : [];
      for (const address of table)
        workshop.memory
          .view("f32", address, rows * columns)
          .set(shares(node.operation, image, rows, columns));
      const pooled = [program, source, workshop.address(node.output), ...table] as const;
      return stepOf(workshop, hasBorder ? [[fill, source], [copy, from, source], pooled] : [pooled]);
    },
  };
};

/** One over the number of pixels that each window counts. */
function shares(
  { window, countPadding }: Pool,
  image: TensorType,
  rows: number,
  columns: number,
): Float32Array {
  const [height, width] = image.shape.slice(2) as [number, number];
  const covered = (place: number, axis: 0 | 1, before: number, size: number): number => {
    if (countPadding) return window.kernel[axis];
    const first = place * window.stride[axis] - before;
    const taps = Array.from({ length: window.kernel[axis] }, (_, tap) => first + tap * window.dilation[axis]);
    return taps.filter((tap) => tap >= 0 && tap < size).length;
  };
  return Float32Array.from({ length: rows * columns }, (_, at) => {
    const row = covered(Math.floor(at / columns), 0, window.padding.top, height);
    return 1 / (row * covered(at % columns, 1, window.padding.left, width));
  });
}

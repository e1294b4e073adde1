/** ONNX operators that move elements, and those that ask for shapes. */
import { lengthOf } from "../graph.ts";
import type { Importer, NodeReader } from "./node-reader.ts";

const identity: Importer = (node) => node.resultAlias(node.input(0));

/** At inference nothing is dropped; the mask, if it is asked for, is not made. */
const dropout: Importer = (node) => {
  if (node.constant(2)?.data[0])
    node.refuse("dropout for inference", "training mode", "Export in evaluation mode.");
  node.resultAlias(node.input(0));
};

const flatten: Importer = (node) => {
  const { shape } = node.type(0);
  const given = node.int("axis", 1);
  // Here the axis may be the rank: then all sides are in front of it.
  const axis = given === shape.length ? given : node.axis(given, shape.length);
  const rows = [lengthOf({ shape: shape.slice(0, axis) }), lengthOf({ shape: shape.slice(axis) })];
  node.result({ op: "reshape", shape: rows }, node.input(0));
};

const reshape: Importer = (node) => {
  const from = node.type(0).shape;
  const wished = node.values(1, "shape") ?? node.refuse("a shape", "none");
  const zeroStays = node.int("allowzero", 0) === 0;
  const shape = wished.map((side, at) => (side === 0 && zeroStays ? (from[at] ?? 0) : side));
  const open = shape.indexOf(-1);
  if (open >= 0) {
    const others = shape.reduce((product, side) => (side === -1 ? product : product * side), 1);
    shape[open] = lengthOf({ shape: from }) / others;
  }
  node.result({ op: "reshape", shape }, node.input(0));
};

const squeeze: Importer = (node) => {
  const { shape } = node.type(0);
  const axes = node.axes(shape.length, 1, 13) ?? shape.flatMap((side, at) => (side === 1 ? [at] : []));
  if (axes.some((axis) => shape[axis] !== 1))
    node.refuse("sides of 1 to take out", `axes ${axes} of [${shape}]`);
  node.result({ op: "reshape", shape: shape.filter((_, side) => !axes.includes(side)) }, node.input(0));
};

const unsqueeze: Importer = (node) => {
  const { shape } = node.type(0);
  const many = (node.opset < 13 ? node.ints("axes") : node.values(1, "list of axes"))?.length ?? 0;
  const axes = node.axes(shape.length + many, 1, 13) ?? node.refuse("axes", "none");
  const wide = [...shape];
  for (const axis of axes) wide.splice(axis, 0, 1);
  node.result({ op: "reshape", shape: wide }, node.input(0));
};

const transpose: Importer = (node) => {
  const sides = node.type(0).shape.map((_, side) => side);
  node.result({ op: "transpose", permutation: node.ints("perm") ?? sides.reverse() }, node.input(0));
};

const concat: Importer = (node) => {
  const inputs = Array.from({ length: node.inputCount }, (_, at) => node.input(at));
  node.result({ op: "concat", axis: node.axis(node.int("axis", 0), node.rank(0)) }, ...inputs);
};

const clamped = (value: number, least: number, most: number): number =>
  Math.max(least, Math.min(most, value));

/** Bounds may count from the end and reach beyond both ends, as in Python. */
const slice: Importer = (node) => {
  const { shape } = node.type(0);
  const old = node.opset < 10;
  const starts =
    (old ? node.ints("starts") : node.values(1, "list of starts")) ?? node.refuse("starts", "none");
  const ends = (old ? node.ints("ends") : node.values(2, "list of ends")) ?? node.refuse("ends", "none");
  const axes = (old ? node.ints("axes") : node.values(3, "list of axes")) ?? starts.map((_, at) => at);
  const steps = (old ? undefined : node.values(4, "list of steps")) ?? starts.map(() => 1);
  const start = shape.map(() => 0);
  const count = [...shape];
  const step = shape.map(() => 1);
  for (const [at, given] of axes.entries()) {
    const axis = node.axis(given, shape.length);
    const size = shape[axis] as number;
    const by = steps[at] as number;
    if (!by) node.refuse("steps other than 0", String(by));
    const inside = (value: number): number => (value < 0 ? value + size : value);
    const first = clamped(inside(starts[at] as number), 0, by > 0 ? size : size - 1);
    const last = clamped(inside(ends[at] as number), by > 0 ? 0 : -1, by > 0 ? size : size - 1);
    start[axis] = first;
    step[axis] = by;
    count[axis] = Math.max(0, Math.ceil((last - first) / by));
  }
  if (count.includes(0)) node.refuse("a slice of at least one element", `[${count.join(",")}]`);
  node.result({ op: "slice", start, count, step }, node.input(0));
};

const split: Importer = (node) => {
  const { shape } = node.type(0);
  const axis = node.axis(node.int("axis", 0), shape.length);
  const size = shape[axis] as number;
  const given = node.opset < 13 ? node.ints("split") : node.values(1, "list of sizes");
  // Equal parts; since set 18 the last one may be shorter.
  const part = Math.ceil(size / node.outputCount);
  const even = Array.from({ length: node.outputCount }, (_, at) => Math.min(part, size - at * part));
  const sizes = given ?? even;
  const total = sizes.reduce((sum, each) => sum + each, 0);
  if (total !== size || sizes.length !== node.outputCount || sizes.some((each) => each < 1))
    node.refuse(`${node.outputCount} parts of together ${size}`, sizes.join(","));
  let from = 0;
  for (const [at, each] of sizes.entries()) {
    const start = shape.map((_, side) => (side === axis ? from : 0));
    const count = shape.map((whole, side) => (side === axis ? each : whole));
    node.resultAt(at, { op: "slice", start, count, step: shape.map(() => 1) }, node.input(0));
    from += each;
  }
};

const pad: Importer = (node) => {
  const { shape } = node.type(0);
  const mode = node.text("mode", "constant");
  if (mode !== "constant") node.refuse("padding by a constant", mode);
  const old = node.opset < 11;
  const amounts =
    (old ? node.ints("pads") : node.values(1, "list of amounts")) ?? node.refuse("amounts", "none");
  const value = old ? node.float("value", 0) : (node.values(2, "value")?.[0] ?? 0);
  const axes = (node.values(3, "list of axes") ?? shape.map((_, side) => side)).map((axis) =>
    node.axis(axis, shape.length),
  );
  if (amounts.length !== 2 * axes.length) node.refuse(`${2 * axes.length} amounts`, String(amounts.length));
  const of = (from: number): number[] =>
    shape.map((_, side) => (axes.includes(side) ? (amounts[from + axes.indexOf(side)] as number) : 0));
  node.result({ op: "pad", before: of(0), after: of(axes.length), value }, node.input(0));
};

const gather: Importer = (node) =>
  node.result(
    { op: "gather", axis: node.axis(node.int("axis", 0), node.rank(0)) },
    node.input(0),
    node.input(1),
  );

/** Sides of 1 in the wished shape leave the input's as they are. */
const expand: Importer = (node) => {
  const wished = node.values(1, "shape") ?? node.refuse("a shape", "none");
  const from = node.type(0).shape;
  const rank = Math.max(wished.length, from.length);
  const side = (shape: readonly number[], at: number): number => shape[at - rank + shape.length] ?? 1;
  const shape = Array.from({ length: rank }, (_, at) =>
    side(wished, at) === 1 ? side(from, at) : side(wished, at),
  );
  node.result({ op: "expand", shape }, node.input(0));
};

const shapeOf: Importer = (node) => {
  const { shape } = node.type(0);
  const whole = bounded(node, shape);
  node.resultConstant({ element: "i32", shape: [whole.length], data: Int32Array.from(whole) });
};

/** Since set 15 only some sides may be asked for. */
function bounded(node: NodeReader, shape: readonly number[]): readonly number[] {
  return shape.slice(node.int("start", 0), node.hasAttribute("end") ? node.int("end", 0) : undefined);
}

export const movement: Readonly<Record<string, Importer>> = {
  Concat: concat,
  Dropout: dropout,
  Expand: expand,
  Flatten: flatten,
  Gather: gather,
  Identity: identity,
  Pad: pad,
  Reshape: reshape,
  Shape: shapeOf,
  Slice: slice,
  Split: split,
  Squeeze: squeeze,
  Transpose: transpose,
  Unsqueeze: unsqueeze,
};

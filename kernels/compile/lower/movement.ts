/** Copies: transposition, slices, repetition, concatenation, padding, gathering, and reshapes that must move. */
import { at, convert, load } from "../../codegen/expressions.ts";
import { program } from "../../codegen/program.ts";
import { type GraphNode, lengthOf, type TensorType } from "../graph.ts";
import { concatViews, paddedView, viewOf } from "../operators/movement.ts";
import { copyProgram, fillProgram } from "../programs/copy.ts";
import { gatherProgram } from "../programs/gather.ts";
import { denseStrides, type View } from "../strides.ts";
import { type Lowering, type NodePlan, type Planning, type Step, stepOf, type Workshop } from "./lowering.ts";
import { unsupported } from "./unsupported.ts";

const denseView = ({ shape }: Pick<TensorType, "shape">): View => ({
  shape,
  strides: denseStrides(shape),
  offset: 0,
});

function planOf(node: GraphNode, kernel: string, make: (workshop: Workshop) => Step): NodePlan {
  return { kernel, ownBytes: 0, scratchBytes: 0, reads: node.inputs, make };
}

function viewing(
  node: GraphNode & { readonly operation: Parameters<typeof viewOf>[0] },
  planning: Planning,
): NodePlan {
  const [x] = node.inputs as [string];
  const type = planning.type(x);
  const from = viewOf(node.operation, type);
  const copy = copyProgram(from, denseView(from), planning.lanes, type.element);
  return planOf(node, "copy", (workshop) =>
    stepOf(workshop, [[copy, workshop.address(x), workshop.address(node.output)]]),
  );
}

export const transpose: Lowering<"transpose"> = viewing;
export const slice: Lowering<"slice"> = viewing;
export const expand: Lowering<"expand"> = viewing;

/** Costs nothing where the memory plan lets both tensors lie in one place; an output of the graph is copied. */
export const reshape: Lowering<"reshape"> = (node, planning) => {
  const [x] = node.inputs as [string];
  const type = planning.type(x);
  const flat = { shape: [lengthOf(type)], strides: [1], offset: 0 };
  return planOf(node, "none or copy", (workshop) => {
    const [from, to] = [workshop.address(x), workshop.address(node.output)];
    if (from === to) return { calls: [], run: () => {} };
    return stepOf(workshop, [[copyProgram(flat, flat, planning.lanes, type.element), from, to]]);
  });
};

export const concat: Lowering<"concat"> = (node, planning) => {
  const types = node.inputs.map((name) => planning.type(name));
  const output = planning.type(node.output);
  const programs = concatViews(node.operation.axis, types, output).map((to, at) =>
    copyProgram(denseView(types[at] as TensorType), to, planning.lanes, output.element),
  );
  return planOf(node, "copy", (workshop) => {
    const to = workshop.address(node.output);
    return stepOf(
      workshop,
      programs.map((copy, at) => [copy, workshop.address(node.inputs[at] as string), to] as const),
    );
  });
};

export const pad: Lowering<"pad"> = (node, planning) => {
  const [x] = node.inputs as [string];
  const [from, to] = [planning.type(x), planning.type(node.output)];
  if (from.element !== "f32") unsupported(node, "f32 when it runs", from.element);
  const fill = fillProgram(lengthOf(to), node.operation.value, planning.lanes);
  const copy = copyProgram(denseView(from), paddedView(node.operation.before, from, to), planning.lanes);
  return planOf(node, "fill, copy", (workshop) => {
    const target = workshop.address(node.output);
    return stepOf(workshop, [
      [fill, target],
      [copy, workshop.address(x), target],
    ]);
  });
};

export const gather: Lowering<"gather"> = (node, planning) => {
  const [dataName, indicesName] = node.inputs as [string, string];
  const [data, indices] = [planning.type(dataName), planning.type(indicesName)];
  if (data.element !== "f32") unsupported(node, "f32 data when it runs", data.element);
  const { axis } = node.operation;
  const side = data.shape[axis] as number;
  const count = lengthOf(indices);
  const rows = gatherProgram({
    outer: lengthOf({ shape: data.shape.slice(0, axis) }),
    ...{ side, count, inner: lengthOf({ shape: data.shape.slice(axis + 1) }), lanes: planning.lanes },
  });
  return planOf(node, "rows by number", (workshop) => {
    const places = [dataName, indicesName, node.output].map((name) => workshop.address(name));
    const { calls = [], run } = stepOf(workshop, [[rows, ...places]]);
    const given = workshop.memory.view("i32", workshop.address(indicesName), count);
    return {
      calls,
      run: () => {
        checkIndices(node, given, side);
        run();
      },
    };
  });
};

/** Generated code asks for no bounds: an index that points nowhere must not reach it. */
function checkIndices({ name }: GraphNode, indices: Int32Array, side: number): void {
  for (const index of indices)
    if (index < -side || index >= side)
      throw new RangeError(
        `node ${name} (gather): expected indices from ${-side} to ${side - 1}, found ${index}; correct the input`,
      );
}

export const cast: Lowering<"cast"> = (node, planning) => {
  const [x] = node.inputs as [string];
  const [from, to] = [planning.type(x), planning.type(node.output)];
  const converting = program("cast", (b) => {
    const [source, target] = [b.pointer("from", from.element), b.pointer("to", to.element)];
    b.loop("i", 0, lengthOf(from), {}, (i) =>
      b.store(at(target, i), convert(load(at(source, i)), to.element)),
    );
  });
  return planOf(node, `${from.element} to ${to.element}`, (workshop) =>
    stepOf(workshop, [[converting, workshop.address(x), workshop.address(node.output)]]),
  );
};

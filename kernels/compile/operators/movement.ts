/** Operations that compute nothing: the same elements in another shape, order or place. */
import { lengthOf, type Operation, sameShape, type TensorType, typeText } from "../graph.ts";
import { broadcastShape, broadcastView, denseStrides, type View, walk } from "../strides.ts";
import { input, type OperatorRow, type RealTensor, requireAxis } from "./operator.ts";

export const reshape: OperatorRow<"reshape"> = {
  inputs: [1, 1],
  infer: ({ shape }, inputs, refuse) => {
    const x = input(inputs, 0);
    if (shape.some((side) => !Number.isInteger(side) || side < 0) || lengthOf({ shape }) !== lengthOf(x))
      refuse(`a shape of ${lengthOf(x)} elements`, `[${shape.join(",")}]`, `The input is ${typeText(x)}.`);
    return { element: x.element, shape };
  },
  evaluate: (_, inputs) => input(inputs, 0).data,
};

export const transpose: OperatorRow<"transpose"> = {
  inputs: [1, 1],
  infer: (operation, inputs, refuse) => {
    const x = input(inputs, 0);
    const sorted = [...operation.permutation].sort((a, b) => a - b);
    if (sorted.length !== x.shape.length || sorted.some((side, at) => side !== at))
      refuse(
        `each of ${x.shape.length} sides once`,
        operation.permutation.join(","),
        `The input is ${typeText(x)}.`,
      );
    return { element: x.element, shape: viewOf(operation, x).shape };
  },
  evaluate: (operation, inputs) => copied(operation, inputs),
};

export const slice: OperatorRow<"slice"> = {
  inputs: [1, 1],
  infer: ({ start, count, step }, inputs, refuse) => {
    const x = input(inputs, 0);
    for (const [side, size] of x.shape.entries()) {
      const [from, many, by] = [start[side], count[side], step[side]] as [number, number, number];
      const last = from + (many - 1) * by;
      const inside = (place: number): boolean => Number.isInteger(place) && place >= 0 && place < size;
      if (!(many >= 0) || by === 0 || (many > 0 && !(inside(from) && inside(last))))
        refuse(`${many} places within side ${side}`, `${from} to ${last} of ${size}`, "Slice what is there.");
    }
    return { element: x.element, shape: count };
  },
  evaluate: (operation, inputs) => copied(operation, inputs),
};

export const expand: OperatorRow<"expand"> = {
  inputs: [1, 1],
  infer: ({ shape }, inputs, refuse) => {
    const x = input(inputs, 0);
    const common = broadcastShape([x.shape, shape]);
    if (!common || !sameShape(common, shape))
      refuse(
        `a shape that [${x.shape.join(",")}] broadcasts to`,
        `[${shape.join(",")}]`,
        "Sides stretch from 1.",
      );
    return { element: x.element, shape };
  },
  evaluate: (operation, inputs) => copied(operation, inputs),
};

type Viewing = Extract<Operation, { readonly op: "transpose" | "slice" | "expand" }>;

/** Which elements of its input such an operation reads, in the order in which it writes them. */
export function viewOf(operation: Viewing, { shape }: Pick<TensorType, "shape">): View {
  if (operation.op === "expand") return broadcastView(shape, operation.shape);
  const dense = denseStrides(shape);
  if (operation.op === "transpose") {
    const { permutation } = operation;
    return {
      shape: permutation.map((side) => shape[side] as number),
      strides: permutation.map((side) => dense[side] as number),
      offset: 0,
    };
  }
  const { start, count, step } = operation;
  return {
    shape: count,
    strides: dense.map((stride, side) => stride * (step[side] as number)),
    offset: dense.reduce((sum, stride, side) => sum + stride * (start[side] as number), 0),
  };
}

function copied(operation: Viewing, inputs: readonly RealTensor[]): Float64Array {
  const x = input(inputs, 0);
  const view = viewOf(operation, x);
  const result = new Float64Array(lengthOf(view));
  walk([view], ([place], index) => {
    result[index] = x.data[place as number] as number;
  });
  return result;
}

export const concat: OperatorRow<"concat"> = {
  inputs: [1, Number.POSITIVE_INFINITY],
  infer: ({ axis }, inputs, refuse) => {
    const first = input(inputs, 0);
    requireAxis(axis, first.shape.length, refuse);
    const others = (shape: readonly number[]): string => shape.filter((_, side) => side !== axis).join(",");
    for (const each of inputs)
      if (
        each.element !== first.element ||
        each.shape.length !== first.shape.length ||
        others(each.shape) !== others(first.shape)
      )
        refuse(
          `inputs that differ along side ${axis} alone`,
          inputs.map(typeText).join(" and "),
          "Reshape one.",
        );
    const total = inputs.reduce((sum, { shape }) => sum + (shape[axis] as number), 0);
    return { element: first.element, shape: first.shape.map((side, at) => (at === axis ? total : side)) };
  },
  evaluate: ({ axis }, inputs, output) => {
    const result = new Float64Array(lengthOf(output));
    for (const [at, view] of concatViews(axis, inputs, output).entries())
      walk([view], ([place], index) => {
        result[place as number] = inputs[at]?.data[index] as number;
      });
    return result;
  },
};

/** Where each input's elements go in the result. */
export function concatViews(axis: number, inputs: readonly TensorType[], output: TensorType): View[] {
  const strides = denseStrides(output.shape);
  let from = 0;
  return inputs.map(({ shape }) => {
    const view = { shape, strides, offset: from * (strides[axis] as number) };
    from += shape[axis] as number;
    return view;
  });
}

export const pad: OperatorRow<"pad"> = {
  inputs: [1, 1],
  infer: ({ before, after }, inputs, refuse) => {
    const x = input(inputs, 0);
    const amounts = [...before, ...after];
    if (amounts.length !== 2 * x.shape.length || amounts.some((each) => !Number.isInteger(each) || each < 0))
      refuse(
        `amounts of 0 or more on both ends of ${x.shape.length} sides`,
        amounts.join(","),
        "Slice to crop.",
      );
    return {
      element: x.element,
      shape: x.shape.map((side, at) => side + (before[at] as number) + (after[at] as number)),
    };
  },
  evaluate: (operation, inputs, output) => {
    const result = new Float64Array(lengthOf(output)).fill(operation.value);
    const x = input(inputs, 0);
    walk([paddedView(operation.before, x, output)], ([place], index) => {
      result[place as number] = x.data[index] as number;
    });
    return result;
  },
};

/** Where the input's elements go in the padded result. */
export function paddedView(before: readonly number[], x: TensorType, output: TensorType): View {
  const strides = denseStrides(output.shape);
  const offset = strides.reduce((sum, stride, side) => sum + stride * (before[side] as number), 0);
  return { shape: x.shape, strides, offset };
}

export const gather: OperatorRow<"gather"> = {
  inputs: [2, 2],
  infer: ({ axis }, inputs, refuse) => {
    const [data, indices] = [input(inputs, 0), input(inputs, 1)];
    requireAxis(axis, data.shape.length, refuse);
    if (indices.element !== "i32") refuse("indices of i32", typeText(indices), "Cast them.");
    const shape = [...data.shape.slice(0, axis), ...indices.shape, ...data.shape.slice(axis + 1)];
    return { element: data.element, shape };
  },
  evaluate: ({ axis }, inputs, output) => {
    const [data, indices] = [input(inputs, 0), input(inputs, 1)];
    const side = data.shape[axis] as number;
    const inner = lengthOf({ shape: data.shape.slice(axis + 1) });
    const many = indices.data.length;
    return Float64Array.from({ length: lengthOf(output) }, (_, at) => {
      const index = indices.data[Math.floor(at / inner) % many] as number;
      const wrapped = index < 0 ? index + side : index;
      if (!(wrapped >= 0 && wrapped < side))
        throw new RangeError(`expected indices from ${-side} to ${side - 1}, found ${index}`);
      const outer = Math.floor(at / (inner * many));
      return data.data[(outer * side + wrapped) * inner + (at % inner)] as number;
    });
  },
};

export const cast: OperatorRow<"cast"> = {
  inputs: [1, 1],
  infer: ({ element }, inputs) => ({ element, shape: input(inputs, 0).shape }),
  evaluate: ({ element }, inputs) => {
    const { data } = input(inputs, 0);
    return element === "i32" ? data.map(Math.trunc) : data;
  },
};

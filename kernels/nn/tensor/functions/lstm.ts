/**
 * The recurrence of a long short-term memory (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000) as
 * one operation over all steps of time: a product and one loop a step forward, one loop and a product a step back. The
 * gradient of the recurrent weights is one product over all steps.
 */
import { bytesOf } from "../../../codegen/expressions.ts";
import { gradientsOf } from "../derivative.ts";
import type { Engine } from "../engine.ts";
import { mapProgram } from "../programs/map.ts";
import { record } from "../record.ts";
import { add, constant, input, mul, type Scalar, sigmoid, tanh } from "../scalar.ts";
import { nestOf, shapeText } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import { engineOf } from "./elementwise.ts";

/**
 * Hidden states [time, batch, hidden] from what the input gives to the gates, [time, batch, 4 hidden] (biases included),
 * and recurrent weights [4 hidden, hidden], both in torch's order: input, forget, cell, output. Starts from zeros.
 * @throws RangeError for shapes that do not fit
 */
export function lstm(gates: Tensor, weight: Tensor): Tensor {
  const engine = engineOf([gates, weight]);
  const [time, batch, four] = gates.shape;
  const [rows, hidden] = weight.shape;
  if (!time || !batch || !hidden || gates.shape.length !== 3 || four !== 4 * hidden || rows !== four)
    throw new RangeError(
      "expected gates [time, batch, 4 x hidden] and weights [4 x hidden, hidden]; " +
        `found ${shapeText(gates.shape)} and ${shapeText(weight.shape)}`,
    );
  const sizes = { time, batch, hidden };
  const states = engine.tensor([time, batch, hidden]);
  const cells = engine.tensor([time, batch, hidden]);
  // What goes into the gates, before sigmoid and tanh.
  const sums = engine.tensor(gates.shape);
  const zeros = engine.tensor([batch, hidden], 0);
  const cell = forwardLoop(engine, sizes);
  for (let t = 0; t < time; t++) {
    const into = part(sums, t);
    if (t > 0) recur(weight, { a: part(states, t - 1), c: into }, sizes);
    else sums.values.fill(0, 0, batch * four);
    const before = t > 0 ? part(cells, t - 1) : zeros.address;
    const own = blocks(into, sizes, engine);
    cell(...blocks(part(gates, t), sizes, engine), ...own, before, ...own, part(cells, t), part(states, t));
  }
  return record(states, [gates, weight], (gradient) => {
    const toGates = backThroughTime({ sums, cells, zeros, weight, gradient }, sizes);
    return [toGates, weight.wantsGradient ? weightGradient(toGates, states, sizes) : undefined];
  });
}

interface Sizes {
  readonly time: number;
  readonly batch: number;
  readonly hidden: number;
}

/** The address of one step of a tensor [time, ...]. */
function part({ address, shape, size, engine }: Tensor, t: number): number {
  return address + ((t * size) / (shape[0] as number)) * bytesOf[engine.element];
}

/** The addresses of the four gates of a step. */
const blocks = (address: number, { hidden }: Sizes, { element }: Engine): readonly number[] =>
  [0, 1, 2, 3].map((gate) => address + gate * hidden * bytesOf[element]);

/** [batch, 4 hidden] from the states of the step before. */
function recur(weight: Tensor, { a, c }: { a: number; c: number }, { batch, hidden }: Sizes): void {
  weight.engine.multiply({ m: batch, n: 4 * hidden, k: hidden, a, b: weight.address, c, transposeB: true });
}

/** The new cell and state from the sums at the gates and the old cell. */
function cellOf(i: Scalar, f: Scalar, g: Scalar, o: Scalar, before: Scalar) {
  const cell = add(mul(sigmoid(f), before), mul(sigmoid(i), tanh(g)));
  return { cell, state: mul(sigmoid(o), tanh(cell)) };
}

type Gates = [Scalar, Scalar, Scalar, Scalar];

/** Loop over [batch, hidden]; operands of gates are parts of rows of 4 hidden elements. */
function loop(
  engine: Engine,
  name: string,
  sizes: Sizes,
  wide: readonly boolean[],
  formulas: readonly Scalar[],
) {
  const { batch, hidden } = sizes;
  const strides = wide.map((gate) => [gate ? 4 * hidden : hidden, 1]);
  const { element, lanes } = engine;
  const inputs = wide.length - formulas.length;
  return engine.kernel(`${name} ${batch}x${hidden}`, () =>
    mapProgram({ element, lanes, formulas, inputs, settings: 0, nest: nestOf([batch, hidden], strides) }),
  );
}

const gate = true;
const plain = false;
const fourGates = [gate, gate, gate, gate];

/** From the input's part, the recurrent part and the old cell: the sums, in place, the new cell, the new state. */
function forwardLoop(engine: Engine, sizes: Sizes) {
  const sums = [0, 1, 2, 3].map((i) => add(input(i), input(4 + i))) as Gates;
  const { cell, state } = cellOf(...sums, input(8));
  const operands = [...fourGates, ...fourGates, plain, ...fourGates, plain, plain];
  return loop(engine, "lstm cell", sizes, operands, [...sums, cell, state]);
}

/**
 * From the sums, the old cell, and the gradients of the state (from outside, and from the next step) and of the cell: the
 * gradients of the sums, and of the old cell.
 */
function backwardLoop(engine: Engine, sizes: Sizes) {
  const sums = [0, 1, 2, 3].map(input) as Gates;
  const { cell, state } = cellOf(...sums, input(4));
  const toState = add(input(5), input(6));
  // The derivative of a sum of products with given factors is that of both results together.
  const pulled = add(mul(toState, state), mul(input(7), cell));
  const all = gradientsOf(pulled, 8, constant(1)).slice(0, 5) as readonly Scalar[];
  const operands = [...fourGates, plain, plain, plain, plain, ...fourGates, plain];
  return loop(engine, "lstm gradient", sizes, operands, all);
}

interface Walked {
  readonly sums: Tensor;
  readonly cells: Tensor;
  readonly zeros: Tensor;
  readonly weight: Tensor;
  readonly gradient: Tensor;
}

function backThroughTime({ sums, cells, zeros, weight, gradient }: Walked, sizes: Sizes): Tensor {
  const { engine } = sums;
  const { time, batch, hidden } = sizes;
  const toGates = engine.tensor(sums.shape);
  const [toState, toCell] = [engine.tensor([batch, hidden], 0), engine.tensor([batch, hidden], 0)];
  const step = backwardLoop(engine, sizes);
  for (let t = time - 1; t >= 0; t--) {
    const before = t > 0 ? part(cells, t - 1) : zeros.address;
    const gradients = blocks(part(toGates, t), sizes, engine);
    const given = [before, part(gradient, t), toState.address, toCell.address];
    step(...blocks(part(sums, t), sizes, engine), ...given, ...gradients, toCell.address);
    if (t > 0)
      engine.multiply({
        ...{ m: batch, n: hidden, k: 4 * hidden },
        ...{ a: part(toGates, t), b: weight.address, c: toState.address },
      });
  }
  return toGates;
}

/** The sum over all steps but the first of the gates' gradients times the states before. */
function weightGradient(toGates: Tensor, states: Tensor, { time, batch, hidden }: Sizes): Tensor {
  const { engine } = states;
  if (time === 1) return engine.tensor([4 * hidden, hidden], 0);
  const made = engine.tensor([4 * hidden, hidden]);
  engine.multiply({
    ...{ m: 4 * hidden, n: hidden, k: (time - 1) * batch, transposeA: true },
    ...{ a: part(toGates, 1), b: states.address, c: made.address },
  });
  return made;
}

/**
 * Elementwise operations with NumPy's stretching of shapes: any formula (scalar.ts) of any number of tensors is one loop,
 * and its gradient another.
 */

import { gradientsOf } from "../derivative.ts";
import type { Engine } from "../engine.ts";
import { leastElements, parallelMap } from "../parallel-map.ts";
import { mapProgram } from "../programs/map.ts";
import { record } from "../record.ts";
import { input, type Scalar } from "../scalar.ts";
import { broadcastShape, nestOf, type Shape, sameShape, stretchedStrides, stridesOf } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import { sumTo } from "./reduce.ts";

/** A formula's operands, one for each tensor. */
type Inputs<T extends readonly Tensor[]> = { readonly [K in keyof T]: Scalar };

const inputsOf = <T extends readonly Tensor[]>(tensors: T): Inputs<T> =>
  tensors.map((_, i) => input(i)) as unknown as Inputs<T>;

/**
 * A tensor of f(x0, x1 …) element by element; shapes are stretched to one another.
 *
 * @example
 * const swish = map([tensor], (x) => mul(x, sigmoid(x)));
 */
export function map<const T extends readonly Tensor[]>(
  tensors: T,
  write: (...inputs: Inputs<T>) => Scalar,
): Tensor {
  const formula = write(...inputsOf(tensors));
  const shape = broadcastShape(tensors.map((tensor) => tensor.shape));
  const [result] = evaluate([formula], tensors, shape);
  return record(result as Tensor, tensors, (gradient) => gradients(formula, tensors, gradient));
}

/** One pass for the gradients of all operands that want one; what was stretched is summed up again. */
function gradients(
  formula: Scalar,
  tensors: readonly Tensor[],
  gradient: Tensor,
): readonly (Tensor | undefined)[] {
  const passed = input(tensors.length);
  const all = knownGradients(formula, tensors.length, passed);
  const wanted = all.map((each, i) => (tensors[i]?.wantsGradient ? each : undefined));
  // A sum hands its gradient on as it is, and operands with equal gradients share one.
  const formulas = [...new Set(wanted)].filter((each) => each !== undefined && each !== passed) as Scalar[];
  const made = formulas.length > 0 ? evaluate(formulas, [...tensors, gradient], gradient.shape) : [];
  return wanted.map((each, i) => {
    if (!each) return undefined;
    const whole = each === passed ? gradient : (made[formulas.indexOf(each)] as Tensor);
    return sumTo(whole, (tensors[i] as Tensor).shape);
  });
}

/** Gradients of formulas that were asked for before: the same in every step. */
const known = new Map<string, readonly (Scalar | undefined)[]>();

function knownGradients(formula: Scalar, inputs: number, seed: Scalar): readonly (Scalar | undefined)[] {
  const name = `${formula.id} ${inputs}`;
  const found = known.get(name) ?? gradientsOf(formula, inputs, seed);
  known.set(name, found);
  return found;
}

/** The values of some formulas, a new tensor each. */
function evaluate(formulas: readonly Scalar[], tensors: readonly Tensor[], shape: Shape): readonly Tensor[] {
  const engine = engineOf(tensors);
  const results = formulas.map(() => engine.tensor(shape));
  run(engine, formulas, tensors, results, []);
  return results;
}

/**
 * Writes the values of some formulas into tensors of one shape, which may be operands of that shape themselves: how
 * optimisers change parameters. Not recorded. `settings` are the numbers that formulas call `setting(i)`.
 */
export function assign<const T extends readonly Tensor[]>(
  results: readonly Tensor[],
  tensors: T,
  write: (...inputs: Inputs<T>) => readonly Scalar[],
  settings: readonly number[] = [],
): void {
  const [first] = results as [Tensor];
  if (results.some(({ shape }) => !sameShape(shape, first.shape)))
    throw new RangeError("expected results of one shape");
  run(first.engine, write(...inputsOf(tensors)), tensors, results, settings);
}

function run(
  engine: Engine,
  formulas: readonly Scalar[],
  tensors: readonly Tensor[],
  results: readonly Tensor[],
  settings: readonly number[],
): void {
  const [{ shape, size }] = results as [Tensor];
  if (size === 0) return;
  // Shapes say everything, and are faster to write down than the loops that they lead to.
  const name = `map ${formulas.map(({ id }) => id)} ${settings.length} ${shape} of ${tensors.map((each) => each.shape).join(" ")}`;
  const kernel = engine.kernel(name, () => {
    const strides = [
      ...tensors.map((tensor) => stretchedStrides(tensor.shape, shape)),
      ...results.map(() => stridesOf(shape)),
    ];
    const { element, lanes } = engine;
    const sizes = { inputs: tensors.length, settings: settings.length, nest: nestOf(shape, strides) };
    const parallel =
      engine.threads > 1 && size >= leastElements ? parallelMap(engine, { formulas, ...sizes }) : undefined;
    return parallel ?? mapProgram({ element, lanes, formulas, ...sizes });
  });
  kernel(...tensors.map(({ address }) => address), ...results.map(({ address }) => address), ...settings);
}

export const nestText = (nest: ReturnType<typeof nestOf>): string =>
  nest.map(({ length, strides }) => `${length}:${strides}`).join(" ");

/** The one engine of some tensors. @throws RangeError for tensors of several */
export function engineOf(tensors: readonly Tensor[]): Engine {
  const [first] = tensors;
  if (!first) throw new RangeError("expected at least one tensor; found none");
  if (tensors.some(({ engine }) => engine !== first.engine))
    throw new RangeError("expected tensors of one engine; found two; copy the values over");
  return first.engine;
}

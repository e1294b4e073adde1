/**
 * What the compiler knows of each kind of operation: how many inputs, which type results, and its value in float64. One
 * row a kind; shape inference, the reference and constant folding are all that reads them.
 */
import type { Operation, OperationKind, TensorType } from "../graph.ts";

/** A tensor in double precision; integers are exact in it. */
export interface RealTensor extends TensorType {
  readonly data: Float64Array;
}

/** Throws a GraphError that names the node. */
export type Refuse = (expected: string, found: string, remedy?: string) => never;

export type OperationOf<K extends OperationKind> = Extract<Operation, { readonly op: K }>;

export interface OperatorRow<K extends OperationKind> {
  /** The least and the most inputs, those of an epilogue apart. */
  readonly inputs: readonly [least: number, most: number];
  /** The result's type, after checking that the inputs fit. */
  infer(operation: OperationOf<K>, inputs: readonly TensorType[], refuse: Refuse): TensorType;
  /** The result's elements. */
  evaluate(operation: OperationOf<K>, inputs: readonly RealTensor[], output: TensorType): Float64Array;
}

/** The input at this place; shape inference has checked that it is there. */
export function input<T extends TensorType>(inputs: readonly T[], at: number): T {
  const found = inputs[at];
  if (!found) throw new RangeError(`expected an input at place ${at}, found ${inputs.length}`);
  return found;
}

/** Refuses what is not f32. */
export function requireFloat(inputs: readonly TensorType[], refuse: Refuse): void {
  const at = inputs.findIndex(({ element }) => element !== "f32");
  if (at >= 0)
    refuse("f32 inputs", `${inputs[at]?.element} as input ${at}`, "Cast it to f32 before this node.");
}

/** An axis from 0 to the rank - 1, as every axis in a graph is. */
export function requireAxis(axis: number, rank: number, refuse: Refuse): void {
  if (!Number.isInteger(axis) || axis < 0 || axis >= rank)
    refuse(`an axis from 0 to ${rank - 1}`, String(axis), "Count sides from the outermost, which is 0.");
}

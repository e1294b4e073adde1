/** Writes formulas of one element into a vector program, each part that is used more than once under a name. */
import {
  abs,
  add,
  type CompareOperator,
  constant,
  div,
  equal,
  floor,
  greater,
  greaterOrEqual,
  less,
  lessOrEqual,
  type Mask,
  max,
  min,
  mul,
  negate,
  notEqual,
  round,
  select,
  squareRoot,
  sub,
  type Value,
  type VectorType,
} from "../../codegen/expressions.ts";
import type { ProgramBuilder } from "../../codegen/program.ts";
import { elementary } from "../../elementary/functions.ts";
import { normalDistribution } from "../../elementary/gelu.ts";
import { type BinaryFunction, inOrder, partsOf, type Scalar, type UnaryFunction } from "./scalar.ts";

/** What stands for inputs and settings: names, each usable as often as wanted. */
export interface ScalarPlaces {
  readonly type: VectorType;
  input(index: number): Value;
  setting(index: number): Value;
}

/** The values of some formulas; what they share is computed once. */
export function writeScalars(
  b: ProgramBuilder,
  formulas: readonly Scalar[],
  places: ScalarPlaces,
): readonly Value[] {
  const parts = inOrder(formulas);
  const uses = new Map<Scalar, number>();
  for (const part of [...parts.flatMap(partsOf), ...formulas]) uses.set(part, (uses.get(part) ?? 0) + 1);
  const values = new Map<Scalar, Value>();
  const placed = (part: Scalar): Value => values.get(part) as Value;
  for (const part of parts) {
    const value = write(b, part, placed, places);
    // An expression may stand in one place only; a name and a constant in many.
    const shared = (uses.get(part) ?? 0) > 1 && value.op !== "constant" && value.op !== "name";
    values.set(part, shared ? b.let("part", value) : value);
  }
  return formulas.map(placed);
}

function write(
  b: ProgramBuilder,
  part: Scalar,
  placed: (part: Scalar) => Value,
  { type, input, setting }: ScalarPlaces,
): Value {
  switch (part.op) {
    case "input":
      return input(part.index);
    case "setting":
      return setting(part.index);
    case "constant":
      return constant(part.value, type);
    case "choose":
      return select(
        comparisons[part.when](placed(part.left), placed(part.right)),
        placed(part.yes),
        placed(part.no),
      );
    default:
      if ("of" in part) return unaries[part.op](b, placed(part.of));
      return binaries[part.op](placed(part.left), placed(part.right));
  }
}

const comparisons: Readonly<Record<CompareOperator, (left: Value, right: Value) => Mask>> = {
  lt: less,
  le: lessOrEqual,
  gt: greater,
  ge: greaterOrEqual,
  eq: equal,
  ne: notEqual,
};

const binaries: Readonly<Record<BinaryFunction, (left: Value, right: Value) => Value>> = {
  add,
  sub,
  mul,
  div,
  max,
  min,
};

const unaries: Readonly<Record<UnaryFunction, (b: ProgramBuilder, x: Value) => Value>> = {
  ...elementary,
  normal: normalDistribution,
  neg: (_, x) => negate(x),
  abs: (_, x) => abs(x),
  sqrt: (_, x) => squareRoot(x),
  round: (_, x) => round(x),
  floor: (_, x) => floor(x),
};

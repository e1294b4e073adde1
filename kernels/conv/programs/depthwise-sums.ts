/**
 * Sums of a depthwise layer: a few neighbouring outputs at once, each a weighted sum of a few vectors. Where the weights
 * fit the registers each vector of the image is loaded once for all outputs that see it; else each weight once for all
 * outputs.
 */
import { constant, multiplyAdd, type Name, type Value, type VectorType } from "../../codegen/expressions.ts";
import type { ProgramBuilder } from "../../codegen/program.ts";
import { machineRow } from "../../gemm/machines.ts";
import { type ConvProblem, vectorLanes } from "../problem.ts";

/** One weight and where what it multiplies lies, in elements from the first output's place. */
export interface Tap {
  readonly index: number;
  readonly offset: number;
}

export interface DepthwiseSums {
  readonly type: VectorType;
  readonly taps: readonly Tap[];
  readonly outputs: number;
  /** Elements from what a tap multiplies for one output to what it multiplies for the next. */
  readonly outputStep: number;
  /** Whether the weights stay in registers; `weight` then gives their names. */
  readonly resident: boolean;
  value(offset: number): Value;
  weight(index: number): Value;
}

/** Outputs that are summed at once at the most: enough that their additions overlap. */
const mostOutputs = 4;
/** With fewer, loading every weight anew for four is faster. */
const leastOutputs = 2;

/** Registers besides weights and sums: a value, a mask of lanes on AVX2, and three for an activation. */
const others = 5;

/** Outputs that are summed at once, and whether this many weights stay in registers meanwhile. */
export function sumsFor(
  { element, isa }: Pick<ConvProblem, "element" | "isa">,
  taps: number,
): { readonly outputs: number; readonly resident: boolean } {
  const room = machineRow(element, isa).registers - taps - others;
  return room < leastOutputs
    ? { outputs: mostOutputs, resident: false }
    : { outputs: Math.min(mostOutputs, room), resident: true };
}

/** The type of a vector of the problem. */
export const vectorType = (problem: Pick<ConvProblem, "element" | "isa">): VectorType => ({
  element: problem.element,
  lanes: vectorLanes(problem),
});

/** Emits the sums and returns their names, in order of the outputs. */
export function depthwiseSums(b: ProgramBuilder, sums: DepthwiseSums): readonly Name[] {
  const { type, taps, outputs, outputStep, resident } = sums;
  const totals = Array.from({ length: outputs }, () => b.variable("total", constant(0, type)));
  const addTo = (output: number, value: Value, weight: Value): void => {
    const total = totals[output] as Name;
    b.set(total, multiplyAdd(value, weight, total));
  };
  if (!resident) {
    for (const { index, offset } of taps) {
      const weight = b.let("weight", sums.weight(index));
      for (let i = 0; i < outputs; i++) addTo(i, sums.value(offset + i * outputStep), weight);
    }
    return totals;
  }
  const users = new Map<number, { readonly output: number; readonly index: number }[]>();
  for (const { index, offset } of taps)
    for (let output = 0; output < outputs; output++) {
      const place = offset + output * outputStep;
      users.set(place, [...(users.get(place) ?? []), { output, index }]);
    }
  for (const [place, ofPlace] of [...users].sort(([left], [right]) => left - right)) {
    const value = b.let("value", sums.value(place));
    for (const { output, index } of ofPlace) addTo(output, value, sums.weight(index));
  }
  return totals;
}

/**
 * Which plan suits a shape: dot products for few columns, tiles in place for what is not large or has few rows, packing
 * for the rest. The limits say when copying B once costs more than reading it where it lies.
 */
import { bytesOf } from "../codegen/expressions.ts";
import type { GemmShape, Real } from "./arguments.ts";
import { directPlan, directTileFor, dotsPlan } from "./direct.ts";
import type { MachineRow } from "./machines.ts";
import { packedPlan } from "./packed.ts";
import type { GemmPlan } from "./plan.ts";
import type { DirectTile } from "./programs/direct.ts";
import type { MacroKernelOptions } from "./programs/macro-kernel.ts";

/** Columns up to which all lanes are better used along k than along the row: half a vector of 16. */
const mostDotColumns = 8;
/** Vectors along k only pay if there are a few of them. */
const leastDotVectors = 2;
/** Rows up to which each element of B is used so seldom that copying it does not pay. */
const fewRows = 32;

/** What suits a shape, before it is a plan. */
export type PlanChoice =
  | { readonly kind: "dots" | "packed" }
  | { readonly kind: "in-place"; readonly tile: DirectTile };

/** Decides how problems of this shape are computed. */
export function choiceFor(shape: GemmShape, element: Real, machine: MachineRow): PlanChoice {
  const lanes = machine.vectorBytes / bytesOf[element];
  const { m, n, k } = shape;
  if (n <= mostDotColumns && k >= leastDotVectors * lanes) return { kind: "dots" };
  const bytes = (m * k + k * n + m * n) * bytesOf[element];
  if (m > fewRows && n > lanes && bytes >= machine.inPlaceBytes) return { kind: "packed" };
  const tile = directTileFor(shape, element, machine.vectorBytes, machine.registers);
  return { kind: "in-place", tile };
}

/** The plan for problems of this shape. */
export function planFor(variant: string, shape: GemmShape, element: Real, machine: MachineRow): GemmPlan {
  const choice = choiceFor(shape, element, machine);
  if (choice.kind === "dots") return dotsPlan(variant, element, shape.n, machine);
  if (choice.kind === "in-place") return directPlan(variant, element, choice.tile, shape);
  const lanes = machine.vectorBytes / bytesOf[element];
  return packedPlan(variant, element, machine.blocking, lanes, tileOptions(machine));
}

/** How tiles are written on a class of machine. */
export function tileOptions({ isa }: MachineRow): MacroKernelOptions {
  return isa === "wasm" ? { edges: "buffer" } : { edges: "masks", prefetch: true };
}

/** What pointwise and implicit convolutions in nchw share: the choice of a tile, packed weights, one call a group. */
import { directTileFor, tileHalfCycles } from "../../gemm/direct.ts";
import { machineRow } from "../../gemm/machines.ts";
import type { DirectTile } from "../../gemm/programs/direct.ts";
import { type PanelOptions, packedLength } from "../pack-filters.ts";
import { allocatedBytes, type ConvProblem, elementBytes } from "../problem.ts";
import type { StripeOptions, StripeSource } from "../programs/stripes.ts";
import { groupFilters, patchLength, positions } from "../shape.ts";

/** Registers that an activation takes on AVX2, where the lanes of a last vector already take one for their mask. */
const forActivation = 2;

/** The tile with the least work for a problem, of those that fit the registers. */
export function stripeTile({ shape, element, isa, epilogue }: ConvProblem): DirectTile {
  const { vectorBytes, registers } = machineRow(element, isa);
  const taken = isa === "avx2" && epilogue.activation !== "none" ? forActivation : 0;
  const sides = { m: groupFilters(shape), n: positions(shape), k: patchLength(shape) };
  return directTileFor(sides, element, vectorBytes, registers - taken);
}

/** How the weights of a problem are packed. */
export function stripePanels(problem: ConvProblem): PanelOptions {
  return { width: stripeTile(problem).rows, order: "channel-tap", unit: 1 };
}

/** Bytes of the packed weights. */
export const packedBytes = (problem: ConvProblem): number =>
  allocatedBytes(problem, packedLength(problem.shape, stripePanels(problem)));

/** The product of one group. */
export function stripeOptions(problem: ConvProblem, source: StripeSource): StripeOptions {
  const { shape, element, epilogue } = problem;
  return {
    filters: groupFilters(shape),
    depth: patchLength(shape),
    positions: positions(shape),
    tile: stripeTile(problem),
    ...{ element, epilogue, source },
  };
}

/** Byte distances from one group to the next: of the packed weights, the bias and the output. */
export function groupSteps(problem: ConvProblem) {
  const { shape } = problem;
  const bytes = elementBytes(problem);
  return {
    weights: bytes * groupFilters(shape) * patchLength(shape),
    bias: bytes * groupFilters(shape),
    output: bytes * groupFilters(shape) * positions(shape),
  };
}

/** Cycles of the multiply-adds of one image. */
export function stripeCycles(problem: ConvProblem): number {
  const { shape } = problem;
  const sides = { m: groupFilters(shape), n: positions(shape) };
  return (shape.groups * patchLength(shape) * tileHalfCycles(sides, stripeTile(problem))) / 2;
}

/**
 * The plans that a search may try for one shape on one target: every combination of knobs that is legal, each in one
 * canonical form, so that two numbers which mean the same plan (a block larger than the matrix) are one point.
 */
import type { GemmShape, Real } from "../gemm/arguments.ts";
import { machineRow } from "../gemm/machines.ts";
import { lanesOf, type TunedBlocking } from "../gemm/tuned.ts";
import type { Knobs, TuneTarget } from "./targets.ts";

/** A choice of every knob, before it is canonical; `vectors` instead of nr. */
export type Choice = { readonly [knob in keyof Knobs]: Knobs[knob][number] };

export interface Space {
  readonly target: TuneTarget;
  readonly element: Real;
  readonly shape: GemmShape;
  /** The canonical point of a choice, or undefined where the target cannot hold its tile. */
  point(choice: Choice): TunedBlocking | undefined;
  /** The choice that a point stands for: any of those that lead to it. */
  choice(point: TunedBlocking): Choice;
  /** The default plan as a point, from which searches start. */
  readonly start: TunedBlocking;
}

/** Knobs by name, in the order in which a grid walks them. */
export const knobNames = ["mr", "vectors", "kc", "mc", "nc", "unroll", "order", "prefetch"] as const;

/** Vector registers of a tile: its sums, one row of B and one broadcast of A. */
export function registersNeeded({ mr, nr }: Pick<TunedBlocking, "mr" | "nr">, lanes: number): number {
  const vectors = nr / lanes;
  return mr * vectors + vectors + 1;
}

/** The space of a shape. @throws RangeError for a shape without elements */
export function spaceOf(target: TuneTarget, element: Real, shape: GemmShape): Space {
  if (![shape.m, shape.n, shape.k].every((side) => Number.isInteger(side) && side >= 1)) {
    throw new RangeError(`sides of at least 1 were expected, found ${shape.m}x${shape.n}x${shape.k}`);
  }
  const lanes = lanesOf(target, element);
  const choice = (point: TunedBlocking): Choice => ({ ...point, vectors: point.nr / lanes });
  const point = ({ vectors, ...rest }: Choice): TunedBlocking | undefined => {
    const wished = { ...rest, nr: vectors * lanes, vectorBits: target.vectorBits };
    return registersNeeded(wished, lanes) > target.mostNeeded ? undefined : canonical(wished, shape);
  };
  const row = machineRow(element, target.isa);
  const start = point({
    ...row.blocking,
    vectors: Math.max(1, Math.round(row.blocking.nr / lanes)),
    ...{ unroll: 4, order: "jpi", prefetch: target.isa !== "wasm" },
  });
  if (!start) throw new Error(`the default tile of ${element} does not fit target ${target.id}`);
  return { target, element, shape, point, choice, start };
}

/** Blocks in whole tiles and no larger than the shape; the literature's order where the order cannot matter. */
function canonical(wished: TunedBlocking, { m, n, k }: GemmShape): TunedBlocking {
  const { mr, nr } = wished;
  const mc = wholeTiles(wished.mc, mr, m);
  const nc = wholeTiles(wished.nc, nr, n);
  const kc = Math.min(wished.kc, k);
  const loops = [m > mc, n > nc, k > kc].filter(Boolean).length;
  return {
    ...{ mr, nr, vectorBits: wished.vectorBits, mc, nc, kc },
    ...{ unroll: wished.unroll, order: loops > 1 ? wished.order : "jpi", prefetch: wished.prefetch },
  };
}

function wholeTiles(block: number, tile: number, side: number): number {
  return Math.min(Math.max(1, Math.round(block / tile)), Math.ceil(side / tile)) * tile;
}

/** A random point. */
export function randomPoint(space: Space, random: () => number): TunedBlocking {
  for (;;) {
    const found = space.point(randomChoice(space.target.knobs, random));
    if (found) return found;
  }
}

/** Every knob at random. */
export function randomChoice(knobs: Knobs, random: () => number): Choice {
  return Object.fromEntries(
    knobNames.map((knob) => [knob, pick<unknown>(knobs[knob], random)]),
  ) as unknown as Choice;
}

/** One of the values, all alike likely. */
export function pick<T>(values: readonly T[], random: () => number): T {
  return values[Math.floor(random() * values.length)] as T;
}

/**
 * The plans that a search may try for one shape on one target: every combination of knobs that is legal, each in one
 * canonical form, so that two numbers which mean the same plan (a block larger than the matrix) are one point.
 */
import type { GemmShape, Real } from "../gemm/arguments.ts";
import { choiceFor } from "../gemm/choose.ts";
import { machineRow } from "../gemm/machines.ts";
import type { Split } from "../gemm/partition.ts";
import { depthUnroll } from "../gemm/programs/micro-kernel.ts";
import { inPlace, lanesOf } from "../gemm/tuned.ts";
import { withThreads } from "../variant.ts";
import { type Point, splitsOf } from "./point.ts";
import type { Knobs, TuneTarget } from "./targets.ts";

/** Knobs of a space: those of its target, and how C is cut among its threads. */
export interface SpaceKnobs extends Knobs {
  readonly split: readonly Split[];
}

/** A choice of every knob, before it is canonical; `vectors` instead of nr. */
export type Choice = { readonly [knob in keyof SpaceKnobs]: SpaceKnobs[knob][number] };

export interface Space {
  readonly target: TuneTarget;
  readonly element: Real;
  readonly shape: GemmShape;
  readonly threads: number;
  readonly knobs: SpaceKnobs;
  /** The variant that every candidate is compared with. */
  readonly defaultVariant: string;
  /** The canonical point of a choice, or undefined where the target cannot hold its tile. */
  point(choice: Choice): Point | undefined;
  /** The choice that a point stands for: any of those that lead to it. */
  choice(point: Point): Choice;
  /** The default plan as a point, from which searches start. */
  readonly start: Point;
}

/** Knobs by name, in the order in which a grid walks them. */
export const knobNames = [
  ...["packed", "split", "mr", "vectors", "ahead"],
  ...["kc", "mc", "nc", "unroll", "order", "prefetch"],
] as readonly (keyof SpaceKnobs)[];

/** Knobs that mean nothing where operands are read in place. */
export const ofPacking: readonly (keyof SpaceKnobs)[] = ["kc", "mc", "nc", "unroll", "order", "prefetch"];

/** Vector registers of a tile: its sums, one row of B and one broadcast of A. */
export function registersNeeded({ mr, nr }: Pick<Point, "mr" | "nr">, lanes: number): number {
  const vectors = nr / lanes;
  return mr * vectors + vectors + 1;
}

/** The space of a shape on so many threads. @throws RangeError for a shape without elements */
export function spaceOf(target: TuneTarget, element: Real, shape: GemmShape, threads = 1): Space {
  if (![shape.m, shape.n, shape.k].every((side) => Number.isInteger(side) && side >= 1)) {
    throw new RangeError(`sides of at least 1 were expected, found ${shape.m}x${shape.n}x${shape.k}`);
  }
  const lanes = lanesOf(target, element);
  const knobs = { ...target.knobs, split: splitsOf(threads) };
  const usual = defaultChoice(target, element, shape, knobs);
  // What is read in place has no blocks of its own to hand down: its descendants begin with the usual ones.
  const idle = Object.fromEntries(ofPacking.map((knob) => [knob, usual[knob]]));
  const choice = (point: Point): Choice => ({
    ...point,
    ...(point.packed ? {} : idle),
    vectors: point.nr / lanes,
  });
  const point = ({ vectors, ...rest }: Choice): Point | undefined => {
    const wished = { ...rest, nr: vectors * lanes, vectorBits: target.vectorBits, threads };
    return registersNeeded(wished, lanes) > target.mostNeeded ? undefined : canonical(wished, shape);
  };
  const start = point(usual);
  if (!start) throw new Error(`the default tile of ${element} does not fit target ${target.id}`);
  const defaultVariant = withThreads(target.defaultVariant, threads);
  return { target, element, shape, threads, knobs, defaultVariant, point, choice, start };
}

/** What the default does with the shape, as far as the knobs can say it: dot products are no point, and begin as packed. */
function defaultChoice(target: TuneTarget, element: Real, shape: GemmShape, { split }: SpaceKnobs): Choice {
  const row = machineRow(element, target.isa);
  const lanes = lanesOf(target, element);
  const suits = choiceFor(shape, element, row);
  return {
    ...row.blocking,
    vectors: Math.max(1, Math.round(row.blocking.nr / lanes)),
    unroll: depthUnroll({ ...row.blocking, lanes }),
    ...{ order: "jpi", prefetch: target.isa !== "wasm", ahead: 0 },
    ...(suits.kind === "in-place" && { mr: suits.tile.rows, vectors: suits.tile.vectors }),
    packed: suits.kind !== "in-place",
    split: split[0] as Split,
  };
}

/**
 * Blocks in whole tiles and no larger than a thread's part; the literature's order where the order cannot matter; no more
 * pieces than there are tiles.
 */
function canonical(wished: Point, shape: GemmShape): Point {
  const { mr, nr, vectorBits, packed, ahead, threads } = wished;
  const pieces = (side: number, tile: number, count: number): number =>
    Math.min(count, Math.ceil(side / tile));
  const split = {
    rows: pieces(shape.m, mr, wished.split.rows),
    columns: pieces(shape.n, nr, wished.split.columns),
  };
  const tile = { mr, nr, vectorBits, ahead, threads, split };
  if (!packed) return { ...tile, ...inPlace, mc: mr, nc: nr };
  const { m, n, k } = partOf({ mr, nr, split }, shape);
  const mc = wholeTiles(wished.mc, mr, m);
  const nc = wholeTiles(wished.nc, nr, n);
  const kc = Math.min(wished.kc, k);
  const loops = [m > mc, n > nc, k > kc].filter(Boolean).length;
  return {
    ...{ ...tile, mc, nc, kc, packed },
    ...{ unroll: wished.unroll, order: loops > 1 ? wished.order : "jpi", prefetch: wished.prefetch },
  };
}

/** The largest part of C that a thread computes, with the whole sum. */
export function partOf({ mr, nr, split }: Pick<Point, "mr" | "nr" | "split">, shape: GemmShape): GemmShape {
  const longest = (side: number, tile: number, count: number): number =>
    Math.min(side, Math.ceil(Math.ceil(side / tile) / count) * tile);
  return {
    m: longest(shape.m, mr, split.rows),
    n: longest(shape.n, nr, split.columns),
    k: shape.k,
  };
}

function wholeTiles(block: number, tile: number, side: number): number {
  return Math.min(Math.max(1, Math.round(block / tile)), Math.ceil(side / tile)) * tile;
}

/** A random point. */
export function randomPoint(space: Space, random: () => number): Point {
  for (;;) {
    const found = space.point(randomChoice(space.knobs, random));
    if (found) return found;
  }
}

/** Every knob at random. */
export function randomChoice(knobs: SpaceKnobs, random: () => number): Choice {
  return Object.fromEntries(
    knobNames.map((knob) => [knob, pick<unknown>(knobs[knob], random)]),
  ) as unknown as Choice;
}

/** One of the values, all alike likely. */
export function pick<T>(values: readonly T[], random: () => number): T {
  return values[Math.floor(random() * values.length)] as T;
}

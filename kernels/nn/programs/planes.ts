/**
 * Sums over one channel of a batch that lies as [batch][channels][positions]. Vectors of partial sums grow over a few
 * thousand elements, of one long plane or of several short ones, and are then added up in double precision: so the
 * error of a single-precision sum does not grow with the batch.
 */
import {
  add,
  advance,
  constant,
  convert,
  min,
  mul,
  type Name,
  type Operand,
  type PointerName,
  sub,
  type Value,
} from "../../codegen/expressions.ts";
import type { ProgramBuilder } from "../../codegen/program.ts";
import type { RealVector } from "../operation.ts";
import { chains, type Span, type Stretch, stretchOf, sweep, vectorSums } from "./sweep.ts";

/** Elements between two additions in double precision: a chain of 64 of AVX-512's vectors, 256 of WebAssembly's. */
const segmentElements = 4096;

/** The integers that programs over planes take, in this order. */
export const planeIntegers = [
  "batch",
  "channels",
  "positions",
  "group",
  "groups",
  "segment",
  "segments",
] as const;

export type PlaneNames = Readonly<Record<(typeof planeIntegers)[number], Name>>;

/** Their values: planes of a group share a chain of sums, and a plane longer than a segment is cut. */
export function planeSizes(batch: number, channels: number, positions: number): readonly number[] {
  const group = Math.max(1, Math.min(batch, Math.floor(segmentElements / positions)));
  const segment = Math.min(positions, segmentElements);
  return [
    ...[batch, channels, positions, group, Math.ceil(batch / group)],
    ...[segment, Math.ceil(positions / segment)],
  ];
}

/** The tensors that are walked over, and what is done at a span of their planes (in the same order). */
export interface ChannelWalk<T> {
  readonly channel: Value;
  readonly type: RealVector;
  readonly tensors: readonly PointerName[];
  readonly at: (span: Span, planes: readonly PointerName[]) => T;
}

export interface ChannelSums extends ChannelWalk<readonly Value[]> {
  /** How many sums: so many terms `at` gives. */
  readonly count: number;
  /** Called once where the planes have been cut into vectors, before any of them is walked over. */
  readonly cut?: (stretch: Stretch) => void;
}

/** The sums over one channel, as doubles. */
export function channelSums(b: ProgramBuilder, p: PlaneNames, walk: ChannelSums): readonly Name[] {
  const { channel, type, tensors, count, cut } = walk;
  const zero = constant(0, { element: "f64", lanes: 1 });
  const totals = Array.from({ length: count }, () => b.variable("total", zero));
  const parts = count === 1 ? chains : chains / 2;
  b.loop("s", 0, p.segments, {}, (s) => {
    const start = b.let("start", mul(s, p.segment));
    const stretch = stretchOf(b, min(p.segment, sub(p.positions, start)), type);
    cut?.(stretch);
    b.loop("g", 0, p.groups, {}, (g) => {
      const first = b.let("first", mul(g, p.group));
      const sums = vectorSums(b, type, count, parts);
      b.loop("n", first, min(add(first, p.group), p.batch), {}, (n) => {
        const planes = planesAt(b, p, n, channel, start, tensors);
        sweep(b, stretch, parts, (span) => sums.add(span, walk.at(span, planes)));
      });
      for (const [t, sum] of sums.total().entries()) {
        const total = totals[t] as Name;
        b.set(total, add(total, convert(sum, "f64")));
      }
    });
  });
  return totals;
}

/** Visits every span of every plane of a channel. */
export function overChannel(b: ProgramBuilder, p: PlaneNames, walk: ChannelWalk<void>): void {
  const { channel, type, tensors } = walk;
  const stretch = stretchOf(b, p.positions, type);
  b.loop("n", 0, p.batch, {}, (n) => {
    const planes = planesAt(b, p, n, channel, 0, tensors);
    sweep(b, stretch, 2, (span) => walk.at(span, planes));
  });
}

/** The plane of image n in each tensor, from element `start` on. */
function planesAt(
  b: ProgramBuilder,
  p: PlaneNames,
  n: Value,
  channel: Value,
  start: Operand,
  tensors: readonly PointerName[],
): readonly PointerName[] {
  const place = b.let("place", add(mul(add(mul(n, p.channels), channel), p.positions), start));
  return tensors.map((tensor) => b.let("plane", advance(tensor, place)));
}

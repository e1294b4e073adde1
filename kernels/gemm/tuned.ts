/**
 * A blocking that a search may choose freely, and its id. The id says everything, so a tuned plan is a variant like any
 * other: what `createGemm` compiles, what `kdaccel code` prints, and what the ledger and reports call it.
 */
import { ProgramError } from "../codegen/errors.ts";
import { bytesOf } from "../codegen/expressions.ts";
import type { Real } from "./arguments.ts";
import { type OuterOrder, outerOrders } from "./loops/any-order.ts";
import type { Blocking } from "./machines.ts";

/** Everything about a GEMM that can be chosen without changing what it computes. */
export interface TunedBlocking extends Blocking {
  /** Width of a vector: 128, 256 or 512; nr is a multiple of its lanes. */
  readonly vectorBits: number;
  /** Whether A and B are copied into panels; where they are read in place, blocks, unrolling and order say nothing. */
  readonly packed: boolean;
  /** Steps of k in one pass of the innermost loop, a power of two. */
  readonly unroll: number;
  /** Order of the three outer loops. */
  readonly order: OuterOrder;
  /** Whether lines of C are asked for before they are needed; targets without such an instruction ignore it. */
  readonly prefetch: boolean;
  /** Steps of k by which lines of A's and B's panels (in place: of B's rows) are asked for ahead; 0: not at all. */
  readonly ahead: number;
}

/** What the fields hold that mean nothing where operands are read in place. */
export const inPlace = { packed: false, kc: 1, unroll: 1, order: "jpi", prefetch: false } as const;

/**
 * The ids of tuned plans: `tuned-6x8v128-mc96-nc1024-kc512-u4-jpi`, with `-prefetch` where it prefetches C; or, reading in
 * place, `tuned-8x48v512-inplace`; both with `-ahead16` at the end where they ask for operands so many steps ahead.
 */
export const tunedPattern = new RegExp(
  `^tuned-(\\d+)x(\\d+)v(\\d+)-(?:inplace|mc(\\d+)-nc(\\d+)-kc(\\d+)-u(\\d+)-(${outerOrders.join("|")})(-prefetch)?)(?:-ahead([1-9]\\d*))?$`,
);

/** The id of a blocking, which `blockingOfId` reads back. */
export function tunedId(blocking: TunedBlocking): string {
  const { mr, nr, vectorBits, mc, nc, kc, unroll, order, prefetch, packed, ahead } = blocking;
  const blocks = packed
    ? `mc${mc}-nc${nc}-kc${kc}-u${unroll}-${order}${prefetch ? "-prefetch" : ""}`
    : "inplace";
  return `tuned-${mr}x${nr}v${vectorBits}-${blocks}${ahead > 0 ? `-ahead${ahead}` : ""}`;
}

/** The blocking that an id names, or undefined where it is no id of a tuned plan. */
export function blockingOfId(id: string): TunedBlocking | undefined {
  const match = tunedPattern.exec(id);
  if (!match) return undefined;
  const number = (group: number): number => Number(match[group]);
  const tile = { mr: number(1), nr: number(2), vectorBits: number(3), ahead: Number(match[10] ?? 0) };
  if (match[4] === undefined) return { ...tile, ...inPlace, mc: tile.mr, nc: tile.nr };
  return {
    ...tile,
    ...{ mc: number(4), nc: number(5), kc: number(6), unroll: number(7) },
    order: match[8] as OuterOrder,
    prefetch: match[9] !== undefined,
    packed: true,
  };
}

/** Elements of a vector. */
export function lanesOf({ vectorBits }: Pick<TunedBlocking, "vectorBits">, element: Real): number {
  return vectorBits / 8 / bytesOf[element];
}

/** Sums of a tile at the most: far beyond any register file, and generated code stays of readable size. */
const mostSums = 256;

/** The same blocking. @throws ProgramError where tiles do not divide their blocks, or a number is out of range. */
export function checkedBlocking(id: string, blocking: TunedBlocking, element: Real): TunedBlocking {
  const { mr, nr, vectorBits, mc, nc, kc, unroll } = blocking;
  const lanes = lanesOf(blocking, element);
  const power = unroll >= 1 && Number.isInteger(Math.log2(unroll));
  const whole = Number.isInteger(lanes) && nr % lanes === 0 && mc % mr === 0 && nc % nr === 0;
  if (Math.min(mr, nr, lanes, mc, nc, kc) >= 1 && power && whole && (mr * nr) / lanes <= mostSums)
    return blocking;
  throw new ProgramError(`variant ${id}`, {
    expected: `mc and nc in whole tiles, nr in whole vectors, an unrolling that is a power of two, at most ${mostSums} sums`,
    found: `${mr}x${nr} with mc ${mc}, nc ${nc}, kc ${kc}, unrolled by ${unroll}, vectors of ${vectorBits} bits`,
    remedy: "Choose such as tuned-6x8v128-mc96-nc1024-kc512-u4-jpi.",
  });
}

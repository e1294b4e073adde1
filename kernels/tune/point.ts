/**
 * A point of a search's space: a blocking, and on several threads how C is cut among them. Its name is a variant like any
 * other: `tuned-12x32v512-mc192-nc2048-kc256-u4-jpi-2t-2x1` on two threads that take half of the rows each.
 */
import type { Split } from "../gemm/partition.ts";
import { blockingOfId, type TunedBlocking, tunedId } from "../gemm/tuned.ts";
import { gemmWay } from "../gemm/way.ts";
import { withThreads } from "../variant.ts";

export interface Point extends TunedBlocking {
  readonly threads: number;
  /** Pieces of the rows and of the columns of C; 1 and 1 on one thread. */
  readonly split: Split;
}

/** The variant that runs a point, which `pointOfName` reads back. */
export function pointName(point: Point): string {
  const { threads, split } = point;
  const name = withThreads(tunedId(point), threads);
  return threads === 1 ? name : `${name}-${split.rows}x${split.columns}`;
}

/** The point that a variant stands for, or undefined where it is no tuned plan. */
export function pointOfName(name: string): Point | undefined {
  const { variant, threads, split = { rows: 1, columns: 1 } } = gemmWay(name);
  const blocking = blockingOfId(variant);
  return blocking && { ...blocking, threads, split };
}

/** Every way to cut C into as many parts as there are threads: by rows first, by columns last, grids in between. */
export function splitsOf(threads: number): readonly Split[] {
  return Array.from({ length: threads }, (_, i) => threads - i)
    .filter((rows) => threads % rows === 0)
    .map((rows) => ({ rows, columns: threads / rows }));
}

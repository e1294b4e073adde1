/**
 * Walks over elements that lie side by side by whole vectors, and over the rest with a tail: lanes behind the end are
 * neither read nor written. Apart, so that a program says only what it does to one vector.
 */
import {
  type AnyPointer,
  add,
  advance,
  and,
  at,
  constant,
  greater,
  load,
  type Name,
  type Pointer,
  type PointerName,
  splat,
  sub,
  sum,
  type Tail,
  type Value,
  type VectorType,
} from "../../codegen/expressions.ts";
import type { ProgramBuilder } from "../../codegen/program.ts";

/** A vector's worth of elements: where it begins, and which lanes count if not all of them. */
export interface Span {
  readonly index: Value;
  readonly lanes: number;
  readonly tail?: Tail | undefined;
  /** Which copy of an unrolled body this is. */
  readonly copy: number;
}

/** The elements of a span, 0 in lanes that do not count. */
export const read = (pointer: AnyPointer, { index, lanes, tail }: Span): Value =>
  load(at(pointer, index), lanes, tail);

export function write(b: ProgramBuilder, pointer: AnyPointer, { index, tail }: Span, value: Value): void {
  b.store(at(pointer, index), value, tail);
}

/** A length cut into whole vectors and a rest; made once where several sweeps go over the same length. */
export interface Stretch {
  readonly count: Name;
  readonly whole: Name;
  readonly rest: Name;
  readonly tail: Tail;
  readonly type: VectorType;
}

/** Cuts a length. */
export function stretchOf(b: ProgramBuilder, count: Value, type: VectorType): Stretch {
  const length = b.let("count", count);
  const whole = b.let("whole", and(length, -type.lanes));
  const rest = b.let("rest", sub(length, whole));
  return { count: length, whole, rest, tail: b.tail("tail", rest, type), type };
}

/** Calls `body` for every vector of a stretch, `unroll` at a time while there are so many. */
export function sweep(
  b: ProgramBuilder,
  { whole, rest, tail, type: { lanes } }: Stretch,
  unroll: number,
  body: (span: Span) => void,
): void {
  b.loop("i", 0, whole, { step: lanes, unroll }, (index, copy) => body({ index, lanes, copy }));
  b.if(greater(rest, 0), () => body({ index: whole, lanes, tail, copy: 0 }));
}

/** Independent sums of a reduction: an addition takes four cycles, and its load is the other thing to wait for. */
export const chains = 4;

/** Sums that grow over several sweeps: `chains` vectors each, added up once at the end. */
export interface VectorSums {
  /** Adds the terms of a span, one for each sum. */
  add(span: Span, terms: readonly Value[]): void;
  /** Each sum as a scalar; the vectors start again from 0 where `again` is given. */
  total(): readonly Value[];
  clear(): void;
}

/** `count` sums of vectors, all 0. */
export function vectorSums(b: ProgramBuilder, type: VectorType, count: number, parts = chains): VectorSums {
  const zero = (): Value => constant(0, type);
  const sums = Array.from({ length: count }, () =>
    Array.from({ length: parts }, () => b.variable("partial", zero())),
  );
  return {
    add(span, terms) {
      for (const [s, term] of terms.entries()) {
        const part = sums[s]?.[span.copy % parts] as Name;
        b.set(part, add(part, term));
      }
    },
    total: () => sums.map((vectors) => sum(pairwise(vectors))),
    clear() {
      for (const part of sums.flat()) b.set(part, zero());
    },
  };
}

/** Vectors added two by two: the error grows with the logarithm of their number. */
function pairwise(vectors: readonly Value[]): Value {
  if (vectors.length === 1) return vectors[0] as Value;
  const half = vectors.length / 2;
  return add(pairwise(vectors.slice(0, half)), pairwise(vectors.slice(half)));
}

/** A scalar as it is needed beside whole vectors: in every lane. */
export const everywhere = (b: ProgramBuilder, name: string, scalar: Value, { lanes }: VectorType): Name =>
  b.let(name, splat(scalar, lanes));

/** A pointer moved on and named. */
export const rowAt = (b: ProgramBuilder, name: string, pointer: Pointer, by: Value): PointerName =>
  b.let(name, advance(pointer, by));

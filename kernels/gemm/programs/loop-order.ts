/**
 * The three loops in any of their six orders (Golub & Van Loan, Matrix Computations, 1.1.11). What does not change in
 * the innermost loop is held in a register: an element of C where k is innermost, of A where j, of B where i.
 */
import {
  add,
  and,
  at,
  constant,
  load,
  mul,
  multiplyAdd,
  type Name,
  splat,
  type Value,
} from "../../codegen/expressions.ts";
import type { ProgramBuilder } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import type { Real } from "../arguments.ts";
import { type ProductParameters, productProgram } from "./product.ts";

/** Outermost loop first; i runs over rows of C, j over its columns, k over the sum. */
export const loopOrders = ["ijk", "ikj", "jik", "jki", "kij", "kji"] as const;
export type LoopOrder = (typeof loopOrders)[number];

type Letter = "i" | "j" | "k";
type Bounds = Readonly<Record<Letter, { readonly from: Value | number; readonly to: Value }>>;

/** C += alpha A B in one order; `lanes` above 1 needs j innermost, because only rows are contiguous. */
export function loopOrderProgram(name: string, order: LoopOrder, element: Real, lanes: number): Program {
  return productProgram(name, element, (b, p) =>
    threeLoops(b, p, order, lanes, {
      i: { from: 0, to: p.m },
      j: { from: 0, to: p.n },
      k: { from: 0, to: p.k },
    }),
  );
}

/** The loops over a part of the index space: the whole of it, or one block. */
export function threeLoops(
  b: ProgramBuilder,
  p: ProductParameters,
  order: LoopOrder,
  lanes: number,
  bounds: Bounds,
): void {
  const [outer, middle, inner] = [...order] as [Letter, Letter, Letter];
  b.loop(outer, bounds[outer].from, bounds[outer].to, {}, (first) => {
    b.loop(middle, bounds[middle].from, bounds[middle].to, {}, (second) => {
      const at = { [outer]: first, [middle]: second } as Record<Letter, Name>;
      innermost[inner](b, p, at, bounds, lanes);
    });
  });
}

type Innermost = (
  b: ProgramBuilder,
  p: ProductParameters,
  index: Readonly<Record<Letter, Name>>,
  bounds: Bounds,
  lanes: number,
) => void;

const innermost: Readonly<Record<Letter, Innermost>> = {
  k: (b, p, { i, j }, { k }) => {
    const element = p.c.element;
    const row = b.let("row", mul(i, p.lda));
    const sum = b.variable("sum", constant(0, { element, lanes: 1 }));
    b.loop("k", k.from, k.to, {}, (index) =>
      b.set(sum, multiplyAdd(load(at(p.a, add(row, index))), load(at(p.b, add(mul(index, p.ldb), j))), sum)),
    );
    const place = b.let("place", add(mul(i, p.ldc), j));
    b.store(at(p.c, place), multiplyAdd(p.alpha, sum, load(at(p.c, place))));
  },
  j: (b, p, { i, k }, { j }, lanes) => {
    const scaled = b.let("aik", mul(p.alpha, load(at(p.a, add(mul(i, p.lda), k)))));
    const from = b.let("rowB", mul(k, p.ldb));
    const to = b.let("rowC", mul(i, p.ldc));
    const step = (width: number, factor: Value) => (index: Value) =>
      b.store(
        at(p.c, add(to, index)),
        multiplyAdd(factor, load(at(p.b, add(from, index)), width), load(at(p.c, add(to, index)), width)),
      );
    if (lanes === 1) {
      b.loop("j", j.from, j.to, {}, step(1, scaled));
      return;
    }
    const vector = b.let("aikLanes", splat(scaled, lanes));
    const length = typeof j.from === "number" && j.from === 0 ? j.to : add(j.to, mul(j.from, -1));
    const whole = b.let("whole", add(and(length, -lanes), j.from));
    b.loop("j", j.from, whole, { step: lanes }, step(lanes, vector));
    b.loop("j", whole, j.to, {}, step(1, scaled));
  },
  i: (b, p, { j, k }, { i }) => {
    const scaled = b.let("bkj", mul(p.alpha, load(at(p.b, add(mul(k, p.ldb), j)))));
    b.loop("i", i.from, i.to, {}, (index) => {
      const place = b.let("place", add(mul(index, p.ldc), j));
      b.store(
        at(p.c, place),
        multiplyAdd(scaled, load(at(p.a, add(mul(index, p.lda), k))), load(at(p.c, place))),
      );
    });
  },
};

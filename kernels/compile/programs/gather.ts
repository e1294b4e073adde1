/** Rows by number: what an embedding is. Indices are checked before this runs; here negative ones count from the end. */
import { add, advance, at, less, load, mul, select } from "../../codegen/expressions.ts";
import { program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";

export interface GatherSpecification {
  /** Data is [outer, side, inner], the result [outer, count, inner]. */
  readonly outer: number;
  readonly side: number;
  readonly inner: number;
  readonly count: number;
  readonly lanes: number;
}

/** Parameters `(data, indices, y)`. */
export function gatherProgram({ outer, side, inner, count, lanes }: GatherSpecification): Program {
  return program("gather", (b) => {
    const [data, indices, y] = [b.pointer("data", "f32"), b.pointer("indices", "i32"), b.pointer("y", "f32")];
    b.loop("o", 0, outer, {}, (o) =>
      b.loop("c", 0, count, {}, (c) => {
        const index = b.let("index", load(at(indices, c)));
        const wrapped = b.let("wrapped", select(less(index, 0), add(index, side), index));
        const from = b.let("from", advance(data, mul(add(mul(o, side), wrapped), inner)));
        const to = b.let("to", advance(y, mul(add(mul(o, count), c), inner)));
        const whole = inner - (inner % lanes);
        b.loop("i", 0, whole, { step: lanes }, (i) => b.store(at(to, i), load(at(from, i), lanes)));
        if (whole < inner) b.loop("i", whole, inner, {}, (i) => b.store(at(to, i), load(at(from, i))));
      }),
    );
  });
}

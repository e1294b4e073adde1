/**
 * Pooling with every size built in: reads a copy of the image that has its borders filled, so that no window has to ask
 * where it lies. Neighbouring columns of the result are one vector where the stride is 1.
 */
import { add, advance, at, load, max, mul, type Value } from "../../codegen/expressions.ts";
import { program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import type { Window } from "../graph.ts";

export interface PoolSpecification {
  readonly window: Window;
  /** Images times channels. */
  readonly planes: number;
  /** Rows and columns of the filled copy. */
  readonly height: number;
  readonly width: number;
  /** Rows and columns of the result. */
  readonly rows: number;
  readonly columns: number;
  readonly lanes: number;
}

/**
 * Parameters `(image, y)` for the maximum, `(image, y, share)` for the average: `share` has for each place of a plane what
 * its sum is multiplied by.
 */
export function poolProgram(s: PoolSpecification, kind: "max" | "average"): Program {
  const { kernel, stride, dilation } = s.window;
  return program(`pool-${kind}`, (b) => {
    const [image, y] = [b.pointer("image", "f32"), b.pointer("y", "f32")];
    const share = kind === "average" ? b.pointer("share", "f32") : undefined;
    const join = kind === "max" ? max : add;
    const lanes = stride[1] === 1 ? s.lanes : 1;
    b.loop("plane", 0, s.planes, {}, (plane) =>
      b.loop("row", 0, s.rows, {}, (row) => {
        const line = add(mul(plane, s.height), mul(row, stride[0]));
        const from = b.let("from", advance(image, mul(line, s.width)));
        const to = b.let("to", advance(y, mul(add(mul(plane, s.rows), row), s.columns)));
        const body = (column: Value, width: number): void => {
          const places = Array.from({ length: kernel[0] * kernel[1] }, (_, each) => {
            const ky = Math.floor(each / kernel[1]) * dilation[0];
            const kx = (each % kernel[1]) * dilation[1];
            return at(from, mul(column, stride[1]), ky * s.width + kx);
          });
          const [first, ...others] = places;
          const found = b.variable("found", load(first as (typeof places)[number], width));
          for (const place of others) b.set(found, join(found, load(place, width)));
          const place = at(to, column);
          b.store(
            place,
            share ? mul(found, load(at(share, add(mul(row, s.columns), column)), width)) : found,
          );
        };
        const whole = s.columns - (s.columns % lanes);
        b.loop("column", 0, whole, { step: lanes }, (column) => body(column, lanes));
        if (whole < s.columns) b.loop("column", whole, s.columns, {}, (column) => body(column, 1));
      }),
    );
  });
}

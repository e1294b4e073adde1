/**
 * Average pooling as vector programs: the sum of each window divided by a number that the table of windows holds, and
 * the gradient, which gives every element of a window its share.
 */
import { add, advance, at, constant, div, load, mul, type Name, sub } from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { NamedProgram, RealVector } from "../operation.ts";
import { regularText } from "./max-pool.ts";
import { declare } from "./parameters.ts";
import {
  chains,
  everywhere,
  read,
  rowAt,
  type Stretch,
  stretchOf,
  sweep,
  vectorSums,
  write,
} from "./sweep.ts";
import { overElements, overWindows, poolIntegers, type Regular, type WindowSpan } from "./windows.ts";

const dense = { y: 1, x: 1 };
const poolParameters = { integers: poolIntegers, tables: ["windows"], pointers: ["x", "y"] } as const;

/** Parameters `(planes, height, width, rows, columns, from, to, windows, x, y)`. */
export const averagePool = (regular: Regular | undefined): NamedProgram => ({
  name: `average-pool${regularText(regular)}`,
  write: (name, type) =>
    program(name, (b) => {
      const p = declare(b, type.element, poolParameters);
      overWindows(b, p, type, regular !== undefined, (span, plane) => {
        const image = rowAt(b, "image", p.x, plane);
        const total = b.variable("total", constant(0, span.type));
        overElements(b, span, image, { width: p.width, regular, dilation: dense }, (element) =>
          b.set(total, add(total, element)),
        );
        const divisor = everywhere(b, "divisor", span.divisor(), span.type);
        b.store(at(p.y, span.place), div(total, divisor), span.tails?.windows);
      });
    }),
});

/** As `averagePool`, with vectors inside of wide windows: global pooling above all. */
export const wideAveragePool: NamedProgram = {
  name: "wide-average-pool",
  write: (name, type) =>
    program(name, (b) => {
      const p = declare(b, type.element, poolParameters);
      overWindows(b, p, type, false, (span, plane) => {
        const sums = vectorSums(b, type, 1);
        overLines(b, p.width, type, span, plane, (line, stretch) => {
          const from = b.let("from", advance(p.x, line));
          sweep(b, stretch, chains, (each) => sums.add(each, [read(from, each)]));
        });
        const [total] = sums.total();
        b.store(at(p.y, span.place), div(total ?? 0, span.divisor()));
      });
    }),
};

/** Parameters `(planes, height, width, rows, columns, from, to, windows, gradY, gradX)`. */
export const averagePoolGradient = (wide: boolean): NamedProgram => ({
  name: `${wide ? "wide-" : ""}average-pool-gradient`,
  write: (name, type) =>
    program(name, (b) => {
      const p = declare(b, type.element, {
        ...{ integers: poolIntegers, tables: ["windows"], pointers: ["gradY", "gradX"] },
      });
      const pixels = stretchOf(b, mul(mul(p.planes, p.height), p.width), type);
      sweep(b, pixels, 1, (span) => write(b, p.gradX, span, constant(0, type)));
      overWindows(b, p, type, false, (span, plane) => {
        const share = b.let("share", div(load(at(p.gradY, span.place)), span.divisor()));
        const shares = wide ? everywhere(b, "shares", share, type) : share;
        overLines(b, p.width, type, span, plane, (line, stretch) => {
          const to = b.let("to", advance(p.gradX, line));
          if (wide) sweep(b, stretch, 1, (each) => write(b, to, each, add(read(to, each), shares)));
          else b.loop("w", 0, stretch.count, {}, (w) => b.store(at(to, w), add(load(at(to, w)), share)));
        });
      });
    }),
});

/** Visits the rows of a window: where each begins, and its length cut into vectors. */
function overLines(
  b: ProgramBuilder,
  width: Name,
  type: RealVector,
  { top, bottom, left, right }: WindowSpan,
  plane: Name,
  visit: (line: Name, stretch: Stretch) => void,
): void {
  const stretch = stretchOf(b, sub(right, left), type);
  b.loop("h", top, bottom, {}, (h) => {
    const line = b.let("line", add(add(plane, mul(h, width)), left));
    visit(line, stretch);
  });
}

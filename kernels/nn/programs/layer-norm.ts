/**
 * Layer normalisation over rows (Ba, Kiros & Hinton 2016) as vector programs. A row is read from memory once and then
 * from the first-level cache: its mean, the variance around that mean (two passes: no cancellation), the result.
 */
import {
  add,
  at,
  convert,
  div,
  load,
  mul,
  multiplyAdd,
  type PointerName,
  squareRoot,
  sub,
  type Value,
} from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { NamedProgram } from "../operation.ts";
import { columnSums } from "./columns.ts";
import { declare, optionalText } from "./parameters.ts";
import {
  chains,
  everywhere,
  read,
  rowAt,
  type Span,
  type Stretch,
  stretchOf,
  sweep,
  vectorSums,
  write,
} from "./sweep.ts";

/** Which of the two that scale and shift a column there are. */
export interface Affine {
  readonly weight: boolean;
  readonly bias: boolean;
}

/**
 * Parameters `(rows, columns, epsilon, ones, x, y, mean, inverse, [weight], [bias])`: y = (x - mean) * inverse * weight
 * + bias in each row, and for each row its mean and 1 / sqrt(variance + epsilon). `ones` is one vector of ones.
 */
export const layerNormForward = (affine: Affine): NamedProgram => ({
  name: `layer-norm${optionalText({ ...affine })}`,
  write: (name, type) =>
    program(name, (b) => {
      const p = declare(b, type.element, {
        integers: ["rows", "columns"],
        scalars: ["epsilon"],
        pointers: ["ones", "x", "y", "mean", "inverse"],
        optional: { ...affine },
      });
      const { rows, columns, weight, bias } = p;
      const stretch = stretchOf(b, columns, type);
      const count = b.let("length", convert(columns, type.element));
      const lanesThatCount = b.let("lanesThatCount", load(at(p.ones), type.lanes, stretch.tail));
      b.loop("r", 0, rows, {}, (r) => {
        const start = b.let("start", mul(r, columns));
        const from = rowAt(b, "from", p.x, start);
        const to = rowAt(b, "to", p.y, start);
        const average = b.let(
          "average",
          div(
            sumOf(b, stretch, (span) => read(from, span)),
            count,
          ),
        );
        const middle = everywhere(b, "middle", average, type);
        // Lanes behind the row are read as 0: for them the mean is 0 too.
        const middleOfTail = b.let("middleOfTail", mul(middle, lanesThatCount));
        const squares = sumOf(b, stretch, (span) => {
          const d = b.let("d", sub(read(from, span), span.tail ? middleOfTail : middle));
          return mul(d, d);
        });
        const epsilon = convert(p.epsilon, type.element);
        const factor = b.let("factor", div(1, squareRoot(add(div(squares, count), epsilon))));
        const scale = everywhere(b, "factors", factor, type);
        sweep(b, stretch, 2, (span) => {
          const normal = mul(sub(read(from, span), middle), scale);
          write(b, to, span, affineOf(normal, weight && read(weight, span), bias && read(bias, span)));
        });
        b.store(at(p.mean, r), average);
        b.store(at(p.inverse, r), factor);
      });
    }),
});

/**
 * Parameters `(rows, columns, x, gradY, mean, inverse, gradX, [weight])`: with g = gradY * weight and the normalised
 * row n, gradX = inverse * (g - mean(g) - n * mean(g * n)).
 */
export const layerNormInputGradient = ({ weight: weighted }: Pick<Affine, "weight">): NamedProgram => ({
  name: `layer-norm-input-gradient${weighted ? "-weight" : ""}`,
  write: (name, type) =>
    program(name, (b) => {
      const p = declare(b, type.element, {
        integers: ["rows", "columns"],
        pointers: ["x", "gradY", "mean", "inverse", "gradX"],
        optional: { weight: weighted },
      });
      const { rows, columns, weight } = p;
      const stretch = stretchOf(b, columns, type);
      const count = b.let("length", convert(columns, type.element));
      b.loop("r", 0, rows, {}, (r) => {
        const start = b.let("start", mul(r, columns));
        const from = rowAt(b, "from", p.x, start);
        const upstream = rowAt(b, "upstream", p.gradY, start);
        const to = rowAt(b, "to", p.gradX, start);
        const middle = everywhere(b, "middle", load(at(p.mean, r)), type);
        const scale = everywhere(b, "factors", load(at(p.inverse, r)), type);
        const g = (span: Span): Value =>
          weight ? mul(read(upstream, span), read(weight, span)) : read(upstream, span);
        const normal = (span: Span): Value => mul(sub(read(from, span), middle), scale);
        const sums = vectorSums(b, type, 2, chains / 2);
        sweep(b, stretch, chains / 2, (span) => {
          const term = b.let("term", g(span));
          sums.add(span, [term, mul(term, normal(span))]);
        });
        const [ofG, ofProduct] = sums.total();
        const meanOfG = everywhere(b, "meanOfG", div(ofG as Value, count), type);
        const meanOfProduct = everywhere(b, "meanOfProduct", div(ofProduct as Value, count), type);
        sweep(b, stretch, 2, (span) =>
          write(b, to, span, mul(scale, sub(sub(g(span), meanOfG), mul(normal(span), meanOfProduct)))),
        );
      });
    }),
});

/**
 * Parameters `(rows, columns, x, gradY, mean, inverse, partials, gradWeight, gradBias)`: sums of gradY * n and of gradY
 * over the rows; `partials` is room for both.
 */
export const layerNormParameterGradients: NamedProgram = {
  name: "layer-norm-parameter-gradients",
  write: (name, type) =>
    program(name, (b) => {
      const p = declare(b, type.element, {
        integers: ["rows", "columns"],
        pointers: ["x", "gradY", "mean", "inverse", "partials", "gradWeight", "gradBias"],
      });
      columnSums(b, {
        ...{ rows: p.rows, columns: p.columns, type, partials: p.partials },
        ...{ tensors: [p.x, p.gradY], results: [p.gradWeight, p.gradBias] },
        row: (r) => ({
          middle: everywhere(b, "middle", load(at(p.mean, r)), type),
          factor: everywhere(b, "factor", load(at(p.inverse, r)), type),
        }),
        column: () => undefined,
        terms: (span, [x, gradY], { middle, factor }) => {
          const g = b.let("g", read(gradY as PointerName, span));
          return [mul(g, mul(sub(read(x as PointerName, span), middle), factor)), g];
        },
      });
    }),
};

/** The sum over one row, as a scalar. */
function sumOf(b: ProgramBuilder, stretch: Stretch, term: (span: Span) => Value): Value {
  const sums = vectorSums(b, stretch.type, 1);
  sweep(b, stretch, chains, (span) => sums.add(span, [term(span)]));
  return sums.total()[0] as Value;
}

/** normal * weight + bias, of which either may be missing. */
export function affineOf(normal: Value, weight: Value | undefined, bias: Value | undefined): Value {
  if (weight && bias) return multiplyAdd(normal, weight, bias);
  if (weight) return mul(normal, weight);
  return bias ? add(normal, bias) : normal;
}

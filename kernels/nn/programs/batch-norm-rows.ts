/**
 * Batch normalisation of a matrix whose columns are the channels: outputs of a linear layer, or images with the channels
 * last. Statistics are vectors over neighbouring channels, summed in blocks of rows.
 */
import {
  add,
  convert,
  div,
  mul,
  type Name,
  type PointerName,
  splat,
  squareRoot,
  sub,
  type Value,
} from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { NamedProgram, RealVector } from "../operation.ts";
import type { BackwardParts, ForwardParts } from "./batch-norm-planes.ts";
import { columnSums } from "./columns.ts";
import { affineOf } from "./layer-norm.ts";
import { declare, optionalText } from "./parameters.ts";
import { read, rowAt, type Span, type Stretch, stretchOf, sweep, write } from "./sweep.ts";

/** As `batchNormTraining`, with parameters `(rows, columns, epsilon, momentum, partials, x, y, …)`. */
export const rowNormTraining = ({ weight, bias, running }: ForwardParts): NamedProgram => ({
  name: `row-norm-training${optionalText({ weight, bias, running })}`,
  write: (name, type) =>
    program(name, (b) => {
      const p = declare(b, type.element, {
        integers: ["rows", "columns"],
        scalars: ["epsilon", "momentum"],
        pointers: ["partials", "x", "y", "mean", "inverse"],
        optional: { weight, bias, runningMean: running, runningVariance: running },
      });
      const wide = wideIn(b, type);
      const count = wide("count", p.rows);
      const stretch = columnSums(b, {
        ...{ rows: p.rows, columns: p.columns, type, partials: p.partials },
        ...{ tensors: [p.x], results: [p.mean], row: () => undefined, column: () => undefined },
        terms: (span, [x]) => [read(x as PointerName, span)],
      });
      sweep(b, stretch, 1, (span) => write(b, p.mean, span, div(read(p.mean, span), count)));
      // The sums of squares lie where the inverse deviations will.
      columnSums(b, {
        ...{ rows: p.rows, columns: p.columns, type, partials: p.partials },
        ...{ tensors: [p.x], results: [p.inverse], row: () => undefined },
        column: (span) => b.let("middle", read(p.mean, span)),
        terms: (span, [x], _, middle) => {
          const d = b.let("d", sub(read(x as PointerName, span), middle));
          return [mul(d, d)];
        },
      });
      if (p.runningMean && p.runningVariance) {
        const fewer = wide("fewer", sub(p.rows, 1));
        moveRunning(b, stretch, p.momentum, [p.runningMean, (span) => read(p.mean, span)]);
        moveRunning(b, stretch, p.momentum, [p.runningVariance, (span) => div(read(p.inverse, span), fewer)]);
      }
      const epsilon = wide("epsilons", p.epsilon);
      sweep(b, stretch, 1, (span) =>
        write(b, p.inverse, span, div(1, squareRoot(add(div(read(p.inverse, span), count), epsilon)))),
      );
      normaliseRows(b, stretch, p);
    }),
});

/** As `batchNormEvaluation`, with parameters `(rows, columns, epsilon, x, y, …)`. */
export const rowNormEvaluation = ({ weight, bias }: Omit<ForwardParts, "running">): NamedProgram => ({
  name: `row-norm-evaluation${optionalText({ weight, bias })}`,
  write: (name, type) =>
    program(name, (b) => {
      const p = declare(b, type.element, {
        integers: ["rows", "columns"],
        scalars: ["epsilon"],
        pointers: ["x", "y", "mean", "inverse", "runningMean", "runningVariance"],
        optional: { weight, bias },
      });
      const stretch = stretchOf(b, p.columns, type);
      const epsilon = wideIn(b, type)("epsilons", p.epsilon);
      sweep(b, stretch, 1, (span) => {
        write(b, p.mean, span, read(p.runningMean, span));
        const deviation = squareRoot(add(read(p.runningVariance, span), epsilon));
        write(b, p.inverse, span, div(1, deviation));
      });
      normaliseRows(b, stretch, p);
    }),
});

/** As `batchNormBackward`, with parameters `(rows, columns, partials, x, gradY, …)`. */
export const rowNormBackward = ({ training, weight, sums, gradX }: BackwardParts): NamedProgram => ({
  name: `row-norm-backward${optionalText({ training, weight, sums, gradX })}`,
  write: (name, type) =>
    program(name, (b) => {
      const p = declare(b, type.element, {
        integers: ["rows", "columns"],
        pointers: ["partials", "x", "gradY", "mean", "inverse"],
        optional: { weight, gradWeight: sums, gradBias: sums, gradX },
      });
      const wide = wideIn(b, type);
      const stretch = stretchOf(b, p.columns, type);
      if (p.gradWeight && p.gradBias)
        rowSums(b, { ...p, gradWeight: p.gradWeight, gradBias: p.gradBias }, type);
      if (!p.gradX) return;
      const share = wide("share", div(1, convert(p.rows, "f64")));
      overRows(b, stretch, p, [p.x, p.gradY, p.gradX], (span, [x, gradY, to]) => {
        const inverse = b.let("factor", read(p.inverse, span));
        const factor = p.weight ? mul(inverse, read(p.weight, span)) : inverse;
        const g = read(gradY as PointerName, span);
        if (!training || !p.gradWeight || !p.gradBias)
          return write(b, to as PointerName, span, mul(factor, g));
        const normal = mul(sub(read(x as PointerName, span), read(p.mean, span)), inverse);
        const away = mul(share, add(read(p.gradBias, span), mul(normal, read(p.gradWeight, span))));
        write(b, to as PointerName, span, mul(factor, sub(g, away)));
      });
    }),
});

interface RowNames {
  readonly rows: Name;
  readonly columns: Name;
  readonly x: PointerName;
  readonly mean: PointerName;
  readonly inverse: PointerName;
}

/** gradBias: sums of gradY; gradWeight: sums of gradY times the normalised x. */
function rowSums(
  b: ProgramBuilder,
  p: RowNames & {
    readonly gradY: PointerName;
    readonly partials: PointerName;
    readonly gradWeight: PointerName;
    readonly gradBias: PointerName;
  },
  type: RealVector,
): void {
  const stretch = columnSums(b, {
    ...{ rows: p.rows, columns: p.columns, type, partials: p.partials },
    ...{ tensors: [p.x, p.gradY], results: [p.gradBias, p.gradWeight], row: () => undefined },
    column: (span) => b.let("middle", read(p.mean, span)),
    terms: (span, [x, gradY], _, middle) => {
      const g = b.let("g", read(gradY as PointerName, span));
      return [g, mul(g, sub(read(x as PointerName, span), middle))];
    },
  });
  sweep(b, stretch, 1, (span) =>
    write(b, p.gradWeight, span, mul(read(p.gradWeight, span), read(p.inverse, span))),
  );
}

/** y = (x - mean) * (inverse * weight) + bias. */
function normaliseRows(
  b: ProgramBuilder,
  stretch: Stretch,
  p: RowNames & {
    readonly y: PointerName;
    readonly weight: PointerName | undefined;
    readonly bias: PointerName | undefined;
  },
): void {
  overRows(b, stretch, p, [p.x, p.y], (span, [x, y]) => {
    const inverse = read(p.inverse, span);
    const factor = p.weight ? mul(inverse, read(p.weight, span)) : inverse;
    const centred = sub(read(x as PointerName, span), read(p.mean, span));
    write(b, y as PointerName, span, affineOf(centred, factor, p.bias && read(p.bias, span)));
  });
}

/** Visits every span of every row, with each tensor's row. */
function overRows(
  b: ProgramBuilder,
  stretch: Stretch,
  { rows, columns }: Pick<RowNames, "rows" | "columns">,
  tensors: readonly PointerName[],
  visit: (span: Span, rows: readonly PointerName[]) => void,
): void {
  b.loop("r", 0, rows, {}, (r) => {
    const place = b.let("place", mul(r, columns));
    const starts = tensors.map((tensor) => rowAt(b, "line", tensor, place));
    sweep(b, stretch, 1, (span) => visit(span, starts));
  });
}

/** stored <- (1 - momentum) * stored + momentum * now. */
function moveRunning(
  b: ProgramBuilder,
  stretch: Stretch,
  momentum: Name,
  [stored, now]: readonly [PointerName, (span: Span) => Value],
): void {
  const wide = wideIn(b, stretch.type as RealVector);
  const kept = wide("kept", sub(1, momentum));
  const moved = wide("moved", momentum);
  sweep(b, stretch, 1, (span) =>
    write(b, stored, span, add(mul(kept, read(stored, span)), mul(moved, now(span)))),
  );
}

/** A scalar of any type in every lane of the program's vectors. */
function wideIn(b: ProgramBuilder, type: RealVector): (name: string, scalar: Value) => Name {
  return (name, scalar) => b.let(name, splat(convert(scalar, type.element), type.lanes));
}

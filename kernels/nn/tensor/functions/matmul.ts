/** Matrix products of the last two dimensions, for each index of those before them. */
import { bytesOf } from "../../../codegen/expressions.ts";
import { record } from "../record.ts";
import { type Shape, sameShape, shapeText, sizeOf } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import { engineOf } from "./elementwise.ts";
import { reshape } from "./move.ts";

export interface MatmulOptions {
  /** Whether an operand's last two dimensions are exchanged first; nothing is copied for it. */
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/**
 * A [..., m, k] times B [..., k, n]: [..., m, n]. Leading dimensions agree, or B has none and serves all.
 * @throws RangeError for shapes that do not fit
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  const { transposeA = false, transposeB = false } = options;
  if (b.shape.length === 2 && a.shape.length > 2 && !transposeA) {
    // One matrix for all: their rows make one tall product.
    const rows = matmul(reshape(a, [-1, a.shape.at(-1) as number]), b, options);
    return reshape(rows, [...a.shape.slice(0, -1), rows.shape[1] as number]);
  }
  const made = product(a, b, transposeA, transposeB);
  // C = A B, so dA = dC B^T and dB = A^T dC; a transposed operand gets the transpose of it.
  return record(made, [a, b], (g) => [
    a.wantsGradient
      ? transposeA
        ? product(b, g, transposeB, true)
        : product(g, b, false, !transposeB)
      : undefined,
    b.wantsGradient
      ? transposeB
        ? product(g, a, true, transposeA)
        : product(a, g, !transposeA, false)
      : undefined,
  ]);
}

function product(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor {
  const engine = engineOf([a, b]);
  const [rowsA, columnsA] = matrixOf(a.shape, transposeA);
  const [rowsB, columnsB] = matrixOf(b.shape, transposeB);
  const leading = a.shape.slice(0, -2);
  if (columnsA !== rowsB || !sameShape(leading, b.shape.slice(0, -2)))
    throw new RangeError(
      `expected matrices that fit, with the same leading dimensions; found ${shapeText(a.shape)}` +
        `${transposeA ? " transposed" : ""} times ${shapeText(b.shape)}${transposeB ? " transposed" : ""}`,
    );
  const made = engine.tensor([...leading, rowsA, columnsB]);
  const shape = { m: rowsA, n: columnsB, k: columnsA };
  const bytes = bytesOf[engine.element];
  for (let i = 0; i < sizeOf(leading); i++)
    engine.multiply({
      ...{ ...shape, transposeA, transposeB },
      a: a.address + i * shape.m * shape.k * bytes,
      b: b.address + i * shape.k * shape.n * bytes,
      c: made.address + i * shape.m * shape.n * bytes,
    });
  return made;
}

function matrixOf(shape: Shape, transposed: boolean): readonly [number, number] {
  const [rows, columns] = shape.slice(-2);
  if (rows === undefined || columns === undefined)
    throw new RangeError(`expected at least two dimensions; found ${shapeText(shape)}`);
  return transposed ? [columns, rows] : [rows, columns];
}

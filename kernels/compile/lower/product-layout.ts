/**
 * How the matrices of a product lie in their stacks, seen from a program that can step by constants alone: one program for
 * a whole stack where all distances are the same, rows of a stack as the rows of one tall matrix where the right operand
 * is shared, else one call a matrix.
 */
import type { Steps } from "../programs/product.ts";
import { broadcastView, denseStrides, joinedSides, type View, walk } from "../strides.ts";

/** A stack of products as its node states it. */
export interface Layout {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly steps: { readonly a: Steps; readonly b: Steps };
  /** Sides of the result; the first are the stack, then one of rows, what is left are columns. */
  readonly output: readonly number[];
  readonly sides: { readonly stack: number; readonly rows: number };
  /** Elements from one matrix to the next along each side of the stack. */
  readonly stackA: readonly number[];
  readonly stackB: readonly number[];
  /** Whether rows of A of one matrix go on in the next, so that a stack may be one tall matrix. */
  readonly mayJoinRows: boolean;
}

/** What one program does. */
export interface ProgramLayout {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly count: number;
  readonly distance: Places;
  readonly operands: readonly Steps[];
  /** Where it begins. */
  readonly from: Places;
}

interface Places {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly extra: readonly number[];
}

/** The programs of a product, and whether they can do its epilogue, whose further operands have these shapes. */
export function productLayouts(
  given: Layout,
  extra: readonly (readonly number[])[],
): { readonly layouts: readonly ProgramLayout[]; readonly fused: boolean } {
  const views = [given.output, ...extra].map((shape) => broadcastView(shape, given.output));
  const dense = { ...(views[0] as View), strides: denseStrides(given.output) };
  const all = [dense, ...views.slice(1)];
  const whole = tall(given, all) ?? stacked(given, all);
  if (whole) return { layouts: [whole], fused: true };
  const alone = stacked(given, [dense]);
  if (alone) return { layouts: [alone], fused: extra.length === 0 };
  return { layouts: apart(given), fused: false };
}

/** Sides from..to of views as one side, or undefined where a view does not step evenly over them. */
function asOne(views: readonly View[], from: number, to: number): readonly number[] | undefined {
  const cut = views.map(({ shape, strides }) => ({
    shape: shape.slice(from, to),
    strides: strides.slice(from, to),
    offset: 0,
  }));
  const joined = joinedSides(cut);
  return (joined[0]?.shape.length ?? 1) === 1 ? joined.map(({ strides }) => strides[0] as number) : undefined;
}

/** Steps of the epilogue's operands from row to row and column to column, where they are even. */
function operandSteps(
  views: readonly View[],
  firstRow: number,
  { sides }: Layout,
): readonly Steps[] | undefined {
  const split = sides.stack + sides.rows;
  const rows = asOne(views, firstRow, split);
  const columns = asOne(views, split, views[0]?.shape.length ?? 0);
  if (!rows || !columns) return undefined;
  return views.slice(1).map((_, at) => ({ row: rows[at + 1] as number, column: columns[at + 1] as number }));
}

/** All matrices of the stack as one tall one. */
function tall(given: Layout, views: readonly View[]): ProgramLayout | undefined {
  const { m, n, k, mayJoinRows, stackA, stackB, output, sides } = given;
  const stack = output.slice(0, sides.stack);
  const expected = denseStrides(stack).map((stride) => stride * m * k);
  const joins =
    mayJoinRows &&
    stackB.every((stride) => stride === 0) &&
    stackA.every((stride, side) => stack[side] === 1 || stride === expected[side]);
  const operands = joins ? operandSteps(views, 0, given) : undefined;
  if (!operands) return undefined;
  const count = stack.reduce((product, side) => product * side, 1);
  const none = { a: 0, b: 0, c: 0, extra: operands.map(() => 0) };
  return { m: m * count, n, k, count: 1, distance: none, operands, from: none };
}

/** One loop over the stack. */
function stacked(given: Layout, views: readonly View[]): ProgramLayout | undefined {
  const { m, n, k, stackA, stackB, output, sides } = given;
  const operands = operandSteps(views, sides.stack, given);
  const shape = output.slice(0, sides.stack);
  const own = [stackA, stackB].map((strides): View => ({ shape, strides, offset: 0 }));
  const inStack = views.map(
    (view): View => ({ shape, strides: view.strides.slice(0, sides.stack), offset: 0 }),
  );
  const distances = asOne([...own, ...inStack], 0, sides.stack);
  if (!operands || !distances) return undefined;
  const [a, b, c, ...extra] = distances as [number, number, number, ...number[]];
  const count = shape.reduce((product, side) => product * side, 1);
  const from = { a: 0, b: 0, c: 0, extra: extra.map(() => 0) };
  return { m, n, k, count, distance: { a, b, c, extra }, operands, from };
}

/** A program for each matrix of the stack. */
function apart({ m, n, k, stackA, stackB, output, sides }: Layout): readonly ProgramLayout[] {
  const shape = output.slice(0, sides.stack);
  const layouts: ProgramLayout[] = [];
  const distance = { a: 0, b: 0, c: 0, extra: [] };
  const views = [stackA, stackB].map((strides): View => ({ shape, strides, offset: 0 }));
  walk(views, ([a, b], index) => {
    const from = { a: a as number, b: b as number, c: index * m * n, extra: [] };
    layouts.push({ m, n, k, count: 1, distance, operands: [], from });
  });
  return layouts;
}

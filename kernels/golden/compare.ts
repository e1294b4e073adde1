/**
 * Whether a result agrees with the golden numbers. Outputs are compared element by element against the largest element
 * of that output, gradients by their largest difference against the largest gradient; integers must be equal.
 */
import type { GoldenResult } from "./evaluator.ts";
import type { GoldenCase, Tolerance } from "./schema.ts";

/** The first place where result and golden numbers part. */
export interface Mismatch {
  /** `outputs.loss`, `grads.x[17]`. */
  readonly what: string;
  readonly expected: string;
  readonly found: string;
  /** The difference that is allowed there; 0 for integers. */
  readonly allowed: number;
}

/** The first mismatch of a case: its outputs, then its gradients; undefined where all agree. */
export function firstMismatch(
  { outputs, grads }: GoldenCase,
  result: GoldenResult,
  tolerance: Tolerance,
  integers: ReadonlySet<string>,
): Mismatch | undefined {
  for (const [name, golden] of Object.entries(outputs)) {
    const relative = integers.has(name) ? undefined : tolerance.loss_rtol;
    const found = mismatch(`outputs.${name}`, golden, result.outputs[name], relative, tolerance.atol);
    if (found) return found;
  }
  for (const [name, golden] of Object.entries(grads)) {
    const given = result.grads?.[name];
    const found = mismatch(`grads.${name}`, golden, given, tolerance.grad_rtol_of_max, tolerance.atol);
    if (found) return found;
  }
  return undefined;
}

type Numbers = number | ArrayLike<number>;
const listOf = (numbers: Numbers): ArrayLike<number> => (typeof numbers === "number" ? [numbers] : numbers);

function mismatch(
  what: string,
  golden: Numbers,
  found: Numbers | undefined,
  relative: number | undefined,
  atol: number,
): Mismatch | undefined {
  const expected = listOf(golden);
  if (found === undefined) return { what, expected: sizeText(expected), found: "nothing", allowed: 0 };
  const values = listOf(found);
  if (values.length !== expected.length)
    return { what, expected: sizeText(expected), found: sizeText(values), allowed: 0 };
  const allowed = relative === undefined ? 0 : relative * largest(expected) + atol;
  for (let i = 0; i < expected.length; i++) {
    const one = expected[i] as number;
    const other = values[i] as number;
    // A difference that is no number is not allowed either.
    if (!(Math.abs(other - one) <= allowed))
      return {
        what: typeof golden === "number" ? what : `${what}[${i}]`,
        expected: String(one),
        found: String(other),
        allowed,
      };
  }
  return undefined;
}

const sizeText = (values: ArrayLike<number>): string =>
  values.length === 1 ? "1 number" : `${values.length} numbers`;

function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i] as number));
  return most;
}

/**
 * The inputs of a case as tensors. Generated ones come from a Lehmer generator (Park & Miller 1988, multiplier 48271)
 * whose every step is exact in float64 and whose values are exact in float32, so that any language makes the same bits.
 */
import { elementsOf, type GoldenCase, GoldenFileError, type GoldenInput } from "./schema.ts";

/** Row-major and dense. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/** What the generator needs; `floor` makes integers. */
export interface Generator {
  readonly seed: number;
  readonly scale: number;
  readonly offset: number;
  readonly floor?: boolean | null | undefined;
}

const modulus = 2 ** 31 - 1;
const multiplier = 48271;
/** Steps that are thrown away, so that small seeds do not start with small numbers. */
const discarded = 16;

/** Uniform on [-scale, scale) + offset, `length` numbers. */
export function generate({ seed, scale, offset, floor }: Generator, length: number): Float64Array {
  const values = new Float64Array(length);
  let state = seed;
  for (let i = 0; i < discarded; i++) state = (state * multiplier) % modulus;
  for (let i = 0; i < length; i++) {
    state = (state * multiplier) % modulus;
    const value = ((Math.floor(state / 2048) - 524288) / 524288) * scale + offset;
    values[i] = floor ? Math.floor(value) : value;
  }
  return values;
}

/** All inputs of a case. @throws GoldenFileError where a generated tensor differs from its `check` */
export function tensorsOf({ inputs }: GoldenCase): Readonly<Record<string, Tensor>> {
  return Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, tensorOf(name, input)]));
}

function tensorOf(name: string, input: GoldenInput): Tensor {
  const { shape } = input;
  if (input.gen === "values") return { shape, values: Float64Array.from(input.values) };
  const values = generate(input, elementsOf(shape));
  const made = [values[0], values[Math.floor(values.length / 2)], values[values.length - 1]];
  for (const [i, expected] of input.check.entries())
    if (values.length > 0 && made[i] !== expected)
      throw new GoldenFileError(
        `inputs.${name}.check[${i}]`,
        `${made[i]}, which the generator makes`,
        String(expected),
      );
  return { shape, values };
}

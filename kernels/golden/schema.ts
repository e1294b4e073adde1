/**
 * The schema `kd-golden/1` of files of reference numbers: inputs by generator or by value, outputs, gradients and the
 * tolerance that an implementation must keep. Everything that can be wrong with a file is found here, before a kernel
 * runs, and is named by its field.
 */
import { z } from "zod";

/** Elements of the largest tensor that a file may ask for: 128 MiB in float64. */
const mostElements = 2 ** 24;
/** Bytes of the largest file that is read. */
export const mostFileBytes = 64 * 2 ** 20;

const shape = z
  .array(z.int().min(0))
  .refine((sides) => elementsOf(sides) <= mostElements, `at most ${mostElements} elements`);
const number = z.union([z.number(), z.boolean().transform(Number)]);

const generated = z.object({
  shape,
  gen: z.literal("lcg"),
  seed: z
    .int()
    .min(1)
    .max(2 ** 31 - 2),
  scale: z.number(),
  offset: z.number(),
  floor: z.boolean().nullish(),
  /** The first, the middle and the last element: what tells a generator that went wrong. */
  check: z.array(z.number()).length(3),
});
const listed = z.object({
  shape,
  gen: z.literal("values"),
  values: z.array(number),
  dtype: z.enum(["float64", "float32", "int64", "int32", "bool"]).nullish(),
});
const input = z.discriminatedUnion("gen", [generated, listed]);

const tolerance = z.object({
  loss_rtol: z.number().min(0),
  grad_rtol_of_max: z.number().min(0),
  atol: z.number().min(0),
});

const goldenCase = z.object({
  id: z.string().min(1),
  variant: z.string(),
  source: z.looseObject({ kind: z.string(), symbol: z.string().optional() }),
  params: z.record(z.string(), z.unknown()),
  inputs: z.record(z.string(), input),
  outputs: z.record(z.string(), z.union([number, z.array(number)])),
  grads: z.record(z.string(), z.array(z.number())).default({}),
});

const file = z.object({
  schema: z.literal("kd-golden/1"),
  area: z.string(),
  loss: z.string(),
  title: z.string().default(""),
  dtype: z.literal("float64"),
  tolerance: z.object({ f64: tolerance, f32: tolerance.optional() }),
  cases: z.array(goldenCase).min(1),
});

export type GoldenFile = z.infer<typeof file>;
export type GoldenCase = z.infer<typeof goldenCase>;
export type GoldenInput = z.infer<typeof input>;
export type Tolerance = z.infer<typeof tolerance>;

/** A file that does not keep the schema: which field, what was expected, what was found. */
export class GoldenFileError extends Error {
  constructor(field: string, expected: string, found: string) {
    super(`${field}: expected ${expected}; found ${found}`);
    this.name = "GoldenFileError";
  }
}

/** The file as data. @throws GoldenFileError for the first field that does not keep the schema */
export function parseGolden(text: string): GoldenFile {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (cause) {
    throw Object.assign(new GoldenFileError("file", "JSON", (cause as Error).message), { cause });
  }
  const parsed = file.safeParse(data);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const path = issue?.path ?? [];
    throw new GoldenFileError(fieldText(path), issue?.message ?? "the schema", foundText(data, path));
  }
  for (const [index, each] of parsed.data.cases.entries()) checkLengths(each, `cases[${index}]`);
  return parsed.data;
}

/** Elements of a tensor of this shape: 1 for a scalar. */
export function elementsOf(sides: readonly number[]): number {
  return sides.reduce((product, side) => product * side, 1);
}

function checkLengths({ inputs, grads }: GoldenCase, where: string): void {
  for (const [name, tensor] of Object.entries(inputs))
    if (tensor.gen === "values" && tensor.values.length !== elementsOf(tensor.shape))
      throw new GoldenFileError(
        `${where}.inputs.${name}.values`,
        `${elementsOf(tensor.shape)} values, as the shape says`,
        String(tensor.values.length),
      );
  for (const [name, gradient] of Object.entries(grads)) {
    const of = inputs[name];
    if (!of)
      throw new GoldenFileError(
        `${where}.grads.${name}`,
        `the name of an input (${Object.keys(inputs).join(", ")})`,
        name,
      );
    if (gradient.length !== elementsOf(of.shape))
      throw new GoldenFileError(
        `${where}.grads.${name}`,
        `${elementsOf(of.shape)} values, as its input has`,
        String(gradient.length),
      );
  }
}

/** `cases[3].inputs.x.seed`, as one would write it in a program. */
function fieldText(path: readonly PropertyKey[]): string {
  const text = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  return text.replace(/^\./, "") || "file";
}

/** What stands at the path, short enough for one line. */
function foundText(data: unknown, path: readonly PropertyKey[]): string {
  let at: unknown = data;
  for (const key of path) at = (at as Record<PropertyKey, unknown> | undefined)?.[key];
  if (at === undefined) return "nothing";
  const text = JSON.stringify(at);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

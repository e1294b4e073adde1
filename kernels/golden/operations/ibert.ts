/** `nn/ibert`: integer GELU, softmax, layer normalisation and square root, as the paper has them and as its authors' modules. */
import { z } from "zod";
import { authorSoftmax } from "../../integer/ibert/author-softmax.ts";
import { layerNormShift, type Source } from "../../integer/ibert/constants.ts";
import {
  createIntegerGelu,
  createIntegerLayerNorm,
  createIntegerSoftmax,
  integerSquareRoots,
} from "../../integer/ibert/integer-functions.ts";
import { type GoldenCall, type GoldenEvaluator, type GoldenResult, variant } from "../evaluator.ts";
import { Placement } from "../place.ts";

const scaled = z.looseObject({ S: z.number().positive() });
const withBits = z.looseObject({ S: z.number().positive(), output_bit: z.int().min(1).max(16) });
const largestOf = (values: Float64Array): number =>
  values.reduce((most, q) => Math.max(most, Math.abs(q)), 0);

export const ibert: GoldenEvaluator = {
  area: "nn",
  loss: "ibert",
  variants: {
    "paper-gelu": variant(scaled, (call) => gelu(call, "paper")),
    "author-gelu": variant(scaled, (call) => gelu(call, "author")),
    "paper-softmax": variant(scaled, softmax),
    "author-softmax": variant(withBits, softmaxOfAuthors),
    "author-layernorm": variant(scaled, layerNorm),
    "paper-isqrt": variant(z.looseObject({}), squareRoot),
  },
  integers: [
    "q_b",
    "q_c",
    "q_1",
    "q_erf",
    "q_out",
    "q_ln2",
    "z",
    "q_exp",
    "q_exp_sum",
    "n",
    "root",
    "iterations",
    "shift",
  ],
};

/** The input as integers in memory. */
function integers(call: GoldenCall<unknown>, name: string): number {
  const { values } = call.inputs.get(name);
  const { view, address } = call.execution.memory.allocate("i32", values.length);
  view.set(values);
  return address;
}

function gelu(call: GoldenCall<z.infer<typeof scaled>>, source: Source): GoldenResult {
  const { values } = call.inputs.get("q");
  const operation = createIntegerGelu({
    ...call.execution,
    ...{ scale: call.params.S, largest: largestOf(values), source },
  });
  const at = new Placement(call);
  const count = values.length;
  operation.run({
    ...{ count, q: integers(call, "q") },
    ...{ erf: at.room("q_erf", count, "i32"), out: at.room("q_out", count, "i32") },
  });
  const { qb, qc, q1, scaleErf, scaleOut } = operation;
  const q = at.read("q_out");
  return {
    outputs: {
      ...{ q_b: qb, q_c: qc, q_1: q1, S_erf: scaleErf, S_out: scaleOut },
      ...{ q_erf: at.read("q_erf"), q_out: q, y: q.map((value) => value * scaleOut) },
    },
  };
}

/** Every side but the last is rows. */
function rowsOf(call: GoldenCall<unknown>): { rows: number; columns: number; length: number } {
  const { shape, values } = call.inputs.get("q");
  const columns = shape.at(-1) ?? 1;
  return { rows: values.length / columns, columns, length: values.length };
}

function softmax(call: GoldenCall<z.infer<typeof scaled>>): GoldenResult {
  const { rows, columns, length } = rowsOf(call);
  const { values } = call.inputs.get("q");
  const operation = createIntegerSoftmax({ ...call.execution, scale: call.params.S, rows, columns });
  const at = new Placement(call);
  operation.exponentials({
    q: integers(call, "q"),
    ...{ exp: at.room("q_exp", length, "i32"), sums: at.room("q_exp_sum", rows, "i32") },
  });
  const { ln2, qb, qc, scaleExp } = operation;
  const [exp, sums] = [at.read("q_exp"), at.read("q_exp_sum")];
  const rowOf = (i: number): number => Math.floor(i / columns);
  const greatest = Array.from({ length: rows }, (_, r) =>
    Math.max(...values.slice(r * columns, (r + 1) * columns)),
  );
  return {
    outputs: {
      ...{ q_ln2: ln2, q_b: qb, q_c: qc, S_exp: scaleExp },
      // Not kept by the kernel, which shifts by it at once.
      z: values.map((q, i) => Math.floor(((greatest[rowOf(i)] as number) - q) / ln2)),
      ...{ q_exp: exp, q_exp_sum: sums },
      y: exp.map((value, i) => value / (sums[rowOf(i)] as number)),
    },
  };
}

function softmaxOfAuthors(call: GoldenCall<z.infer<typeof withBits>>): GoldenResult {
  const { S: scale, output_bit: bits } = call.params;
  const { q, scaleOut, activationScale } = authorSoftmax(call.inputs.get("q").values, rowsOf(call).columns, {
    ...{ scale, bits },
  });
  return {
    outputs: { q_out: q, S_out: scaleOut, act_scale: activationScale, y: q.map((value) => value * scaleOut) },
  };
}

function layerNorm(call: GoldenCall<z.infer<typeof scaled>>): GoldenResult {
  const { rows, columns, length } = rowsOf(call);
  const { values } = call.inputs.get("q");
  const shift = layerNormShift(values, columns);
  const operation = createIntegerLayerNorm({
    ...{ ...call.execution, rows, shift },
    ...{ weight: call.inputs.get("weight").values, bias: call.inputs.get("bias").values },
  });
  const at = new Placement(call);
  operation.run({ q: integers(call, "q"), out: at.room("q_out", length, "i32") });
  const { scaleOut } = operation;
  const q = at.read("q_out");
  return {
    outputs: {
      ...{ shift, q_out: q, S_out: scaleOut },
      y: q.map((value, i) => value * (scaleOut[i % columns] as number)),
    },
  };
}

/** The inputs of the file make the numbers: their squares below 2^32, or themselves where they are small. */
function squareRoot(call: GoldenCall<unknown>): GoldenResult {
  const { values } = call.inputs.get("q");
  const small = largestOf(values) <= 2 ** 8;
  const n = values.map((q) => (small ? Math.abs(q) : Number((BigInt(q) * BigInt(q)) % 2n ** 32n)));
  const place = call.execution.memory.allocate("i32", n.length);
  place.view.set(n.map((value) => value | 0));
  const at = new Placement(call);
  const [root, iterations] = ["root", "iterations"].map((name) => at.room(name, n.length, "i32")) as [
    number,
    number,
  ];
  integerSquareRoots(call.execution, { count: n.length, n: place.address, root, iterations });
  return { outputs: { n, root: at.read("root"), iterations: at.read("iterations") } };
}

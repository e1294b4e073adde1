/** The unfused chain against the definition: layouts, masks and causality, on every target. */
import { describe, expect, it } from "vitest";
import { Memory } from "../codegen/memory.ts";
import { Guarded } from "../nn/guarded.fixture.ts";
import { largestError, machines, normals } from "../nn/layer.fixture.ts";
import { randomStream } from "../random.ts";
import { createAttentionChain } from "./chain.ts";
import { attentionReference } from "./reference.ts";
import { lengthOfMask, lengthOfOperand, type ProblemOptions, problemOf } from "./shape.ts";

const shape = { batch: 2, heads: 3, queries: 21, keys: 37, width: 18, valueWidth: 10 };
const problems: readonly ProblemOptions[] = [
  { shape },
  { shape, causal: true, causalOffset: 16, layouts: { q: "tokens", k: "tokens", v: "tokens", o: "tokens" } },
  { shape, mask: { batch: 37, head: 0, query: 0, key: 1 }, layouts: { k: "tokens" } },
  { shape, causal: true, mask: { batch: 0, head: 21 * 37, query: 1, key: 21 } },
];

describe.each(machines)("the chain on $target $isa", (machine) => {
  it.each(problems)("is attention by its definition: $causal $mask", (options) => {
    for (const element of ["f32", "f64"] as const) {
      const random = randomStream(11);
      const problem = problemOf(options);
      const memory = new Memory(2 ** 21);
      const bench = new Guarded(element, memory);
      const of = (operand: "q" | "k" | "v") => normals(random, lengthOfOperand(problem, operand));
      const inputs = { q: of("q"), k: of("k"), v: of("v"), mask: normals(random, lengthOfMask(problem)) };
      createAttentionChain({ ...machine, ...options, memory, element }).forward({
        ...{ q: bench.put("q", inputs.q), k: bench.put("k", inputs.k), v: bench.put("v", inputs.v) },
        ...(options.mask ? { mask: bench.put("mask", inputs.mask) } : {}),
        o: bench.room("o", lengthOfOperand(problem, "o")),
      });
      bench.expectUntouched();
      const error = largestError(bench.read("o"), attentionReference(problem, inputs));
      expect(error).toBeLessThan(element === "f32" ? 1e-5 : 1e-12);
    }
  });
});

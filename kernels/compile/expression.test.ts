import fc from "fast-check";
import { expect, it } from "vitest";
import { flawOf, functions, valueIn } from "./arithmetic.ts";
import {
  type Applied,
  expressionText,
  type PointwiseFunction,
  reordered,
  single,
  substituted,
} from "./expression.ts";

const names = ["u", "v", "w", "t"];
const plain = fc.constantFrom<PointwiseFunction>("add", "sub", "mul", "negate", "abs", "relu");

/** One function of tensors by name. */
const applied = (from: readonly string[]) =>
  fc.tuple(plain, fc.constantFrom(...from), fc.constantFrom(...from)).map(([apply, left, right]): Applied => {
    const { operands } = functions[apply];
    return { expression: single(apply, operands), inputs: [left, right].slice(0, operands) };
  });

const value = ({ expression, inputs }: Applied, of: ReadonlyMap<string, number>): number =>
  valueIn(
    expression,
    inputs.map((name) => of.get(name) as number),
  );

it("a substituted expression has the value of one after the other, however inputs are shared", () => {
  const property = fc.property(
    applied(["u", "v", "w"]),
    applied(["u", "t", "t", "v"]),
    applied(["t", "w", "t"]),
    fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 4, maxLength: 4 }),
    (inner, middle, outer, numbers) => {
      const of = new Map(names.map((name, at) => [name, numbers[at] as number]));
      // The tensor t is what the inner one makes; then what both together make is called t.
      const both = middle.inputs.includes("t") ? substituted(middle, "t", inner) : middle;
      const all = outer.inputs.includes("t") ? substituted(outer, "t", both) : outer;
      const first = new Map(of).set("t", value(inner, of));
      const second = new Map(of).set("t", value(middle, first));
      expect(flawOf(all.expression)).toBeNull();
      expect(value(all, of)).toBe(value(outer, second));
    },
  );
  fc.assert(property, { numRuns: 500 });
});

it("keeps its value when its operands change places", () => {
  const { expression } = { expression: single("sub", 2) };
  expect(valueIn(reordered(expression, [1, 0]), [2, 5])).toBe(3);
});

it("says what is wrong with it", () => {
  expect(flawOf({ operands: 1, steps: [] })).toBe("no step");
  expect(flawOf({ operands: 1, steps: [{ apply: "add", of: [0, 1] }] })).toMatch(
    "operand 1, which is not there",
  );
  expect(flawOf({ operands: 2, steps: [{ apply: "add", of: [0] }] })).toMatch(
    "add of 1 operands instead of 2",
  );
  expect(flawOf(single("clip", 1, [0]))).toMatch("clip with 1 constants instead of 2");
});

it("is written without its numbers", () => {
  const steps = [
    { apply: "constant", of: [], parameters: [2] },
    { apply: "mul", of: [0, 1] },
  ] as const;
  expect(expressionText({ operands: 1, steps })).toBe("mul");
});

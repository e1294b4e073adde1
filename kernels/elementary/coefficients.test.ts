/** That the stored coefficients are those of the table, and that the table's degrees suffice. */
import { expect, test } from "vitest";
import { type ApproximationName, approximations, computeCoefficients, splitLn2 } from "./approximations.ts";
import { evaluate, interpolate } from "./chebyshev.ts";
import { coefficients, ln2Parts } from "./coefficients.ts";
import * as precise from "./fixed-point.ts";
import { erfCentre } from "./intervals.ts";

const names = Object.keys(approximations) as ApproximationName[];
const elements = ["f32", "f64"] as const;

test.each(names)("the coefficients of %s are those that the table gives", (name) => {
  for (const element of elements)
    expect(coefficients[name][element]).toEqual(computeCoefficients(name, element));
});

test("the parts of ln 2 are those that the type's bits allow", () => {
  for (const element of elements) expect(ln2Parts[element]).toEqual(splitLn2(element));
  expect(ln2Parts.f64[0] + ln2Parts.f64[1]).toBe(Math.LN2);
});

/** What an error of the polynomial is worth in the function's result, relative to it. */
const weights: Readonly<Record<ApproximationName, (x: number) => number>> = {
  exp: (r) => r ** 2 / Math.exp(r),
  exp2: (r) => Math.abs(r) / 2 ** r,
  log: (z) => z / 2,
  tanh: (z) => z,
  erfSmall: () => 1,
  erfLarge: (u) => Math.exp(-((1 / (u + erfCentre) - 2) ** 2)),
};

test.each(names)("the degree of %s leaves less than a sixteenth of the last bit", (name) => {
  const { f, from, to, degree } = approximations[name];
  for (const element of elements) {
    const polynomial = interpolate(f, from, to, degree[element]);
    const errors = Array.from({ length: 200 }, (_, i) => {
      const x = from + ((to - from) * (i + 0.37)) / 200;
      const difference = evaluate(polynomial, precise.fixed(x)) - f(precise.fixed(x));
      return Math.abs(precise.toNumber(difference)) * weights[name](x);
    });
    expect(Math.max(...errors)).toBeLessThan(element === "f32" ? 2 ** -28 : 2 ** -57);
  }
});

test("high precision agrees with JavaScript to its last bits", () => {
  const near = (x: number, y: number) =>
    expect(Math.abs(x - y)).toBeLessThanOrEqual(Math.max(Math.abs(y) * 2 ** -51, 2 ** -250));
  for (const x of [-3.5, -1e-9, 0.1, 1, 7]) {
    near(precise.toNumber(precise.exp(precise.fixed(x))), Math.exp(x));
    near(precise.toNumber(precise.tanh(precise.fixed(x))), Math.tanh(x));
    near(precise.toNumber(precise.log(precise.fixed(Math.abs(x)))), Math.log(Math.abs(x)) || 0);
  }
  near(precise.toNumber(precise.squareRoot(precise.fixed(2))), Math.SQRT2);
  near(precise.toNumber(precise.twoOverRootPi), 2 / Math.sqrt(Math.PI));
  // Abramowitz and Stegun, table 7.1.
  near(precise.toNumber(precise.erf(precise.fixed(1))), 0.8427007929497149);
  expect(precise.toNumber(precise.erf(precise.fixed(-20)))).toBe(-1);
});

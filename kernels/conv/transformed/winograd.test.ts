import { describe, expect, it } from "vitest";
import { compile } from "../../codegen/compile.ts";
import { at, load } from "../../codegen/expressions.ts";
import { Memory } from "../../codegen/memory.ts";
import { program } from "../../codegen/program.ts";
import { fillRandom } from "../../gemm/contest.ts";
import { integerIn, randomStream } from "../../random.ts";
import { convolutionBytes, createConvolution } from "../convolution.ts";
import { convolutionReference } from "../reference.ts";
import { convShape, inputLength, outputLength, shapeText, weightsLength } from "../shape.ts";
import { winogradErrorBound } from "./error-bounds.ts";
import { linearMap, type Matrix, times } from "./linear-map.ts";
import { winograd2, winograd4 } from "./winograd.ts";

const both = [
  ["F(2, 3)", winograd2],
  ["F(4, 3)", winograd4],
] as const;

describe.each(both)("%s in one dimension", (_, { input, weights, output, outputs }) => {
  it("is the filter: for every unit vector of filter and data, which by bilinearity is all of them", () => {
    const unit = (length: number, one: number): number[] =>
      Array.from({ length }, (_, i) => (i === one ? 1 : 0));
    for (let tap = 0; tap < 3; tap++)
      for (let place = 0; place < outputs + 2; place++) {
        const mapped = times(weights, unit(3, tap));
        const data = times(input, unit(outputs + 2, place));
        const found = times(
          output,
          mapped.map((weight, p) => weight * (data[p] as number)),
        );
        found.forEach((value, y) => {
          expect(value).toBeCloseTo(y + tap === place ? 1 : 0, 14);
        });
      }
  });
});

describe("a linear map as straight-line code", () => {
  const random = randomStream(8);
  const randomMatrix = (): Matrix => {
    const [rows, columns] = [integerIn(random, 1, 6), integerIn(random, 1, 6)];
    return Array.from({ length: rows }, () =>
      Array.from({ length: columns }, () => integerIn(random, -3, 3) * integerIn(random, 0, 1)),
    );
  };
  const matrices = both.flatMap(([, { input, weights, output }]) => [input, output, weights]);

  it("is the matrix, whatever signs its rows and columns have in common", () => {
    const memory = new Memory(4096);
    const from = memory.allocate("f64", 8);
    const to = memory.allocate("f64", 8);
    for (const matrix of [...matrices, ...Array.from({ length: 60 }, randomMatrix)]) {
      const columns = matrix[0]?.length ?? 0;
      const kernel = compile(
        program("map", (b) => {
          const x = b.pointer("x", "f64");
          const y = b.pointer("y", "f64");
          const inputs = Array.from({ length: columns }, (_, j) => b.let("value", load(at(x, 0, j))));
          const type = { element: "f64", lanes: 1 } as const;
          for (const [i, value] of linearMap(b, matrix, inputs, type).entries()) b.store(at(y, 0, i), value);
        }),
        "js",
        memory,
      );
      const values = Array.from({ length: columns }, () => integerIn(random, -9, 9));
      from.view.set(values);
      to.view.fill(Number.NaN);
      kernel.call(from.address, to.address);
      times(matrix, values).forEach((value, i) => {
        expect(to.view[i], JSON.stringify(matrix)).toBeCloseTo(value, 12);
      });
    }
  });

  it("takes 13 operations for the inputs of F(4, 3), where entry by entry takes 22", () => {
    let operations = 0;
    program("count", (b) => {
      const x = b.pointer("x", "f32");
      const inputs = Array.from({ length: 6 }, (_, j) => b.let("value", load(at(x, 0, j))));
      linearMap(b, winograd4.input, inputs, { element: "f32", lanes: 1 });
    }).body.forEach((statement) => {
      if (statement.op === "define" && "type" in statement.value && statement.value.op !== "load")
        operations += /binary|multiplyAdd/g[Symbol.match](JSON.stringify(statement.value))?.length ?? 0;
    });
    expect(operations).toBe(13);
  });
});

describe.each([
  ["winograd-2x2", winograd2],
  ["winograd-4x4", winograd4],
] as const)("%s on real numbers", (algorithm, matrices) => {
  it.each(["js", "wasm"] as const)("stays within its error bound on %s", (target) => {
    const random = randomStream(21);
    let largestShare = 0;
    for (let i = 0; i < 8; i++) {
      const groups = integerIn(random, 1, 2);
      const shape = convShape({
        ...{ channels: groups * integerIn(random, 1, 24), filters: groups * integerIn(random, 1, 4), groups },
        ...{ height: integerIn(random, 3, 15), width: integerIn(random, 3, 15) },
        ...{ kernelHeight: 3, kernelWidth: 3, padding: { top: 1, bottom: 0, left: 2, right: 1 } },
      });
      const options = { algorithm, layout: "nchw", shape, target } as const;
      const memory = new Memory(convolutionBytes(options) + 4096);
      const input = memory.allocate("f32", inputLength(shape));
      const weights = memory.allocate("f32", weightsLength(shape));
      const output = memory.allocate("f32", outputLength(shape));
      for (const { view } of [input, weights]) fillRandom(view, random);
      createConvolution({ ...options, memory }).run({
        input: input.address,
        weights: weights.address,
        output: output.address,
      });
      const expected = convolutionReference(shape, input.view, weights.view);
      const bound = winogradErrorBound(matrices, shape, input.view, weights.view);
      expected.forEach((value, at) => {
        const share = Math.abs((output.view[at] as number) - value) / (bound[at] as number);
        expect(share, `${shapeText(shape)} output[${at}]`).toBeLessThanOrEqual(1);
        largestShare = Math.max(largestShare, share);
      });
    }
    // A bound that nothing comes near would not notice a wrong kernel.
    expect(largestShare).toBeGreaterThan(1e-3);
  });
});

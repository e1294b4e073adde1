/** Layer normalisation against its definition, on rows with a large mean, and what it refuses. */
import { describe, expect, it } from "vitest";
import { Memory } from "../codegen/memory.ts";
import { integerIn } from "../random.ts";
import { type Drawn, itIsALayer, normals, type Values } from "./layer.fixture.ts";
import { createLayerNorm, type LayerNormShape } from "./layer-norm.ts";

/** Lengths of rows around those of vectors and of four of them, and random ones. */
const lengths = [1, 15, 16, 17, 63, 64, 65, 130];
const epsilon = 1e-3;

itIsALayer("layer norm", draw, { differentiable: ["x", "weight", "bias"] });

function draw(random: () => number, index: number): Drawn {
  const rows = index === 0 ? 3 : integerIn(random, 1, 4);
  const columns = lengths[index] ?? integerIn(random, 2, 40);
  const [weighted, biased] = [index % 4 !== 1, index % 4 < 2];
  const shape = { rows, columns };
  return {
    text: JSON.stringify({ ...shape, weighted, biased }),
    inputs: {
      x: normals(random, rows * columns, 1),
      ...(weighted ? { weight: normals(random, columns, 1) } : {}),
      ...(biased ? { bias: normals(random, columns) } : {}),
    },
    length: rows * columns,
    reference: (values) => reference(shape, values),
    run(options, bench, at) {
      const layer = createLayerNorm({ ...options, shape, epsilon });
      const weight = weighted ? { weight: at("weight") } : {};
      const saved = { mean: bench.room("mean", rows), inverse: bench.room("inverse", rows) };
      const bias = biased ? { bias: at("bias") } : {};
      layer.forward({ ...saved, ...weight, ...bias, x: at("x"), y: bench.room("y", rows * columns) });
      layer.backward({
        ...{ ...saved, ...weight, x: at("x"), gradY: at("gradY") },
        gradX: bench.room("grad.x", rows * columns),
        ...(weighted ? { gradWeight: bench.room("grad.weight", columns) } : {}),
        ...(biased ? { gradBias: bench.room("grad.bias", columns) } : {}),
      });
    },
  };
}

function reference({ rows, columns }: LayerNormShape, { x, weight, bias }: Values): Float64Array {
  const y = new Float64Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    const row = (x as Float64Array).subarray(r * columns, (r + 1) * columns);
    const mean = row.reduce((sum, value) => sum + value, 0) / columns;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / columns;
    for (let j = 0; j < columns; j++) {
      const normal = ((row[j] as number) - mean) / Math.sqrt(variance + epsilon);
      y[r * columns + j] = normal * (weight?.[j] ?? 1) + (bias?.[j] ?? 0);
    }
  }
  return y;
}

describe("layer normalisation", () => {
  it("keeps its digits where the mean is a thousand times the deviation", () => {
    const columns = 1000;
    const memory = new Memory(2 ** 20);
    const x = memory.allocate("f32", columns);
    const [y, mean, inverse] = [
      memory.allocate("f32", columns),
      memory.allocate("f32", 1),
      memory.allocate("f32", 1),
    ];
    for (let j = 0; j < columns; j++) x.view[j] = 1000 + (j % 2 === 0 ? 1 : -1);
    const layer = createLayerNorm({ shape: { rows: 1, columns }, epsilon: 0, target: "wasm", memory });
    layer.forward({ x: x.address, y: y.address, mean: mean.address, inverse: inverse.address });
    // The mean of squares minus the square of the mean would be off by a tenth.
    for (let j = 0; j < columns; j++) expect(y.view[j]).toBeCloseTo(j % 2 === 0 ? 1 : -1, 5);
  });

  it("may overwrite x, and in the backward pass gradY", () => {
    const memory = new Memory(2 ** 20);
    const shape = { rows: 2, columns: 21 };
    const layer = createLayerNorm({ shape, target: "wasm", memory });
    const [x, g, y, dx, statistics] = [0, 1, 2, 3, 4].map(() => memory.allocate("f32", 42)) as [
      ReturnType<typeof memory.allocate>,
      ReturnType<typeof memory.allocate>,
      ReturnType<typeof memory.allocate>,
      ReturnType<typeof memory.allocate>,
      ReturnType<typeof memory.allocate>,
    ];
    for (let i = 0; i < 42; i++) [x.view[i], g.view[i]] = [Math.sin(i), Math.cos(3 * i)];
    const saved = { mean: statistics.address, inverse: statistics.address + 8 };
    layer.forward({ ...saved, x: x.address, y: y.address });
    layer.backward({ ...saved, x: x.address, gradY: g.address, gradX: dx.address });
    layer.backward({ ...saved, x: x.address, gradY: g.address, gradX: g.address });
    layer.forward({ ...saved, x: x.address, y: x.address });
    expect([...g.view]).toEqual([...dx.view]);
    expect([...x.view]).toEqual([...y.view]);
  });

  it("refuses rows without elements, and statistics outside of memory", () => {
    const memory = new Memory(2 ** 16);
    expect(() => createLayerNorm({ shape: { rows: 2, columns: 0 }, target: "js", memory })).toThrow(
      /expected columns to be a whole number of at least 1; found 0/,
    );
    const layer = createLayerNorm({ shape: { rows: 2, columns: 3 }, target: "js", memory });
    expect(() => layer.forward({ x: 64, y: 64, mean: -4, inverse: 64 })).toThrow(
      /layer norm forward: expected mean as an address of 2 f32/,
    );
  });
});

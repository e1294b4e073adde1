/** The linear layer against its definition, and what it refuses. */
import { describe, expect, it } from "vitest";
import { Memory } from "../codegen/memory.ts";
import { integerIn } from "../random.ts";
import { type Drawn, itIsALayer, normals, type Values } from "./layer.fixture.ts";
import { createLinear } from "./linear.ts";

itIsALayer("linear", draw, { differentiable: ["x", "weight", "bias"] });

function draw(random: () => number, index: number): Drawn {
  const [rows, inputs, outputs] = [0, 0, 0].map(() => integerIn(random, 1, 9)) as [number, number, number];
  const shape = index === 0 ? { rows: 1, inputs: 1, outputs: 1 } : { rows, inputs, outputs };
  const biased = index % 3 !== 1;
  return {
    text: JSON.stringify({ ...shape, biased }),
    inputs: {
      x: normals(random, shape.rows * shape.inputs),
      weight: normals(random, shape.outputs * shape.inputs),
      ...(biased ? { bias: normals(random, shape.outputs) } : {}),
    },
    length: shape.rows * shape.outputs,
    reference: (values) => reference(shape, values),
    run(options, bench, at) {
      const layer = createLinear({ ...options, shape });
      const y = bench.room("y", shape.rows * shape.outputs);
      layer.forward({ x: at("x"), weight: at("weight"), ...(biased ? { bias: at("bias") } : {}), y });
      layer.backward({
        ...{ x: at("x"), weight: at("weight"), gradY: at("gradY") },
        gradX: bench.room("grad.x", shape.rows * shape.inputs),
        gradWeight: bench.room("grad.weight", shape.outputs * shape.inputs),
        ...(biased ? { gradBias: bench.room("grad.bias", shape.outputs) } : {}),
      });
      layer.release();
    },
  };
}

function reference(
  { rows, inputs, outputs }: { rows: number; inputs: number; outputs: number },
  { x, weight, bias }: Values,
): Float64Array {
  return Float64Array.from({ length: rows * outputs }, (_, at) => {
    const [r, o] = [Math.floor(at / outputs), at % outputs];
    let sum = bias?.[o] ?? 0;
    for (let i = 0; i < inputs; i++)
      sum += (x?.[r * inputs + i] as number) * (weight?.[o * inputs + i] as number);
    return sum;
  });
}

describe("a linear layer", () => {
  const shape = { rows: 3, inputs: 4, outputs: 2 };
  const memory = new Memory(2 ** 20);
  const layer = createLinear({ shape, target: "js", memory });
  const x = memory.allocate("f32", 24).address;

  it("sums a bias gradient over many rows without losing small ones", () => {
    const rows = 100_000;
    const long = new Memory(2 ** 22);
    const [gradY, gradBias] = [long.allocate("f32", rows), long.allocate("f32", 1)];
    gradY.view.fill(0.1);
    const layer = createLinear({ shape: { rows, inputs: 1, outputs: 1 }, target: "wasm", memory: long });
    // Only the bias is asked for, so x and the weight are not read.
    const unread = { x: gradY.address, weight: gradY.address };
    layer.backward({ ...unread, gradY: gradY.address, gradBias: gradBias.address });
    // One by one in float32, the sum would be off by 1e-4 of itself.
    expect(Math.abs((gradBias.view[0] as number) / (rows * Math.fround(0.1)) - 1)).toBeLessThan(1e-6);
  });

  it("refuses a size that is none", () => {
    expect(() => createLinear({ shape: { ...shape, inputs: -1 }, target: "js", memory })).toThrow(
      /expected inputs to be a whole number of at least 0; found -1/,
    );
    expect(() => createLinear({ shape: { ...shape, rows: 2 ** 28 }, target: "js", memory })).toThrow(
      /expected tensors of at most/,
    );
  });

  it("refuses an operand that is not in memory, by name", () => {
    expect(() => layer.forward({ x, weight: memory.bytes - 4, y: x })).toThrow(
      /linear forward: expected weight as an address of 8 f32/,
    );
    expect(() => layer.backward({ x, weight: x, gradY: x + 2, gradBias: x })).toThrow(/expected gradY as/);
  });

  it("made for the forward pass alone refuses the other", () => {
    const forward = createLinear({ shape, target: "js", memory, forwardOnly: true });
    expect(() => forward.backward({ x, weight: x, gradY: x })).toThrow(/Leave forwardOnly away/);
  });
});

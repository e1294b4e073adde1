/** Every activation against its definition, at its corners and far out, and what is refused. */
import { describe, expect, it } from "vitest";
import { Memory } from "../codegen/memory.ts";
import { integerIn } from "../random.ts";
import { type ActivationName, activationNames, createActivation } from "./activation.ts";
import { itIsALayer, machines, normals } from "./layer.fixture.ts";

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const definitions: Readonly<Record<ActivationName, (x: number) => number>> = {
  relu: (x) => Math.max(x, 0),
  relu6: (x) => Math.min(Math.max(x, 0), 6),
  sigmoid,
  tanh: Math.tanh,
  silu: (x) => x * sigmoid(x),
  gelu: (x) => x * normalDistribution(x),
  "gelu-tanh": (x) => (x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))) / 2,
};

/** By Simpson's rule from 0: exact to about 1e-13 for |x| below 10. */
function normalDistribution(x: number): number {
  const steps = 2000;
  const density = (t: number): number => Math.exp(-t * t * 0.5) / Math.sqrt(2 * Math.PI);
  let sum = density(0) + density(x);
  for (let i = 1; i < steps; i++) sum += density((x * i) / steps) * (i % 2 === 1 ? 4 : 2);
  return 0.5 + (sum * x) / (3 * steps);
}

for (const activation of activationNames)
  itIsALayer(
    activation,
    (random, index) => {
      const length = [1, 15, 16, 17, 64, 67][index] ?? integerIn(random, 1, 40);
      // A corner within a step of a difference would have no slope there.
      const x = normals(random, length).map((value) => (Math.abs(value) < 0.01 ? 0.5 : 2 * value));
      return {
        ...{ text: `${length} elements`, inputs: { x }, length },
        reference: (inputs) => (inputs.x as Float64Array).map(definitions[activation]),
        run(options, bench, at) {
          const layer = createActivation({ ...options, activation, length });
          layer.forward({ x: at("x"), y: bench.room("y", length) });
          layer.backward({ x: at("x"), gradY: at("gradY"), gradX: bench.room("grad.x", length) });
        },
      };
    },
    { differentiable: ["x"] },
  );

/** Values and slopes of an activation in float32, the gradient behind it being 1. */
function at(
  machine: (typeof machines)[number],
  activation: ActivationName,
  points: readonly number[],
): { values: number[]; slopes: number[] } {
  const memory = new Memory(2 ** 16);
  const [x, g] = [memory.allocate("f32", points.length), memory.allocate("f32", points.length)];
  const y = memory.allocate("f32", points.length);
  x.view.set(points);
  g.view.fill(1);
  const layer = createActivation({ ...machine, memory, activation, length: points.length });
  layer.forward({ x: x.address, y: y.address });
  layer.backward({ x: x.address, gradY: g.address, gradX: g.address });
  return { values: [...y.view], slopes: [...g.view] };
}

describe.each(machines)("on $target $isa", (machine) => {
  it("corners have slope 0, and NaN stays NaN", () => {
    expect(at(machine, "relu", [-1, 0, 1, Number.NaN])).toEqual({
      values: [0, 0, 1, Number.NaN],
      slopes: [0, 0, 1, 1],
    });
    expect(at(machine, "relu6", [-1, 0, 1, 6, 7, Number.NaN])).toEqual({
      values: [0, 0, 1, 6, 6, Number.NaN],
      slopes: [0, 0, 1, 0, 0, 1],
    });
  });

  it.each(["silu", "gelu", "gelu-tanh"] as const)(
    "%s is x far above 0 and 0 far below, slopes included",
    (name) => {
      const { values, slopes } = at(machine, name, [100, 1e15, 1e30, -200, -1e3, -1e4]);
      // JavaScript keeps more digits until it stores: what is left far below 0 need not be 0 itself.
      for (const [i, value] of [100, 1e15, 1e30, 0, 0, 0].entries())
        expect(Math.abs((values[i] as number) - value)).toBeLessThanOrEqual(1e-7 * value + 1e-12);
      for (const [i, slope] of [1, 1, 1, 0, 0, 0].entries())
        expect(Math.abs((slopes[i] as number) - slope)).toBeLessThan(1e-6);
    },
  );

  it("the tanh form keeps its digits far below 0", () => {
    const [value] = at(machine, "gelu-tanh", [-6]).values as [number];
    // e^2u / (1 + e^2u) with u = sqrt(2 / pi) (-6 - 0.044715 * 216), times -6.
    const twice = 2 * Math.sqrt(2 / Math.PI) * (-6 - 0.044715 * 216);
    expect(value / ((-6 * Math.exp(twice)) / (1 + Math.exp(twice)))).toBeCloseTo(1, 4);
  });
});

describe("an activation", () => {
  const memory = new Memory(2 ** 16);

  it("refuses a name that is no row", () => {
    const activation = "toString" as ActivationName;
    expect(() => createActivation({ activation, length: 1, target: "js", memory })).toThrow(
      /expected one of relu, .*found "toString"/,
    );
  });

  it("refuses operands that are not in memory", () => {
    const layer = createActivation({ activation: "relu", length: 4, target: "js", memory });
    expect(() => layer.forward({ x: 64, y: 66 })).toThrow(/relu forward: expected y as an address of 4 f32/);
    expect(() => layer.backward({ x: 64, gradY: -4, gradX: 64 })).toThrow(/relu backward: expected gradY/);
  });
});

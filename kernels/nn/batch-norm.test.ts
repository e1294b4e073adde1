/** Batch normalisation against its definition in both layouts, its running statistics, and what it refuses. */
import { describe, expect, it } from "vitest";
import { Memory } from "../codegen/memory.ts";
import { integerIn, randomStream } from "../random.ts";
import { type BatchNormShape, createBatchNorm } from "./batch-norm.ts";
import { Guarded } from "./guarded.fixture.ts";
import { type Drawn, itIsALayer, largestError, machines, normals, type Values } from "./layer.fixture.ts";

type Layout = "nchw" | "nhwc";
const epsilon = 1e-3;
const momentum = 0.3;

/** Positions and channels around the lengths of vectors, one position, and random ones. */
const shapes: readonly BatchNormShape[] = [
  { batch: 5, channels: 3, positions: 1 },
  { batch: 2, channels: 2, positions: 17 },
  { batch: 1, channels: 3, positions: 64 },
  { batch: 3, channels: 17, positions: 2 },
];

for (const layout of ["nchw", "nhwc"] as const)
  for (const training of [true, false])
    itIsALayer(`batch norm ${layout} ${training ? "training" : "evaluation"}`, drawer(layout, training), {
      differentiable: ["x", "weight", "bias"],
    });

function drawer(layout: Layout, training: boolean) {
  return (random: () => number, index: number): Drawn => {
    const shape = shapes[index] ?? {
      batch: integerIn(random, 2, 4),
      channels: integerIn(random, 1, 5),
      positions: integerIn(random, 1, 9),
    };
    const { batch, channels, positions } = shape;
    const length = batch * channels * positions;
    const [weighted, biased] = [index % 4 !== 2, index % 4 < 2];
    const running = !training || index % 2 === 0;
    return {
      text: JSON.stringify({ ...shape, weighted, biased }),
      inputs: {
        x: normals(random, length, 1),
        ...(weighted ? { weight: normals(random, channels, 1) } : {}),
        ...(biased ? { bias: normals(random, channels) } : {}),
        runningMean: normals(random, channels),
        runningVariance: normals(random, channels).map((value) => Math.fround(1 + value * value)),
      },
      length,
      reference: (values) => reference(shape, layout, training, values),
      run(options, bench, at) {
        const layer = createBatchNorm({ ...options, shape, layout, epsilon, momentum });
        const weight = weighted ? { weight: at("weight") } : {};
        const bias = biased ? { bias: at("bias") } : {};
        const saved = { mean: bench.room("mean", channels), inverse: bench.room("inverse", channels) };
        const shared = { ...saved, ...weight, training, x: at("x") };
        const statistics = { runningMean: at("runningMean"), runningVariance: at("runningVariance") };
        layer.forward({ ...shared, ...bias, ...(running ? statistics : {}), y: bench.room("y", length) });
        layer.backward({
          ...{ ...shared, gradY: at("gradY"), gradX: bench.room("grad.x", length) },
          ...(weighted ? { gradWeight: bench.room("grad.weight", channels) } : {}),
          ...(biased ? { gradBias: bench.room("grad.bias", channels) } : {}),
        });
      },
    };
  };
}

/** The elements of one channel. */
function channelPlaces({ batch, channels, positions }: BatchNormShape, layout: Layout, c: number): number[] {
  const places: number[] = [];
  for (let n = 0; n < batch; n++)
    for (let p = 0; p < positions; p++)
      places.push(
        layout === "nchw" ? (n * channels + c) * positions + p : (n * positions + p) * channels + c,
      );
  return places;
}

function statisticsOf(x: Float64Array, places: readonly number[]): { mean: number; squares: number } {
  const values = places.map((place) => x[place] as number);
  const mean = values.reduce((sum, value) => sum + value, 0) / places.length;
  return { mean, squares: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) };
}

function reference(shape: BatchNormShape, layout: Layout, training: boolean, values: Values): Float64Array {
  const { x, weight, bias, runningMean, runningVariance } = values;
  const y = new Float64Array((x as Float64Array).length);
  for (let c = 0; c < shape.channels; c++) {
    const places = channelPlaces(shape, layout, c);
    const batch = statisticsOf(x as Float64Array, places);
    const mean = training ? batch.mean : (runningMean?.[c] as number);
    const variance = training ? batch.squares / places.length : (runningVariance?.[c] as number);
    for (const place of places) {
      const normal = ((x?.[place] as number) - mean) / Math.sqrt(variance + epsilon);
      y[place] = normal * (weight?.[c] ?? 1) + (bias?.[c] ?? 0);
    }
  }
  return y;
}

describe.each(machines)("running statistics on $target $isa", (machine) => {
  it.each([
    ["nchw", { batch: 3, channels: 2, positions: 6000 }],
    ["nchw", { batch: 700, channels: 2, positions: 13 }],
    ["nhwc", { batch: 30, channels: 20, positions: 49 }],
  ] as const)("%s %o move by the momentum to mean and unbiased variance", (layout, shape) => {
    const { batch, channels, positions } = shape;
    const length = batch * channels * positions;
    const memory = new Memory(2 ** 21);
    const bench = new Guarded("f32", memory);
    const x = normals(randomStream(5), length, 3);
    const start = {
      mean: new Float64Array(channels).fill(0.5),
      variance: new Float64Array(channels).fill(2),
    };
    const layer = createBatchNorm({ ...machine, memory, shape, layout, momentum });
    layer.forward({
      ...{ training: true, x: bench.put("x", x), y: bench.room("y", length) },
      ...{ mean: bench.room("mean", channels), inverse: bench.room("inverse", channels) },
      runningMean: bench.put("runningMean", start.mean),
      runningVariance: bench.put("runningVariance", start.variance),
    });
    bench.expectUntouched();
    for (let c = 0; c < channels; c++) {
      const { mean, squares } = statisticsOf(x, channelPlaces(shape, layout, c));
      const moved = [
        0.7 * 0.5 + 0.3 * mean,
        0.7 * 2 + (0.3 * squares) / (batch * positions - 1),
        mean,
        1 / Math.sqrt(squares / (batch * positions) + 1e-5),
      ];
      const found = ["runningMean", "runningVariance", "mean", "inverse"].map(
        (name) => bench.read(name)[c] as number,
      );
      expect(largestError(Float64Array.from(found), Float64Array.from(moved))).toBeLessThan(5e-7);
    }
  });
});

describe("batch normalisation", () => {
  const memory = new Memory(2 ** 16);
  const layer = createBatchNorm({ shape: { batch: 1, channels: 2, positions: 1 }, target: "js", memory });
  const operands = { x: 64, y: 128, mean: 192, inverse: 256 };

  it("refuses to train on one element a channel", () => {
    expect(() => layer.forward({ ...operands, training: true })).toThrow(
      /expected at least two elements a channel in training; found 1/,
    );
  });

  it("refuses to evaluate without running statistics, or with half of them", () => {
    expect(() => layer.forward({ ...operands, training: false })).toThrow(/found neither/);
    expect(() => layer.forward({ ...operands, training: false, runningMean: 320 })).toThrow(
      /found one of them/,
    );
  });

  it("refuses channels that are none, and operands that are not in memory", () => {
    expect(() =>
      createBatchNorm({ shape: { batch: 1, channels: 0, positions: 1 }, target: "js", memory }),
    ).toThrow(/expected channels to be a whole number of at least 1; found 0/);
    expect(() => layer.backward({ ...operands, training: false, gradY: memory.bytes })).toThrow(
      /batch norm backward: expected gradY as an address of 2 f32/,
    );
  });
});

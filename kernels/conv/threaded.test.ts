/** Convolution on several threads: the very bits of one, the memory that was stated, and the same refusals. */
import { afterAll, describe, expect, it } from "vitest";
import { Memory } from "../codegen/memory.ts";
import { fillRandom } from "../gemm/contest.ts";
import { nativeAvailability } from "../native/availability.ts";
import { randomStream } from "../random.ts";
import { endTeams } from "../threads/team.ts";
import { convAlgorithm, convAlgorithms } from "./algorithms.ts";
import { checkedRun } from "./checked-run.fixture.ts";
import {
  type ConvolutionOptions,
  convolutionBytes,
  createConvolution,
  problemOf,
  takes,
} from "./convolution.ts";
import { convParts } from "./parts.ts";
import { randomShapeFor } from "./random-shape.ts";
import {
  type ConvShape,
  convShape,
  inputLength,
  layouts,
  outputHeight,
  outputLength,
  shapeText,
  weightsLength,
} from "./shape.ts";

afterAll(endTeams);

const targets = nativeAvailability().available ? (["wasm", "native"] as const) : (["wasm"] as const);
const ways = convAlgorithms.flatMap(({ id }) =>
  targets.flatMap((target) => layouts.map((layout) => ({ algorithm: id, target, layout }))),
);

type Options = Omit<ConvolutionOptions, "memory">;

/** The output for random operands, as bytes. */
function outputOf(options: Options): Buffer {
  const { shape, batch = 1, threads = 1 } = options;
  const memory = new Memory(convolutionBytes(options) + 4096, { shared: threads > 1 });
  const random = randomStream(7);
  const [input, weights, bias, output] = [
    batch * inputLength(shape),
    weightsLength(shape),
    shape.filters,
    batch * outputLength(shape),
  ].map((length) => {
    const made = memory.allocate("f32", length);
    fillRandom(made.view, random);
    return made;
  }) as [Allocated, Allocated, Allocated, Allocated];
  const made = createConvolution({ ...options, memory });
  made.prepare(weights.address);
  made.run({
    ...{ input: input.address, output: output.address },
    ...(options.epilogue?.bias && { bias: bias.address }),
  });
  made.release();
  return Buffer.from(output.view.slice().buffer);
}

interface Allocated {
  readonly view: Float32Array;
  readonly address: number;
}

describe.each(ways)("$algorithm $layout on $target", ({ algorithm, ...place }) => {
  const row = convAlgorithm(algorithm);
  const random = randomStream(11);
  const taken = (count: number): ConvShape[] => {
    const found: ConvShape[] = [];
    for (let tries = 0; tries < 40 * count && found.length < count; tries++) {
      const shape = randomShapeFor(algorithm, random);
      if (takes(row, problemOf({ shape, ...place }))) found.push(shape);
    }
    return found;
  };

  it("has the bits of one thread on two and three", () => {
    for (const [at, shape] of taken(5).entries()) {
      const options: Options = {
        ...{ algorithm, shape, ...place, batch: 1 + (at % 4) },
        ...(at % 2 === 0 && { epilogue: { bias: true, activation: "relu" } }),
      };
      const alone = outputOf(options);
      for (const threads of [2, 3])
        expect(outputOf({ ...options, threads }).equals(alone), `${shapeText(shape)} ${threads}`).toBe(true);
    }
  });

  it("gives what the definition gives and takes the memory it says", () => {
    const tolerance = row.tolerance ?? 0;
    for (const shape of taken(3))
      expect(
        checkedRun({ algorithm, shape, ...place, threads: 2, tolerance }, random),
        shapeText(shape),
      ).toBeNull();
    const epilogue = { bias: true, residual: true };
    for (const shape of taken(2)) {
      const options = { algorithm, shape, ...place, threads: 2, tolerance, batch: 2, epilogue };
      if (takes(row, problemOf(options))) expect(checkedRun(options, random), shapeText(shape)).toBeNull();
    }
  });
});

describe("the parts of a convolution", () => {
  const image = convShape({
    ...{ channels: 64, height: 56, width: 56, filters: 64, kernelHeight: 3, kernelWidth: 3, padding: 1 },
  });
  const problem = (more: Partial<Parameters<typeof problemOf>[0]> = {}) =>
    problemOf({ shape: image, layout: "nhwc", target: "wasm", threads: 2, ...more });

  it("are bands of whole tiles with the rows that they see", () => {
    const parts = convParts({ rowUnit: () => 4 }, problem({ shape: { ...image, height: 22 } }));
    expect(parts.map(({ shape }) => [outputHeight(shape), shape.height])).toEqual([
      [12, 13],
      [10, 11],
    ]);
    expect(parts[1]?.input).toBe(11 * 56 * 64);
    expect(parts.map(({ shape: { padding } }) => [padding.top, padding.bottom])).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });

  it("are filters in nchw, groups where there are some, and images of a batch that is large enough", () => {
    const filters = convParts({}, problem({ layout: "nchw", threads: 3 }));
    expect(filters.map(({ shape }) => shape.filters)).toEqual([24, 20, 20]);
    const grouped = convParts({}, problem({ layout: "nchw", shape: { ...image, groups: 8 } }));
    expect(grouped.map(({ shape }) => [shape.groups, shape.channels])).toEqual([
      [4, 32],
      [4, 32],
    ]);
    expect(convParts({}, problem({ batch: 3 })).map(({ batch, images }) => [batch, images])).toEqual([
      [2, 1],
      [1, 1],
    ]);
    expect(convParts({}, problem({ batch: 3, threads: 4 })).map(({ images }) => images)).toEqual([
      3, 3, 3, 3,
    ]);
  });

  it("is a single one where nothing can be cut, or where a band would see padding alone", () => {
    const low = { ...image, height: 1, padding: { top: 3, bottom: 0, left: 1, right: 1 } };
    expect(convParts({}, problem({ shape: low }))).toHaveLength(1);
    expect(convParts({ sharing: () => "none" }, problem())).toHaveLength(1);
  });
});

it("refuses a memory of one thread alone", () => {
  const shape = convShape({ channels: 4, height: 9, width: 9, filters: 4, kernelHeight: 3, kernelWidth: 3 });
  const options = { algorithm: "direct", layout: "nhwc", shape, target: "wasm", threads: 2 } as const;
  expect(() => createConvolution({ ...options, memory: new Memory(2 ** 20) })).toThrow(/shared memory/);
});

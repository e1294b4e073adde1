import { describe, expect, it } from "vitest";
import { Memory } from "../codegen/memory.ts";
import { nativeAvailability } from "../native/availability.ts";
import { randomStream } from "../random.ts";
import { convAlgorithm, convAlgorithms } from "./algorithms.ts";
import { checkedRun } from "./checked-run.fixture.ts";
import { convolutionBytes, createConvolution, problemOf, takes } from "./convolution.ts";
import { randomShapeFor } from "./random-shape.ts";
import { type ConvShape, convShape, layouts, shapeText } from "./shape.ts";

const native = nativeAvailability();
const levels = native.available
  ? native.isa === "avx512"
    ? (["avx512", "avx2"] as const)
    : [native.isa]
  : [];
const places = [
  { target: "js" as const },
  { target: "wasm" as const },
  ...levels.map((isa) => ({ target: "native" as const, isa })),
];

const everyWay = convAlgorithms.flatMap((row) =>
  layouts.flatMap((layout) => places.map((place) => ({ algorithm: row.id, layout, ...place }))),
);

describe.each(everyWay)("$algorithm $layout on $target $isa", ({ algorithm, layout, ...place }) => {
  const tolerance = convAlgorithm(algorithm).tolerance ?? 0;
  const random = randomStream(5);
  const run = (shape: ConvShape, more = {}): void => {
    const options = { algorithm, layout, shape, tolerance, ...place, ...more };
    expect(checkedRun(options, random), `${shapeText(shape)} ${JSON.stringify(more)}`).toBeNull();
  };
  const taken = (count: number): ConvShape[] => {
    const found: ConvShape[] = [];
    for (let tries = 0; tries < 40 * count && found.length < count; tries++) {
      const shape = randomShapeFor(algorithm, random);
      if (takes(convAlgorithm(algorithm), problemOf({ layout, shape, ...place }))) found.push(shape);
    }
    return found;
  };

  it("gives what the definition gives, writes nowhere else and takes the memory it says", () => {
    for (const shape of taken(25)) run(shape);
  });

  it("adds bias and activation, and computes every image of a batch", () => {
    for (const shape of taken(4)) {
      run(shape, { batch: 3, epilogue: { bias: true, activation: "relu" } });
      run(shape, { epilogue: { activation: "relu6" } });
    }
  });

  it("adds a shortcut before the activation, or refuses it", () => {
    const row = convAlgorithm(algorithm);
    for (const shape of taken(4)) {
      const epilogue = { bias: true, residual: true, activation: "relu" as const };
      const adds = row.addsResidual?.(problemOf({ layout, shape, ...place })) === true;
      expect(takes(row, problemOf({ layout, shape, ...place, epilogue }))).toBe(adds);
      if (!adds) continue;
      run(shape, { batch: 2, epilogue });
      run(shape, { epilogue: { residual: true } });
    }
  });

  it("computes in double precision", () => {
    for (const shape of taken(4)) {
      const options = { layout, shape, element: "f64" as const, ...place };
      if (takes(convAlgorithm(algorithm), problemOf(options))) run(shape, { element: "f64" });
    }
  });
});

describe("createConvolution", () => {
  const shape = convShape({
    ...{ channels: 2, height: 5, width: 5, filters: 3, kernelHeight: 3, kernelWidth: 3, padding: 1 },
  });
  const options = { algorithm: "im2col", layout: "nchw", shape, target: "wasm" } as const;
  const memory = new Memory(convolutionBytes(options) + 4096);
  const [input, weights, output] = [50, 54, 75].map((length) => memory.allocate("f32", length).address) as [
    number,
    number,
    number,
  ];

  it("refuses a memory that is too small before it allocates", () => {
    const small = new Memory(1000);
    const large = convShape({ ...shape, height: 200, width: 200 });
    const before = small.freeBytes;
    expect(() => createConvolution({ ...options, shape: large, memory: small })).toThrow(
      /free bytes.*found \d+/,
    );
    expect(small.freeBytes).toBe(before);
  });

  it.each([
    ["weights that nobody prepared", { input, output }, /weights; found none.*prepare/],
    ["an address that is none", { input: 0, output, weights }, /input as an address.*found 0/],
    ["an address beyond the memory", { input: 2 ** 30, output, weights }, /input as an address/],
    ["an output over the input", { input, output: input + 64, weights }, /output to lie apart/],
    [
      "a shortcut that was not announced",
      { input, output, weights, residual: output },
      /no shortcut; found one/,
    ],
    ["a bias that was not announced", { input, output, weights, bias: weights }, /no bias; found one/],
  ])("refuses %s", (_, call, message) => {
    expect(() => createConvolution({ ...options, memory }).run(call)).toThrow(message);
  });

  it("lets the shortcut be the output, and refuses one that overlaps it otherwise", () => {
    const own = new Memory(2 ** 17);
    const layer = createConvolution({
      ...options,
      algorithm: "direct",
      epilogue: { residual: true },
      memory: own,
    });
    const filled = (length: number, value: number) => {
      const made = own.allocate("f32", length);
      made.view.fill(value);
      return made;
    };
    const result = filled(75, 100);
    const call = { input: filled(50, 1).address, output: result.address, weights: filled(54, 1).address };
    layer.run({ ...call, residual: call.output });
    expect(result.view[12]).toBe(118);
    expect(() => layer.run({ ...call, residual: call.output + 4 })).toThrow(/to lie apart/);
    expect(() => layer.run(call)).toThrow(/expected a shortcut; found none/);
  });

  it("prepares weights again when they are others", () => {
    const layer = createConvolution({ ...options, algorithm: "direct", layout: "nhwc", memory });
    const other = memory.allocate("f32", 54);
    memory.view("f32", input, 50).fill(1);
    other.view.fill(1);
    layer.run({ input, output, weights });
    expect(memory.view("f32", output, 75)[36]).toBe(0);
    layer.run({ input, output, weights: other.address });
    expect(memory.view("f32", output, 75)[36]).toBe(18);
  });

  it("names the algorithms there are", () => {
    // @ts-expect-error an id that a caller without types may pass
    expect(() => createConvolution({ ...options, algorithm: "magic", memory })).toThrow(
      /direct, im2col.*"magic"/,
    );
  });
});

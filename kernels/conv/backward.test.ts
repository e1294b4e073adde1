/** Gradients against their float64 definitions and against central differences of the forward pass. */
import { describe, expect, it } from "vitest";
import { Memory } from "../codegen/memory.ts";
import { fillRandom } from "../gemm/contest.ts";
import { nativeAvailability } from "../native/availability.ts";
import { integerIn, randomStream } from "../random.ts";
import { convolutionBackwardBytes, createConvolutionBackward } from "./backward.ts";
import { guarded } from "./checked-run.fixture.ts";
import { convolutionBytes, createConvolution } from "./convolution.ts";
import { randomGeneralShape } from "./random-shape.ts";
import { inputGradientReference, weightGradientReference } from "./reference.ts";
import {
  type ConvShape,
  convShape,
  inputLength,
  layouts,
  outputLength,
  positions,
  shapeText,
  weightsLength,
} from "./shape.ts";

const targets = nativeAvailability().available
  ? (["js", "wasm", "native"] as const)
  : (["js", "wasm"] as const);
const everyWay = targets.flatMap((target) =>
  layouts.flatMap((layout) => (["f32", "f64"] as const).map((element) => ({ target, layout, element }))),
);

/** Operands between guard zones, of small integers, so that every sum is exact. */
function operands(shape: ConvShape, batch: number, way: (typeof everyWay)[number], random: () => number) {
  const memory = new Memory(convolutionBackwardBytes({ shape, batch, ...way }) + 65536);
  const integers = (length: number) => {
    const made = guarded(memory, way.element, length);
    for (let i = 0; i < length; i++) made.view[i] = integerIn(random, -9, 9);
    return made;
  };
  const tensors = {
    input: integers(batch * inputLength(shape)),
    weights: integers(weightsLength(shape)),
    outputGradient: integers(batch * outputLength(shape)),
    inputGradient: integers(batch * inputLength(shape)),
    weightGradient: integers(weightsLength(shape)),
    biasGradient: integers(shape.filters),
  };
  return { memory, ...tensors, all: Object.entries(tensors) };
}

describe.each(everyWay)("gradients in $layout on $target, $element", (way) => {
  const random = randomStream(17);
  const shapes = [
    ...Array.from({ length: 20 }, () => randomGeneralShape(random)),
    convShape({ channels: 6, height: 5, width: 7, filters: 4, kernelHeight: 1, kernelWidth: 1 }),
    convShape({ channels: 6, height: 5, width: 7, filters: 4, kernelHeight: 1, kernelWidth: 1, groups: 2 }),
    convShape({ channels: 6, height: 5, width: 7, filters: 4, kernelHeight: 1, kernelWidth: 1, stride: 2 }),
    convShape({ channels: 5, height: 6, width: 6, filters: 5, kernelHeight: 3, kernelWidth: 3, groups: 5 }),
  ];

  it("are those of the definition, summed over the batch, and nothing else is written", () => {
    for (const [at, shape] of shapes.entries()) {
      const batch = 1 + (at % 3);
      const { memory, all, ...t } = operands(shape, batch, way, random);
      const before = memory.mark();
      const backward = createConvolutionBackward({ shape, batch, memory, ...way });
      expect(memory.mark() - before, "workspace").toBe(backward.workspaceBytes);
      const kept = { weights: t.weightGradient.view.slice(), bias: t.biasGradient.view.slice() };
      const addresses = Object.fromEntries(all.map(([name, { address }]) => [name, address])) as Record<
        keyof Omit<typeof t, "memory">,
        number
      >;
      const accumulate = at % 2 === 1;
      // Twice, so that what one call leaves behind is met by the next.
      for (let call = 0; call < 2; call++) {
        t.weightGradient.view.set(kept.weights);
        t.biasGradient.view.set(kept.bias);
        t.inputGradient.view.fill(Number.NaN);
        backward.inputGradient(addresses);
        backward.weightGradient({ ...addresses, accumulate });
        backward.biasGradient({ ...addresses, accumulate });
      }
      const [ofInput, ofWeights, ofBias] = expectedGradients(shape, batch, way.layout, t);
      const plus = (gradient: Float64Array, before: ArrayLike<number>): number[] =>
        Array.from(gradient, (value, i) => value + (accumulate ? (before[i] as number) : 0));
      const text = `${shapeText(shape)} batch ${batch}`;
      expect([...t.inputGradient.view], text).toEqual([...ofInput]);
      expect([...t.weightGradient.view], text).toEqual(plus(ofWeights, kept.weights));
      expect([...t.biasGradient.view], text).toEqual(plus(ofBias, kept.bias));
      for (const [name, tensor] of all) expect(tensor.intact(), `guard zones of ${name}, ${text}`).toBe(true);
    }
  });
});

type Tensors = Pick<ReturnType<typeof operands>, "input" | "weights" | "outputGradient">;

/** By the input, the weights and the bias; exact sums of integers, -0 written as 0. */
function expectedGradients(
  shape: ConvShape,
  batch: number,
  layout: (typeof layouts)[number],
  { input, weights, outputGradient }: Tensors,
): readonly [Float64Array, Float64Array, Float64Array] {
  const ofInput = new Float64Array(batch * inputLength(shape));
  const ofWeights = new Float64Array(weightsLength(shape));
  const ofBias = new Float64Array(shape.filters);
  for (let image = 0; image < batch; image++) {
    const dy = outputGradient.view.subarray(image * outputLength(shape), (image + 1) * outputLength(shape));
    const x = input.view.subarray(image * inputLength(shape), (image + 1) * inputLength(shape));
    ofInput.set(inputGradientReference(shape, dy, weights.view, layout), image * inputLength(shape));
    weightGradientReference(shape, dy, x, layout).forEach((value, i) => {
      ofWeights[i] = (ofWeights[i] as number) + value;
    });
    dy.forEach((value, i) => {
      const filter = layout === "nhwc" ? i % shape.filters : Math.floor(i / positions(shape));
      ofBias[filter] = (ofBias[filter] as number) + value;
    });
  }
  return [ofInput, ofWeights, ofBias];
}

describe.each(layouts)("a gradient check in %s", (layout) => {
  it("finds in central differences of the forward pass what the backward pass says", () => {
    const random = randomStream(29);
    for (let i = 0; i < 10; i++) {
      const shape = randomGeneralShape(random);
      const options = { shape, batch: 2, layout, target: "wasm", element: "f64" } as const;
      const bytes = convolutionBackwardBytes(options) + convolutionBytes({ ...options, algorithm: "direct" });
      const memory = new Memory(bytes + 65536);
      const [x, dx] = [0, 0].map(() => memory.allocate("f64", 2 * inputLength(shape)));
      const [w, dw] = [0, 0].map(() => memory.allocate("f64", weightsLength(shape)));
      const [y, dy] = [0, 0].map(() => memory.allocate("f64", 2 * outputLength(shape)));
      if (!x || !dx || !w || !dw || !y || !dy) throw new Error("allocated above");
      for (const { view } of [x, w, dy]) fillRandom(view, random);
      const forward = createConvolution({ ...options, memory, algorithm: "direct" });
      const backward = createConvolutionBackward({ ...options, memory });
      const call = { outputGradient: dy.address, weights: w.address, input: x.address };
      backward.inputGradient({ ...call, inputGradient: dx.address });
      backward.weightGradient({ ...call, weightGradient: dw.address });
      const loss = (): number => {
        forward.prepare(w.address);
        forward.run({ input: x.address, output: y.address });
        return y.view.reduce((sum, value, at) => sum + value * (dy.view[at] as number), 0);
      };
      for (const [tensor, gradient] of [
        [x, dx],
        [w, dw],
      ] as const)
        for (let probe = 0; probe < 5; probe++) {
          const at = integerIn(random, 0, tensor.view.length - 1);
          const value = tensor.view[at] as number;
          // The loss is linear in each operand, so any step is exact but for rounding.
          tensor.view[at] = value + 1 / 16;
          const above = loss();
          tensor.view[at] = value - 1 / 16;
          const below = loss();
          tensor.view[at] = value;
          expect(gradient.view[at], shapeText(shape)).toBeCloseTo((above - below) * 8, 10);
        }
    }
  });
});

describe("createConvolutionBackward", () => {
  const shape = convShape({ channels: 2, height: 5, width: 5, filters: 3, kernelHeight: 3, kernelWidth: 3 });
  const options = { shape, layout: "nchw", target: "wasm" } as const;

  it("refuses a memory that is too small before it allocates", () => {
    const memory = new Memory(1000);
    const large = convShape({ ...shape, height: 300, width: 300 });
    const before = memory.freeBytes;
    expect(() => createConvolutionBackward({ ...options, shape: large, memory })).toThrow(
      /free bytes.*found \d+.*convolutionBackwardBytes/,
    );
    expect(memory.freeBytes).toBe(before);
  });

  it("refuses an address that no tensor lies at, and names it", () => {
    const memory = new Memory(convolutionBackwardBytes(options) + 4096);
    const backward = createConvolutionBackward({ ...options, memory });
    const address = memory.allocate("f32", 64).address;
    expect(() =>
      backward.inputGradient({ outputGradient: address, weights: address, inputGradient: 2 }),
    ).toThrow(/inputGradient as an address of f32.*found 2/);
  });
});

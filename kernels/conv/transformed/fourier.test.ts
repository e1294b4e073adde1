import { describe, expect, it } from "vitest";
import { compile } from "../../codegen/compile.ts";
import { at, load } from "../../codegen/expressions.ts";
import { Memory } from "../../codegen/memory.ts";
import { program } from "../../codegen/program.ts";
import { fillRandom } from "../../gemm/contest.ts";
import { nativeAvailability } from "../../native/availability.ts";
import { integerIn, randomStream } from "../../random.ts";
import { multiplicationsSaved } from "../accounting.ts";
import { fft, tileSideFor } from "../algorithms/fft.ts";
import { checkedRun } from "../checked-run.fixture.ts";
import { problemOf, workshopIn } from "../convolution.ts";
import { convolutionReference } from "../reference.ts";
import {
  type ConvShape,
  convShape,
  inputLength,
  layouts,
  outputLength,
  shapeText,
  weightsLength,
} from "../shape.ts";
import { makeTransformed } from "./convolution.ts";
import { fourierErrorBound } from "./error-bounds.ts";
import { emitFft, emitInverseFft, fftScratch, radicesOf } from "./fft.ts";
import { fourierMethod, spectrumOf } from "./fourier.ts";

const targets = nativeAvailability().available
  ? (["js", "wasm", "native"] as const)
  : (["js", "wasm"] as const);

describe("a Fourier transform in code", () => {
  it.each([2, 4, 8, 16, 32, 64])(
    "of %d values is the sum that defines it, and its inverse undoes it",
    (size) => {
      const memory = new Memory(64 * size * 8 + 4096);
      const [x, y, z] = [0, 0, 0].map(() => memory.allocate("f64", 2 * size));
      const scratch = memory.allocate("f64", fftScratch(size));
      if (!x || !y || !z) throw new Error("allocated above");
      const transform = (emit: typeof emitFft) =>
        compile(
          program("fft", (b) => {
            const [from, to] = [b.pointer("from", "f64"), b.pointer("to", "f64")];
            const scratchPointer = b.pointer("scratch", "f64");
            emit(b, {
              ...{ size, lanes: 1, scratch: scratchPointer },
              source: (n) => ({ re: load(at(from, 0, 2 * n)), im: load(at(from, 0, 2 * n + 1)) }),
              sink: (k, { re, im }) => {
                b.store(at(to, 0, 2 * k), re);
                b.store(at(to, 0, 2 * k + 1), im);
              },
            });
          }),
          "js",
          memory,
        ).call;
      fillRandom(x.view, randomStream(size));
      transform(emitFft)(x.address, y.address, scratch.address);
      for (let k = 0; k < size; k++) {
        let [re, im] = [0, 0];
        for (let n = 0; n < size; n++) {
          const angle = (-2 * Math.PI * k * n) / size;
          const [a, b] = [x.view[2 * n] as number, x.view[2 * n + 1] as number];
          re += a * Math.cos(angle) - b * Math.sin(angle);
          im += a * Math.sin(angle) + b * Math.cos(angle);
        }
        expect(y.view[2 * k]).toBeCloseTo(re, 12);
        expect(y.view[2 * k + 1]).toBeCloseTo(im, 12);
      }
      transform(emitInverseFft)(y.address, z.address, scratch.address);
      z.view.forEach((value, i) => {
        expect(value / size).toBeCloseTo(x.view[i] as number, 13);
      });
    },
  );

  it("is made of fours, and one two where the power is odd", () => {
    expect([2, 4, 8, 16, 32, 64].map(radicesOf)).toEqual([[2], [4], [2, 4], [4, 4], [2, 4, 4], [4, 4, 4]]);
  });
});

describe("the points of a tile", () => {
  it.each([4, 8, 16])(
    "are a permutation, three for every pair of conjugate frequencies of side %d",
    (size) => {
      const spectrum = spectrumOf(size);
      const places: number[] = [];
      for (let kx = 1; kx < size / 2; kx++)
        for (let ky = 0; ky < size; ky++)
          for (let k = 0; k < 3; k++) places.push(spectrum.general(kx, ky) + k);
      for (const which of [0, 1]) {
        for (let ky = 1; ky < size / 2; ky++)
          for (let k = 0; k < 3; k++) places.push(spectrum.real(which, ky) + k);
        for (const end of [0, 1]) places.push(spectrum.corner(which, end));
      }
      expect(places.sort((a, b) => a - b)).toEqual(Array.from({ length: spectrum.points }, (_, i) => i));
      // N^2 real numbers are four real frequencies and (N^2 - 4) / 2 complex ones.
      expect(spectrum.points).toBe(4 + (3 * (size * size - 4)) / 2);
    },
  );
});

/** A layer that every tile of at least 8 can compute. */
function randomLayer(random: () => number, largestKernel: number): ConvShape {
  const [kernelHeight, kernelWidth] = [
    integerIn(random, 1, largestKernel),
    integerIn(random, 1, largestKernel),
  ];
  const groups = integerIn(random, 1, 2);
  const padding = (): number => integerIn(random, 0, 3);
  return convShape({
    ...{ channels: groups * integerIn(random, 1, 9), filters: groups * integerIn(random, 1, 9), groups },
    ...{ kernelHeight, kernelWidth },
    ...{ height: kernelHeight + integerIn(random, 0, 25), width: kernelWidth + integerIn(random, 0, 25) },
    padding: { top: padding(), bottom: padding(), left: padding(), right: padding() },
  });
}

describe.each(targets)("Fourier's convolution on %s", (target) => {
  it.each([8, 16, 32, 64])("stays within its error bound with tiles of side %d", (side) => {
    const random = randomStream(side);
    let largestShare = 0;
    for (let i = 0; i < (side < 64 ? 3 : 1); i++) {
      const shape = randomLayer(random, Math.min(side, 9));
      const problem = problemOf({ layout: "nchw", shape, target, epilogue: { bias: true } });
      const memory = new Memory(64 * 2 ** 20);
      const input = memory.allocate("f32", inputLength(shape));
      const weights = memory.allocate("f32", weightsLength(shape));
      const bias = memory.allocate("f32", shape.filters);
      const output = memory.allocate("f32", outputLength(shape));
      for (const { view } of [input, weights]) fillRandom(view, random);
      const method = fourierMethod(side, { y: shape.kernelHeight, x: shape.kernelWidth });
      const made = makeTransformed(method, problem, workshopIn(memory, problem, []));
      made.prepare(weights.address);
      made.run(input.address, output.address, bias.address, 0);
      const expected = convolutionReference(shape, input.view, weights.view);
      const bound = fourierErrorBound(side, shape, input.view, weights.view);
      expected.forEach((value, at) => {
        const share = Math.abs((output.view[at] as number) - value) / (bound[at] as number);
        expect(share, `${shapeText(shape)} output[${at}]`).toBeLessThanOrEqual(1);
        largestShare = Math.max(largestShare, share);
      });
    }
    // A bound that nothing comes near would not notice a wrong kernel.
    expect(largestShare).toBeGreaterThan(1e-4);
  });

  it("takes kernels of up to 15 in both layouts, whatever padding and groups, and writes nowhere else", () => {
    const random = randomStream(4);
    for (let i = 0; i < 6; i++) {
      const shape = randomLayer(random, 15);
      const layout = layouts[i % 2] as (typeof layouts)[number];
      const found = checkedRun(
        { algorithm: "fft", layout, shape, target, batch: 2, tolerance: 1e-5 },
        random,
      );
      expect(found, `${shapeText(shape)} ${layout}`).toBeNull();
    }
  });
});

describe("the table's row", () => {
  const problem = (side: number, kernel: number, channels: number) =>
    problemOf({
      layout: "nchw",
      target: "wasm",
      shape: convShape({
        ...{ channels, filters: channels, height: side, width: side },
        ...{ kernelHeight: kernel, kernelWidth: kernel, padding: (kernel - 1) / 2 },
      }),
    });

  it("takes larger tiles for larger kernels, and smaller ones where weights would be many", () => {
    expect(tileSideFor(problem(56, 15, 16))).toBeGreaterThan(tileSideFor(problem(56, 3, 16)));
    expect(tileSideFor(problem(28, 5, 128))).toBeLessThan(tileSideFor(problem(56, 5, 16)));
  });

  it("saves the more the larger the kernel is: over ten times at 11x11", () => {
    const saved = (kernel: number): number => {
      const p = problem(56, kernel, 16);
      const { multiplications } = fft.accounting(p);
      return multiplicationsSaved(p.shape, 1, { multiplications });
    };
    expect(saved(5)).toBeGreaterThan(saved(3));
    expect(saved(11)).toBeGreaterThan(10);
  });

  it("refuses stride, dilation and a kernel that no tile can hold, and says which", () => {
    const shape = convShape({
      channels: 1,
      height: 80,
      width: 80,
      filters: 1,
      kernelHeight: 3,
      kernelWidth: 40,
    });
    const refusal = (more: Partial<ConvShape>) =>
      fft.refuses(problemOf({ layout: "nchw", target: "wasm", shape: { ...shape, ...more } }));
    expect(refusal({})?.found).toBe("3x40");
    expect(refusal({ kernelWidth: 3, stride: { y: 1, x: 2 } })?.found).toBe("strides 1 and 2");
    expect(refusal({ kernelWidth: 3, dilation: { y: 2, x: 1 } })?.found).toBe("dilations 2 and 1");
    expect(refusal({ kernelWidth: 33 })).toBeNull();
  });
});

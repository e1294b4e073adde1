/** Depthwise layers beyond what the common test of all algorithms draws: large kernels, long rows, many channels. */
import { describe, expect, it } from "vitest";
import { nativeAvailability } from "../native/availability.ts";
import { integerIn, randomStream } from "../random.ts";
import { depthwise } from "./algorithms/depthwise.ts";
import { checkedRun } from "./checked-run.fixture.ts";
import { problemOf } from "./convolution.ts";
import { onPaddedImage, padsFirst, stretchesOf } from "./programs/depthwise-nhwc.ts";
import { sumsFor } from "./programs/depthwise-sums.ts";
import { type ConvShape, convShape, layouts, shapeText } from "./shape.ts";

const native = nativeAvailability();
const places = [
  { target: "js" as const },
  { target: "wasm" as const },
  ...(native.available
    ? [{ target: "native" as const }, { target: "native" as const, isa: "avx2" as const }]
    : []),
];

function randomLayer(random: () => number, largestKernel: number): ConvShape {
  const [kernelHeight, kernelWidth] = [
    integerIn(random, 1, largestKernel),
    integerIn(random, 1, largestKernel),
  ];
  const channels = integerIn(random, 1, 40);
  const padding = (kernel: number): number => integerIn(random, 0, kernel - 1);
  return convShape({
    ...{ channels, filters: channels, groups: channels, kernelHeight, kernelWidth },
    ...{ height: kernelHeight + integerIn(random, 0, 12), width: kernelWidth + integerIn(random, 0, 70) },
    stride: { y: integerIn(random, 1, 2), x: integerIn(random, 1, 3) },
    padding: {
      ...{ top: padding(kernelHeight), bottom: padding(kernelHeight) },
      ...{ left: padding(kernelWidth), right: padding(kernelWidth) },
    },
  });
}

describe.each(places)("depthwise layers on $target $isa", (place) => {
  it.each(layouts)(
    "are exact in %s with kernels of up to 9x9, rows longer than vectors and any stride",
    (layout) => {
      const random = randomStream(31);
      for (let i = 0; i < 12; i++) {
        const shape = randomLayer(random, i < 8 ? 4 : 9);
        const epilogue = i % 2 === 0 ? ({ bias: true, activation: "relu6" } as const) : {};
        const found = checkedRun({ algorithm: "depthwise", layout, shape, epilogue, ...place }, random);
        expect(found, shapeText(shape)).toBeNull();
      }
    },
  );
});

describe("stretches of outputs that see the same taps", () => {
  it("are the first, the inside and the last of a padded 3-tap kernel", () => {
    expect(stretchesOf(5, 5, { kernel: 3, stride: 1, dilation: 1, padding: 1 })).toEqual([
      { from: 0, to: 1, seen: [1, 2] },
      { from: 1, to: 4, seen: [0, 1, 2] },
      { from: 4, to: 5, seen: [0, 1] },
    ]);
  });

  it("are one where nothing is padded", () => {
    const shape = convShape({
      ...{ channels: 1, filters: 1, height: 20, width: 20, kernelHeight: 11, kernelWidth: 11, padding: 5 },
    });
    expect(padsFirst(shape)).toBe(true);
    expect(padsFirst(onPaddedImage(shape))).toBe(false);
  });
});

describe("weights", () => {
  it("of 3x3 stay in registers of AVX-512 and AVX2, of 5x5 in neither of AVX2 and WebAssembly", () => {
    const on = (isa: "wasm" | "avx2" | "avx512", taps: number) => sumsFor({ element: "f32", isa }, taps);
    expect(on("avx512", 9)).toEqual({ outputs: 4, resident: true });
    expect(on("avx2", 9)).toEqual({ outputs: 2, resident: true });
    expect(on("avx2", 25).resident).toBe(false);
    expect(on("wasm", 9).resident).toBe(false);
  });
});

describe("the table's row", () => {
  it("refuses a multiplier, groups of several channels and kernels of many taps", () => {
    const refusal = (given: Partial<ConvShape>) => {
      const shape = {
        channels: 4,
        filters: 4,
        groups: 4,
        height: 40,
        width: 40,
        kernelHeight: 3,
        kernelWidth: 3,
      };
      return depthwise.refuses(
        problemOf({ layout: "nchw", target: "wasm", shape: convShape({ ...shape, ...given }) }),
      )?.found;
    };
    expect(refusal({})).toBeUndefined();
    expect(refusal({ filters: 8 })).toBe("4 groups, 8 filters, 4 channels");
    expect(refusal({ groups: 2 })).toBe("2 groups, 4 filters, 4 channels");
    expect(refusal({ kernelHeight: 20, kernelWidth: 13 })).toBe("260");
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProgramError } from "../codegen/errors.ts";
import { type ConvSpecification, convShape, outputHeight, outputWidth, shapeText } from "./shape.ts";

const valid: ConvSpecification = {
  ...{ channels: 4, height: 9, width: 7, filters: 6, kernelHeight: 3, kernelWidth: 3 },
};

describe("a convolution's shape", () => {
  it("fills in stride, padding, dilation and groups", () => {
    expect(convShape(valid)).toMatchObject({
      stride: { y: 1, x: 1 },
      padding: { top: 0, bottom: 0, left: 0, right: 0 },
      dilation: { y: 1, x: 1 },
      groups: 1,
    });
  });

  const refused: readonly (readonly [string, Partial<ConvSpecification>, RegExp])[] = [
    ["no channels", { channels: 0 }, /channels to be a whole number of at least 1; found 0/],
    ["half a filter", { filters: 1.5 }, /filters to be a whole number.*found 1.5/],
    ["a size that is no number", { height: Number.NaN }, /height to be a whole number.*found NaN/],
    [
      "negative padding",
      { padding: -1 },
      /padding.top to be a whole number of at least 0; found -1.*smaller/,
    ],
    ["stride 0", { stride: { y: 1, x: 0 } }, /stride.x to be a whole number of at least 1; found 0/],
    ["dilation 0", { dilation: 0 }, /dilation.y to be a whole number of at least 1; found 0/],
    ["groups that do not divide the channels", { groups: 3 }, /channels in 3 equal groups; found channels 4/],
    ["groups that do not divide the filters", { groups: 4 }, /filters in 4 equal groups; found filters 6/],
    ["a kernel beyond the image", { kernelHeight: 10 }, /height, padding included.*10; found 9.*Add padding/],
    ["a dilated kernel beyond it", { dilation: 4 }, /width, padding included, to be.*9; found 7/],
    ["more than memory can hold", { channels: 2 ** 20, height: 2 ** 12 }, /at most 1073741824 elements/],
  ];
  it.each(refused)("refuses %s and names what was expected and found", (_, wrong, message) => {
    expect(() => convShape({ ...valid, ...wrong })).toThrow(message);
    expect(() => convShape({ ...valid, ...wrong })).toThrow(ProgramError);
  });

  it("has as many outputs as places at which the whole kernel fits", () => {
    const one = fc.integer({ min: 1, max: 5 });
    fc.assert(
      fc.property(
        one,
        one,
        one,
        fc.nat(4),
        fc.nat(4),
        fc.nat(20),
        (kernel, stride, dilation, top, bottom, more) => {
          const height = (kernel - 1) * dilation + 1 + more;
          const padding = { top, bottom, left: bottom, right: top };
          const shape = convShape({
            ...{ ...valid, height, width: height, kernelHeight: kernel, kernelWidth: kernel },
            ...{ stride, dilation, padding },
          });
          let places = 0;
          for (let y = -top; y + (kernel - 1) * dilation < height + bottom; y += stride) places++;
          expect(outputHeight(shape)).toBe(places);
          expect(outputWidth(shape)).toBe(places);
        },
      ),
    );
  });

  it("reads as the field writes it", () => {
    expect(shapeText(convShape({ ...valid, stride: 2, padding: 1 }))).toBe("4x9x7 -> 6, 3x3 /2 +1");
    const all = { ...valid, stride: { y: 1, x: 2 }, dilation: 2, groups: 2 };
    const padding = { top: 1, bottom: 0, left: 2, right: 3 };
    expect(shapeText(convShape({ ...all, padding }))).toBe("4x9x7 -> 6, 3x3 /1x2 +1,0,2,3 :2 |2");
  });
});

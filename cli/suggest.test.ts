import { expect, it } from "vitest";
import { didYouMean, nearest } from "./suggest.ts";

const topics = ["tiling", "packing", "gemm", "gemv", "fma", "vit-distillation"];

it("finds the word that a slip of the finger was meant to be", () => {
  expect(nearest("tilling", topics)).toEqual(["tiling"]);
  expect(nearest("GEM", topics)).toEqual(["gemm", "gemv"]);
});

it("finds a longer id by a part of it", () => {
  expect(nearest("distillation", topics)).toEqual(["vit-distillation"]);
});

it("suggests nothing where nothing is near", () => {
  expect(didYouMean("convolution", topics)).toBeUndefined();
  expect(didYouMean("", topics)).toBeUndefined();
});

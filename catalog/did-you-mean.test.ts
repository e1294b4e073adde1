import { describe, expect, it } from "vitest";
import { didYouMean, nearestWord } from "./did-you-mean.ts";

describe("didYouMean", () => {
  const topics = ["tiling", "packing", "pruning", "gemm", "gemv", "conv", "inner-product"];

  it("names the nearest first", () => {
    expect(didYouMean("tilling", topics)).toEqual(["tiling"]);
    expect(didYouMean("gemn", topics)).toEqual(["gemm", "gemv"]);
  });

  it("does not mind case and spaces around", () => {
    expect(didYouMean(" GEMM ", topics)[0]).toBe("gemm");
  });

  it("takes a beginning for its whole", () => {
    expect(didYouMean("inner", topics)).toEqual(["inner-product"]);
  });

  it("does not take a word of which nothing was typed for a typing error", () => {
    expect(didYouMean("*", ["块", "核"])).toEqual([]);
    expect(didYouMean("剪技", ["剪枝"])).toEqual(["剪枝"]);
  });

  it("stays silent when nothing is near", () => {
    expect(didYouMean("transformer", topics)).toEqual([]);
    expect(didYouMean("", topics)).toEqual([]);
  });

  it("counts Chinese characters as letters", () => {
    expect(didYouMean("蒸榴", ["蒸馏", "剪枝"])).toEqual(["蒸馏"]);
  });
});

describe("nearestWord", () => {
  it("finds the one word within tolerance", () => {
    expect(nearestWord("distilation", ["distillation", "dilation", "station"])).toBe("distillation");
    expect(nearestWord("zzz", ["distillation"])).toBeUndefined();
  });
});

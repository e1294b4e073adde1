import { describe, expect, it } from "vitest";
import { variantText } from "./listing.ts";
import { listingHead } from "./listing-head.ts";
import { gemmVariants } from "./variants.ts";

const head = (variant: string, target: "js" | "wasm" = "wasm"): string => listingHead({ variant, target });

describe("the head of a listing", () => {
  it("reads like this", () => {
    expect(head("register-4x4", "js")).toMatchInlineSnapshot(`
      "// register-4x4 on js: a tile of C in registers; fast arithmetic, float32
      // what it adds: each load feeds several multiply-adds, and C is touched once in the k loop instead of
      //               every time
      // tile 4 x 4: 16 sums in local variables, 8 loads a step of k
      // programs in the order below; *p is a byte address, everything else a number:
      //   register-4x4-f32(m, n, k, alpha, *a, lda, *b, ldb, *c, ldc)
      //     C += alpha A B, the whole of it or one block"
    `);
  });

  it("counts registers and gives the reason for each block size", () => {
    const text = head("packed-blocked");
    expect(text).toContain("12 sums, 2 of B and 1 of A take 15 of 15 registers;");
    expect(text).toContain("8 loads feed 12 multiply-adds a step of k (0.67 each)");
    for (const name of ["mc 96: ", "nc 1024: ", "kc 512: "]) expect(text).toContain(name);
  });

  it("warns of a tile that does not fit the registers, and tells of strict arithmetic", () => {
    expect(head("micro-4x12")).toContain("take 16 of 15 registers, so that 1 will live in memory");
    expect(head("micro-6x8-strict")).toMatch(/^;; micro-6x8-strict on wasm: .*; strict arithmetic/);
  });

  it("names every program with its parameters and what it is for, in lines that fit a screen", () => {
    for (const { example } of gemmVariants) {
      const lines = head(example).split("\n");
      const listed = lines.slice(lines.findIndex((line) => line.includes("programs in the order below")) + 1);
      expect(listed.length).toBeGreaterThan(0);
      expect(listed.length % 2).toBe(0);
      for (const [i, line] of listed.entries()) {
        if (i % 2 === 0) expect(line).toMatch(/^;; {3}[\w-]+\((?:\*?\w+(?:, )?)+\)$/);
        // A purpose is words, not the plan's own name for the program.
        else expect(line).toMatch(/^;; {5}\S+ .* /);
      }
      for (const line of lines) {
        expect(line.startsWith(";; ")).toBe(true);
        expect(line.length).toBeLessThanOrEqual(130);
      }
    }
  });

  it("stands above the code that it speaks of", async () => {
    expect(await variantText({ variant: "naive-ijk", target: "js" })).toMatch(
      /^\/\/ naive-ijk on js: [\s\S]*\n\nfunction naive_ijk_f32/,
    );
  });
});

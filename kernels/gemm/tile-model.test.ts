import { describe, expect, it } from "vitest";
import { filledShare, predictTile, wasmCore } from "./tile-model.ts";

const predicted = (mr: number, nr: number, linesPerMac = 0) => predictTile({ mr, nr }, wasmCore, linesPerMac);

describe("tiles at the border", () => {
  it.each([
    [12, 16, 1],
    [1, 8, 1 / 6],
    [7, 9, 63 / (12 * 16)],
  ])("of a C of %d x %d are filled as far as C goes", (m, n, share) => {
    expect(filledShare({ m, n }, { mr: 6, nr: 8 })).toBeCloseTo(share, 12);
  });
});

describe("the model of a register tile", () => {
  it("fills the registers with 6x8 and is one short with 4x12", () => {
    expect(predicted(6, 8)).toMatchObject({ registersNeeded: 15, spilled: 0, bound: "multiply-adds" });
    expect(predicted(4, 12)).toMatchObject({ registersNeeded: 16, spilled: 1, bound: "spills" });
  });

  it.each([
    [1, 4, 1 / 8],
    [2, 4, 1 / 4],
    [4, 4, 1 / 2],
    [2, 8, 1 / 2],
    [4, 8, 1],
  ])("bounds %dx%d by its chains: latency times throughput is eight", (mr, nr, share) => {
    expect(predicted(mr, nr).share).toBe(share);
    if (share < 1) expect(predicted(mr, nr).bound).toBe("chains");
  });

  it("bounds a tall narrow tile by its loads", () => {
    // 12 broadcasts and 1 vector of B for 12 multiply-adds: 6.5 cycles of loads against 6.
    expect(predicted(12, 4)).toMatchObject({ bound: "loads", loadsPerMultiplyAdd: 13 / 12, share: 6 / 6.5 });
  });

  it("adds the time of cache lines to whatever else bounds it", () => {
    // One line in 48 multiply-adds is one a step of 6x8: two cycles on top of six.
    expect(predicted(6, 8, 1 / 48).share).toBe(6 / 8);
  });

  it("never promises more than the peak, and more registers never hurt", () => {
    for (let mr = 1; mr <= 12; mr++) {
      for (const nr of [4, 8, 12, 16]) {
        const { share } = predicted(mr, nr, 0.01);
        expect(share).toBeGreaterThan(0);
        expect(share).toBeLessThanOrEqual(1);
        const roomy = predictTile({ mr, nr }, { ...wasmCore, registers: 64 }, 0.01);
        expect(roomy.share).toBeGreaterThanOrEqual(share);
      }
    }
  });
});

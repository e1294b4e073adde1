import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { differenceOf, leastPairs, sameMargin } from "./difference.ts";

const around = (value: number, low: number, high: number) => ({ value, low, high });

describe("differenceOf", () => {
  it.each([
    ["wholly above 1", around(1.5, 1.4, 1.6), { kind: "faster" }],
    ["wholly below 1", around(0.7, 0.6, 0.8), { kind: "slower" }],
    ["above 1 by next to nothing, and known so", around(1.004, 1.002, 1.006), { kind: "same", within: 0.01 }],
    ["around 1, within the margin", around(1.005, 0.99, 1.015), { kind: "same", within: 0.02 }],
    ["just as wide as the margin", around(1, 1 / 1.02, 1.02), { kind: "same", within: 0.02 }],
    ["of no width at 1", around(1, 1, 1), { kind: "same", within: 0.01 }],
  ])("an interval %s", (_, ratio, expected) => {
    expect(differenceOf(ratio, 15)).toEqual(expected);
  });

  it("asks for the rounds that would bring the nearer end to 1", () => {
    // Half the way too wide on a scale of logarithms: four times the rounds, three times as many more.
    const ratio = around(1.1, 1.1 / 1.1 ** 2, 1.1 * 1.1 ** 2);
    expect(differenceOf(ratio, 20)).toEqual({ kind: "unclear", moreRounds: 60 });
  });

  it("asks for the rounds that would fit the margin where the estimate is 1", () => {
    const wide = (1 + sameMargin) ** 3;
    expect(differenceOf(around(1, 1 / wide, wide), 10)).toEqual({ kind: "unclear", moreRounds: 80 });
  });

  it("says nothing of a difference from fewer pairs than hold a median", () => {
    expect(differenceOf(around(3, 2.9, 3.1), leastPairs - 2)).toEqual({ kind: "unclear", moreRounds: 2 });
    expect(differenceOf(around(3, 2.9, 3.1), leastPairs)).toEqual({ kind: "faster" });
  });

  it("turns round with the ratio, asks for at least one round, and for so many that they suffice", () => {
    const width = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.double({ min: -1, max: 1, noNaN: true }), width, width, (log, down, up) => {
        // An end that is 1 up to rounding lies on one side of it or on the other when the ratio is turned round.
        fc.pre(Math.abs(log - down) > 1e-12 && Math.abs(log + up) > 1e-12);
        const ratio = around(Math.exp(log), Math.exp(log - down), Math.exp(log + up));
        const turned = around(Math.exp(-log), Math.exp(-log - up), Math.exp(-log + down));
        const [one, other] = [differenceOf(ratio, 15), differenceOf(turned, 15)];
        const opposite = { faster: "slower", slower: "faster", same: "same", unclear: "unclear" } as const;
        expect(other.kind).toBe(opposite[one.kind]);
        if (one.kind !== "unclear") return;
        expect(one.moreRounds).toBeGreaterThanOrEqual(1);
        const shrink = Math.sqrt(15 / (15 + one.moreRounds + 1));
        const after = around(ratio.value, Math.exp(log - shrink * down), Math.exp(log + shrink * up));
        expect(differenceOf(after, 15 + one.moreRounds + 1).kind).not.toBe("unclear");
      }),
    );
  });

  it("refuses what is no interval of a ratio", () => {
    expect(() => differenceOf(around(1, 0, 2), 15)).toThrow(/positive interval/);
    expect(() => differenceOf(around(1, 1.1, 1.2), 15)).toThrow(/around its estimate/);
    expect(() => differenceOf(around(Number.NaN, 1, 1), 15)).toThrow(RangeError);
  });
});

import { describe, expect, it } from "vitest";
import { randomStream } from "../random.ts";
import { remarksOn } from "./remarks.ts";

const kinds = (seconds: readonly number[]) => remarksOn(seconds).map(({ kind }) => kind);

/** `n` times around one second that vary by a given share. */
function around(n: number, spread: number): number[] {
  const random = randomStream(6);
  return Array.from({ length: n }, () => 1 + spread * (random() - 0.5));
}

describe("remarksOn", () => {
  it("has nothing to say of a quiet series", () => {
    expect(kinds(around(40, 0.02))).toEqual([]);
  });

  it("tells how many samples lie far out, once they are many", () => {
    const quiet = around(40, 0.02);
    expect(kinds(quiet.map((t, i) => (i === 7 ? 9 * t : t)))).toEqual([]);
    const disturbed = quiet.map((t, i) => (i % 8 === 3 ? 9 * t : t));
    expect(remarksOn(disturbed)[0]).toMatchObject({
      kind: "outliers",
      found: "5 of 40 samples",
    });
  });

  it("does not take timer interrupts for a disturbance", () => {
    const ticking = around(40, 0.002).map((t, i) => (i % 6 === 1 ? 1.1 * t : t));
    expect(kinds(ticking)).toEqual([]);
  });

  it("tells a machine that slows down from one that speeds up", () => {
    const slowing = around(40, 0.02).map((t, i) => t * (1 + i / 1000));
    expect(remarksOn(slowing)).toMatchObject([{ kind: "trend", found: "slowed down" }]);
    expect(remarksOn(slowing.toReversed())).toMatchObject([{ kind: "trend", found: "sped up" }]);
  });

  it("says how many rounds a wide interval would need, more than there were", () => {
    const [remark] = remarksOn(around(20, 0.8));
    expect(remark?.kind).toBe("wide");
    expect(Number(/about (\d+) rounds/.exec(remark?.found ?? "")?.[1])).toBeGreaterThan(20);
  });

  it("judges nothing from fewer rounds than an interval needs", () => {
    expect(kinds([1, 2, 90])).toEqual(["few"]);
    expect(kinds([1])).toEqual(["few"]);
  });
});

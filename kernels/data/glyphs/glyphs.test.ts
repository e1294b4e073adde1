import { describe, expect, it } from "vitest";
import { drawPolyline, greyImage } from "../grey-image.ts";
import { distortions } from "./distortion.ts";
import { alphabets, glyphs } from "./glyphs.ts";

const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, at) => sum + (value - (b[at] as number)) ** 2, 0);

/** How many of the first test examples the nearest undistorted glyph names rightly. */
function nearestTemplateHits(difficulty: keyof typeof distortions, count: number): number {
  const plain = glyphs({ alphabet: "both", difficulty: "plain" });
  const templates = alphabets.both.map((_, label) => plain.example("train", label).image ?? []);
  const set = glyphs({ alphabet: "both", difficulty });
  let hits = 0;
  for (let index = 0; index < count; index++) {
    const { image = [], label } = set.example("test", index);
    const distances = templates.map((template) => distance(template, image));
    if (distances.indexOf(Math.min(...distances)) === label?.[0]) hits++;
  }
  return hits;
}

describe("glyphs", () => {
  it("are told apart without an error when nothing distorts them, and less and less the more does", () => {
    const count = 35 * 6;
    expect(nearestTemplateHits("plain", count)).toBe(count);
    const easy = nearestTemplateHits("easy", count);
    const normal = nearestTemplateHits("normal", count);
    const hard = nearestTemplateHits("hard", count);
    expect(easy).toBeLessThan(count);
    expect(normal).toBeLessThan(easy);
    expect(hard).toBeLessThan(normal);
    // A guess would be right once in 35.
    expect(hard).toBeGreaterThan(3 * (count / 35));
  });

  it("keep pairs of different characters far apart in the plain form", () => {
    const plain = glyphs({ alphabet: "both", difficulty: "plain" });
    const templates = alphabets.both.map((_, label) => plain.example("train", label).image ?? []);
    templates.forEach((one, i) => {
      // The closest pair, P and R, differ by the leg of the R.
      for (const other of templates.slice(i + 1)) expect(distance(one, other)).toBeGreaterThan(8);
    });
  });

  it("are balanced in any leading part of a split", () => {
    const set = glyphs({ alphabet: "letters" });
    const counts = new Array<number>(26).fill(0);
    for (let index = 0; index < 200; index++) {
      const label = set.example("validation", index).label?.[0] as number;
      counts[label] = (counts[label] as number) + 1;
    }
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  });

  it("stay within [0, 1] and take any side", () => {
    const image = Array.from(glyphs({ difficulty: "hard", side: 17 }).example("train", 4).image ?? []);
    expect(image.length).toBe(17 * 17);
    expect(Math.min(...image)).toBe(0);
    expect(Math.max(...image)).toBeLessThanOrEqual(1);
  });

  it("draw their random numbers in the same order at every difficulty", () => {
    // With the same ranges but no noise, everything else must stay as it was.
    const noisy = glyphs({ difficulty: { ...distortions.hard, noise: 0.001 } });
    const clean = glyphs({ difficulty: { ...distortions.hard, noise: 0 } });
    const [a, b] = [noisy.example("train", 8).image ?? [], clean.example("train", 8).image ?? []];
    expect(distance(a, b)).toBeLessThan(784 * 1e-5);
    expect(distance(a, b)).toBeGreaterThan(0);
  });
});

describe("drawPolyline", () => {
  it("covers the area of a stroke: its length times its width, and a disc for its two ends", () => {
    const image = greyImage(40, 40);
    drawPolyline(image, [10.3, 12.1, 28.7, 25.4], 2.5);
    const ink = image.pixels.reduce((sum, value) => sum + value, 0);
    const length = Math.hypot(28.7 - 10.3, 25.4 - 12.1);
    expect(Math.abs(ink - (5 * length + Math.PI * 2.5 ** 2))).toBeLessThan(1.5);
  });

  it("cuts off what lies outside", () => {
    const image = greyImage(8, 8);
    drawPolyline(image, [-100, 4, 100, 4], 1);
    drawPolyline(image, [-50, -50, -20, -30], 3);
    expect([...image.pixels.subarray(3 * 8, 4 * 8)]).toEqual(new Array(8).fill(1));
    expect([...image.pixels.subarray(0, 8)]).toEqual(new Array(8).fill(0));
  });
});

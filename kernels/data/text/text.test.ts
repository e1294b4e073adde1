import { describe, expect, it } from "vitest";
import { entropyRate, expectedOf, Reading, vocabulary } from "./grammar.ts";
import { matchingVocabulary, textMatching } from "./matching.ts";
import { sentences } from "./sentences.ts";

const tokensOf = (values: ArrayLike<number> | undefined): number[] => Array.from(values ?? []);

describe("the grammar", () => {
  it("has the entropy rate that its formula says, measured over long texts", () => {
    const set = sentences({ length: 2000 });
    const surprises = Array.from({ length: 40 }, (_, index) =>
      tokensOf(set.example("test", index).surprise),
    ).flat();
    const mean = surprises.reduce((sum, value) => sum + value, 0) / surprises.length;
    // The standard error over 80,000 words is about 0.004 nats; they are not independent, so ten times that.
    expect(Math.abs(mean - entropyRate())).toBeLessThan(0.02);
    expect(entropyRate()).toBeLessThan(Math.log(vocabulary.length) / 2);
  });

  it("has sentences of the expected length", () => {
    const stop = vocabulary.indexOf(".");
    const set = sentences({ length: 2000 });
    const all = Array.from({ length: 40 }, (_, index) => tokensOf(set.example("train", index).tokens)).flat();
    const length = all.length / all.filter((token) => token === stop).length;
    expect(Math.abs(length / expectedOf().words - 1)).toBeLessThan(0.04);
  });

  it("gives distributions that sum to 1 and agree with the surprise of what came", () => {
    const { tokens = [], next, surprise } = sentences({ length: 300 }).example("train", 3);
    const reading = new Reading();
    expect(reading.accept(tokens[0] as number)).toBe(true);
    tokensOf(next).forEach((token, at) => {
      const distribution = reading.next();
      expect(distribution.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12);
      expect(-Math.log(distribution[token] as number)).toBeCloseTo(surprise?.[at] as number, 12);
      expect(reading.accept(token)).toBe(true);
    });
  });

  it("makes verbs agree across a relative clause and refuses those that do not", () => {
    const spoken = (text: string): boolean => {
      const reading = new Reading();
      return text.split(" ").every((word) => reading.accept(vocabulary.indexOf(word)));
    };
    expect(spoken("the dog that sees the birds sleeps . the cats run .")).toBe(true);
    expect(spoken("the dogs that see a bird sleeps")).toBe(false);
    expect(spoken("the dog that sees the birds sleep")).toBe(false);
    expect(spoken("the old dogs that that sing sleep run .")).toBe(true);
  });

  it("shifts targets by one word", () => {
    const { tokens, next } = sentences({ length: 20 }).example("validation", 1);
    expect(tokensOf(next).slice(0, -1)).toEqual(tokensOf(tokens).slice(1));
  });
});

/** What a sentence means, read back from its words: an independent reading of the generator's ways to say it. */
function meaningOf(tokens: readonly number[]): string {
  const synonyms: Record<string, string> = {
    physician: "doctor",
    robber: "thief",
    spots: "sees",
    aids: "helps",
    trails: "follows",
    phones: "calls",
    seen: "sees",
    spotted: "sees",
    helped: "helps",
    aided: "helps",
    followed: "follows",
    trailed: "follows",
    called: "calls",
    phoned: "calls",
    aged: "old",
    fast: "quick",
    glad: "happy",
    large: "big",
    road: "street",
    store: "shop",
  };
  const text = tokens.map((token) => matchingVocabulary[token] ?? "?").filter((word) => word !== "-");
  const words = text.map((word) => synonyms[word] ?? word);
  const where = words.indexOf("at");
  const [place = ""] = words.splice(where, 3).slice(2);
  const passive = words.indexOf("is");
  const [, a = "", b = "", c = "", , d = "", e = "", f = ""] = words;
  // Active: the M A V the P. Passive: the P is V by the M A.
  const [manner, agent, action, patient] = passive < 0 ? [a, b, c, d] : [e, f, c, a];
  return passive < 0
    ? [manner, agent, action, patient, place].join(" ")
    : [words[6], words[7], words[3], words[1], place].join(" ");
}

describe("text-matching", () => {
  const set = textMatching();

  it("calls two sentences the same exactly when they mean the same", () => {
    const said = new Set<string>();
    for (let index = 0; index < 400; index++) {
      const { first, second, label } = set.example("train", index);
      const [one, other] = [meaningOf(tokensOf(first)), meaningOf(tokensOf(second))];
      expect(one.split(" ").every((word) => word.length > 0 && word !== "undefined")).toBe(true);
      expect(label?.[0] === 1).toBe(one === other);
      said.add(one);
    }
    expect(said.size).toBeGreaterThan(200);
  });

  it("has as many pairs that match as not, and half of the others are near misses", () => {
    const rows = Array.from({ length: 400 }, (_, index) => set.example("test", index));
    expect(rows.filter(({ label }) => label?.[0] === 1).length).toBe(200);
    const differences = rows
      .filter(({ label }) => label?.[0] === 0)
      .map((row) => row.differences?.[0] as number);
    expect(Math.min(...differences)).toBe(1);
    expect(differences.filter((count) => count <= 2).length).toBeGreaterThanOrEqual(100);
    expect(Math.max(...differences)).toBe(5);
  });
});

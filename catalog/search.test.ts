import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Connection } from "./database/open.ts";
import { openCatalog } from "./open-catalog.ts";
import { search } from "./search.ts";

let folder: string;
let db: Connection;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kdaccel-search-"));
  db = await openCatalog({ path: join(folder, "kdaccel.db") });
});
afterAll(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

const numbers = (query: string) => search(db, query, { limit: 100 }).articles.map((hit) => hit.number);
const matchedTexts = (text: string, ranges: readonly (readonly [number, number])[]) =>
  ranges.map(([start, end]) => text.slice(start, end));

describe("Chinese", () => {
  it.each(["蒸馏", "剪枝", "核", "量化", "知识蒸馏"])("finds every article whose title has %s", (word) => {
    const inTitle = db
      .prepare<[string], number>("SELECT number FROM article WHERE instr(title_zh, ?) > 0 ORDER BY number")
      .pluck()
      .all(word);
    expect(inTitle.length).toBeGreaterThan(0);
    expect([...numbers(word)].sort((a, b) => a - b)).toEqual(expect.arrayContaining(inTitle));
  });

  it("takes characters that do not stand together for another word", () => {
    expect(numbers("馏蒸")).toEqual([]);
  });

  it("finds traditional and full-width spellings", () => {
    expect(numbers("蒸餾")).toEqual(numbers("蒸馏"));
    expect(numbers("ＧＥＭＭ")).toEqual(numbers("gemm"));
  });

  it("separates Chinese from Latin without a space", () => {
    expect(numbers("GEMM优化")).toEqual(numbers("优化 gemm"));
    expect(numbers("GEMM优化")).toContain(54);
  });
});

describe("Latin", () => {
  it("finds words by their beginnings, whatever the case", () => {
    expect(numbers("distil")).toEqual(expect.arrayContaining(numbers("Distillation")));
    expect(numbers("distil").length).toBeGreaterThan(40);
  });

  it("finds the exact phrase between quotes, and not its beginnings", () => {
    expect(numbers('"deep mutual learning"')).toContain(15);
    expect(numbers('"deep mutual learn"')).toEqual([]);
  });

  it("asks for all words, in any order", () => {
    expect(numbers("softmax gpu")).toEqual(numbers("gpu softmax"));
    expect(numbers("softmax gpu")[0]).toBe(58);
  });

  it("does not join the end of one text with the beginning of the next", () => {
    // The Chinese title of article 1 ends where its English title begins: "简述(一)" + "A Brief Account".
    expect(numbers('"一 a brief"')).toEqual([]);
  });
});

describe("ranking", () => {
  it("puts articles with every word in the title before the rest", () => {
    for (const query of ["蒸馏", "gemm", "softmax", "tiling"]) {
      const hits = search(db, query, { limit: 100 }).articles;
      const titled = hits.map((hit) => hit.matched.length === 0);
      expect(titled.indexOf(false) === -1 || !titled.slice(titled.indexOf(false)).includes(true), query).toBe(
        true,
      );
    }
  });

  it("says why an article without the word in its title was found", () => {
    const hit = search(db, "halide").articles.find((each) => each.number === 65);
    const [field] = hit?.matched ?? [];
    expect(field?.field).toBe("paper");
    expect(matchedTexts(field?.text ?? "", field?.ranges ?? [])).toEqual(["Halide"]);
  });

  it("keeps within its limit and counts what it left out", () => {
    const result = search(db, "蒸馏", { limit: 5 });
    expect(result.articles).toHaveLength(5);
    expect(result.articleCount).toBe(numbers("蒸馏").length);
  });
});

describe("highlighting", () => {
  it("marks every occurrence in the text as it is shown", () => {
    const hit = search(db, "蒸馏 task").articles.find((each) => each.number === 6);
    expect(matchedTexts(hit?.titleZh.text ?? "", hit?.titleZh.ranges ?? [])).toEqual(Array(4).fill("蒸馏"));
    expect(matchedTexts(hit?.titleEn.text ?? "", hit?.titleEn.ranges ?? [])).toEqual(["Task"]);
  });
});

describe("identifiers", () => {
  it.each(["12", "#12", "＃１２", "012"])("%s is article 12", (query) => {
    expect(numbers(query)[0]).toBe(12);
  });

  it("takes # for a number alone", () => {
    expect(numbers("#12")).toEqual([12]);
    expect(search(db, "#9999").articles).toEqual([]);
  });

  it.each(["1503.02531", "arXiv:1503.02531v1", "https://arxiv.org/pdf/1503.02531v1.pdf"])(
    "%s finds every article on that paper",
    (query) => {
      const expected = db
        .prepare<[], number>("SELECT DISTINCT article FROM paper WHERE arxiv = '1503.02531' ORDER BY article")
        .pluck()
        .all();
      expect(numbers(query)).toEqual(expected);
      expect(search(db, query).articles[0]?.matched).toEqual([
        { field: "arxiv", text: "1503.02531", ranges: [[0, 10]] },
      ]);
    },
  );

  it("counts all articles on a paper, however few are shown", () => {
    const all = numbers("1503.02531").length;
    expect(search(db, "1503.02531", { limit: 2 })).toMatchObject({ articleCount: all });
    expect(search(db, "1503.02531", { limit: 2 }).articles).toHaveLength(2);
  });

  it("a link finds its article in any spelling", () => {
    expect(numbers("http://zhuanlan.zhihu.com/p/81467832/?utm_source=wechat#top")).toEqual([1]);
  });
});

describe("topics, claims and terms", () => {
  it("are found beside the articles", () => {
    const { others } = search(db, "tiling", { limit: 100 });
    expect(others).toContainEqual(expect.objectContaining({ kind: "topic", id: "tiling" }));
    expect(others).toContainEqual(expect.objectContaining({ kind: "claim", id: "tiling-has-a-best-size" }));
    expect(others).toContainEqual(expect.objectContaining({ kind: "term", id: "tiling" }));
    expect(others[0]?.id).toBe("tiling");
  });
});

describe("a query that finds nothing", () => {
  it.each([
    ["tilling", "tiling"],
    ["distilation", "distillation"],
    ["matrix multiplicaton", "matrix multiplication"],
    ["软目榜", "软目标"],
  ])("%s gets the suggestion %s, which finds something", (typed, meant) => {
    const result = search(db, typed);
    expect(result.articles).toEqual([]);
    expect(result.suggestion).toBe(meant);
    expect(search(db, meant).articles.length).toBeGreaterThan(0);
  });

  it.each(["https://example.com/none", "0503.99999", "9999", "#9999"])(
    "%s gets none: what has a similar address or number is something else",
    (typed) => {
      expect(search(db, typed)).toMatchObject({ articles: [], others: [], suggestion: undefined });
    },
  );

  it("gets none where nothing is near", () => {
    expect(search(db, "*").suggestion).toBeUndefined();
    expect(search(db, "qqqqqqqqqq").suggestion).toBeUndefined();
    expect(search(db, "  ")).toMatchObject({ articles: [], others: [], suggestion: undefined });
  });
});

describe("any query", () => {
  const operators = [
    "AND",
    "OR",
    "NOT",
    "NEAR(",
    ")",
    '"',
    "*",
    "^",
    "{title}",
    ":",
    "-",
    "+",
    "'",
    ";",
    "--",
    "\u0000",
  ];
  const anything = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc
      .array(fc.constantFrom(...operators, "蒸馏", "gemm", "#12", "1503.02531"), { maxLength: 8 })
      .map((all) => all.join(" ")),
    fc.array(fc.constantFrom(...operators, "蒸", "g"), { maxLength: 12 }).map((all) => all.join("")),
  );

  it("never throws, and marks only what is inside the text", () => {
    fc.assert(
      fc.property(anything, (query) => {
        for (const { titleZh, titleEn, matched } of search(db, query, { limit: 3 }).articles) {
          for (const { text, ranges } of [titleZh, titleEn, ...matched]) {
            for (const [start, end] of ranges) {
              expect(start).toBeLessThan(end);
              expect(end).toBeLessThanOrEqual(text.length);
            }
          }
        }
      }),
    );
  });

  it("may be very long", () => {
    expect(() => search(db, "知".repeat(20_000))).not.toThrow();
    expect(() => search(db, "a b ".repeat(5000))).not.toThrow();
    expect(() => search(db, "x".repeat(100_000))).not.toThrow();
  });
});

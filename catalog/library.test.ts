import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { shippedFiles } from "./articles/shipped.ts";
import { validateReadingList } from "./articles/validate.ts";
import type { Connection } from "./database/open.ts";
import {
  articleDetail,
  articles,
  claimById,
  claims,
  sourceLink,
  terms,
  topicById,
  topicPath,
  topicTree,
} from "./library.ts";
import { openCatalog } from "./open-catalog.ts";

const list = validateReadingList(shippedFiles);
let folder: string;
let db: Connection;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kdaccel-library-"));
  db = await openCatalog({ path: join(folder, "kdaccel.db") });
});
afterAll(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A topic and everything below it, computed from the data files without SQL. */
function below(id: string): Set<string> {
  const found = new Set([id]);
  for (const topic of [...list.topics, ...list.topics])
    if (topic.parent && found.has(topic.parent)) found.add(topic.id);
  return found;
}

describe("the tree of topics", () => {
  it("has every topic once, each after its parent and one step deeper", () => {
    const tree = topicTree(db);
    expect(tree.map((node) => node.id).sort()).toEqual(list.topics.map((topic) => topic.id).sort());
    const depths = new Map(tree.map((node) => [node.id, node.depth]));
    tree.forEach((node, at) => {
      expect(node.depth).toBe(node.parent === null ? 0 : (depths.get(node.parent) ?? Number.NaN) + 1);
      if (node.parent !== null) expect(tree.findIndex((each) => each.id === node.parent)).toBeLessThan(at);
    });
  });

  it("counts what hangs on a topic or below it once", () => {
    for (const node of topicTree(db)) {
      const ids = below(node.id);
      const counted = list.articles.filter((article) => article.topics.some((id) => ids.has(id)));
      const prose = list.claims.filter((claim) => claim.topics.some((id) => ids.has(id)));
      const theirs = counted.flatMap((article) => article.claims);
      expect([node.id, node.articles, node.claims]).toEqual([
        node.id,
        counted.length,
        theirs.length + prose.length,
      ]);
    }
  });

  it("leads from a root to a topic", () => {
    expect(topicPath(db, "packing").map((topic) => topic.id)).toEqual(["acceleration", "gemm", "packing"]);
    expect(topicPath(db, "nowhere")).toEqual([]);
    expect(topicById(db, "tiling")).toMatchObject({ titleZh: "分块", parent: "gemm" });
  });
});

describe("articles", () => {
  it("are those of a topic and below it", () => {
    for (const topic of ["gemm", "distillation", "tiling"]) {
      const ids = below(topic);
      const expected = list.articles.filter((article) => article.topics.some((id) => ids.has(id)));
      expect(articles(db, { topic }).map((row) => row.number)).toEqual(
        expected.map((article) => article.number),
      );
    }
  });

  it("are those of a kind", () => {
    expect(articles(db, { kind: "question" }).map((row) => row.number)).toEqual([49, 61]);
    expect(articles(db, { kind: "question", topic: "conv" }).map((row) => row.number)).toEqual([49]);
    expect(articles(db, { kind: "nothing" })).toEqual([]);
  });

  it("keep the order of their topics and claims", () => {
    for (const row of articles(db)) {
      const article = list.articles[row.number - 1];
      expect(row.topics).toEqual(article?.topics);
      expect(row.claims).toEqual(article?.claims.map((claim) => claim.id));
    }
  });
});

describe("an article", () => {
  it("comes with its papers and where to read them", () => {
    expect(articleDetail(db, 6)?.papers).toMatchObject([
      { position: 1, arxiv: "1503.02531", link: "https://arxiv.org/abs/1503.02531" },
      { position: 2, arxiv: "1712.04440", link: "https://arxiv.org/abs/1712.04440" },
    ]);
    expect(articleDetail(db, 54)?.papers[0]?.link).toBe("https://doi.org/10.1145/1356052.1356053");
  });

  it("comes with its claims in both languages", () => {
    const [claim] = articleDetail(db, 57)?.statements ?? [];
    expect(claim).toMatchObject({ id: "packing-is-the-big-step", article: 57, topics: ["gemm", "packing"] });
    expect(claim?.statementZh).toContain("打包");
  });

  it("has neighbours that share its topics, those of rarer topics first", () => {
    const detail = articleDetail(db, 57);
    expect(detail?.neighbours[0]).toMatchObject({
      number: 55,
      shared: expect.arrayContaining(["packing", "gemm"]),
    });
    for (const { number, shared } of detail?.neighbours ?? []) {
      expect(number).not.toBe(57);
      for (const topic of shared) expect(detail?.topics).toContain(topic);
    }
  });

  it("is undefined where there is none", () => {
    expect(articleDetail(db, 999)).toBeUndefined();
  });
});

describe("claims", () => {
  it("of a topic include those of the list's own prose", () => {
    const ids = claims(db, { topic: "tiling" }).map((claim) => claim.id);
    expect(ids).toEqual(expect.arrayContaining(["blocking-pays-beyond-cache", "tiling-has-a-best-size"]));
    expect(claims(db)).toHaveLength(115);
  });

  it("of the prose quote the list", () => {
    expect(claimById(db, "three-loops-are-cache-unfriendly")).toMatchObject({
      article: null,
      source: "list",
      quoteZh: expect.stringContaining("缓存是不友好的"),
    });
    expect(claimById(db, "nothing")).toBeUndefined();
  });

  it("link to their source where it is on arXiv", () => {
    expect(sourceLink({ source: "1503.02531" })).toBe("https://arxiv.org/abs/1503.02531");
    expect(sourceLink({ source: "list" })).toBeNull();
  });
});

describe("the glossary", () => {
  it.each(["gemm", "通用矩阵乘", "General Matrix Matrix multiplication"])("finds %s", (term) => {
    expect(terms(db, { term }).map((each) => each.term)).toEqual(["GEMM"]);
  });

  it("has every term, and those of a topic", () => {
    expect(terms(db)).toHaveLength(107);
    const ids = below("gemm");
    expect(terms(db, { topic: "gemm" }).every((each) => ids.has(each.topic))).toBe(true);
    expect(terms(db, { topic: "gemm" }).length).toBeGreaterThan(3);
  });
});

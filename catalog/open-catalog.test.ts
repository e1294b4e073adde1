import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ReadingList } from "./articles/schema.ts";
import { shippedFiles } from "./articles/shipped.ts";
import { storeReadingList } from "./articles/store.ts";
import { validateReadingList } from "./articles/validate.ts";
import { type Connection, openDatabase } from "./database/open.ts";
import { currentLoad, ensureReadingList, openCatalog, withCatalog } from "./open-catalog.ts";
import { search } from "./search.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kdaccel-catalog-"));
  path = join(folder, "kdaccel.db");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const shipped = validateReadingList(shippedFiles);

/** Every row of the catalog's own tables, to compare two states. */
function dump(db: Connection): Record<string, unknown[]> {
  const tables = [
    "topic",
    "article",
    "article_topic",
    "paper",
    "claim",
    "claim_topic",
    "term",
    "reading_state",
    "note",
  ];
  return Object.fromEntries(tables.map((table) => [table, db.prepare(`SELECT * FROM ${table}`).all()]));
}

function addOwnRows(db: Connection): void {
  db.exec(`
    INSERT INTO article VALUES
      (10001, 'user', 0, 'article', '', '', 'My own', '我自己的', 'https://example.org/1', 'example.org/1');
    INSERT INTO article_topic VALUES (10001, 'tiling', 0);
    INSERT INTO reading_state VALUES (52, 'read', '2026-11-24T00:00:00Z'), (10001, 'reading', '2026-11-24T00:00:00Z');
    INSERT INTO note VALUES (1, 54, 'see §3', '2026-11-24T00:00:00Z', '2026-11-24T00:00:00Z');
  `);
}

const without = (list: ReadingList, ...numbers: number[]): ReadingList => ({
  ...list,
  articles: list.articles.filter((article) => !numbers.includes(article.number)),
});

describe("opening the catalog", () => {
  it("loads the shipped list once and leaves it alone afterwards", async () => {
    const db = await openCatalog({ path });
    expect(db.prepare("SELECT count(*) FROM article").pluck().get()).toBe(68);
    expect(db.prepare("SELECT count(*) FROM claim").pluck().get()).toBe(115);
    expect(db.prepare("SELECT digest FROM catalog_load").pluck().get()).toBe(currentLoad);
    expect(await ensureReadingList(db)).toBe(false);
    db.close();
  });

  it("loads again when the database holds another list", async () => {
    await withCatalog(
      (db) => db.exec("UPDATE catalog_load SET digest = 'old'; UPDATE article SET title_zh = '旧'"),
      { path },
    );
    await withCatalog(
      (db) => {
        expect(db.prepare("SELECT count(*) FROM article WHERE title_zh = '旧'").pluck().get()).toBe(0);
      },
      { path },
    );
  });
});

describe("storing a list", () => {
  let db: Connection;
  beforeEach(() => {
    db = openDatabase({ path });
    storeReadingList(db, shipped, "1");
  });
  afterEach(() => db.close());

  it("twice changes nothing", () => {
    const once = dump(db);
    storeReadingList(db, shipped, "2");
    expect(dump(db)).toEqual(once);
  });

  it("never touches the reader's own rows", () => {
    addOwnRows(db);
    const before = dump(db);
    storeReadingList(db, shipped, "2");
    expect(dump(db)).toEqual(before);
    expect(search(db, "我自己的").articles.map((hit) => hit.number)).toEqual([10_001]);
    expect(search(db, "see §3").articles.map((hit) => hit.number)).toContain(54);
  });

  it("takes out an article that left the list, with its papers and claims", () => {
    storeReadingList(db, without(shipped, 52), "2");
    expect(db.prepare("SELECT 1 FROM article WHERE number = 52").get()).toBeUndefined();
    expect(db.prepare("SELECT 1 FROM paper WHERE article = 52").get()).toBeUndefined();
    expect(db.prepare("SELECT 1 FROM claim WHERE article = 52").get()).toBeUndefined();
    expect(search(db, "#52").articles).toEqual([]);
  });

  it("keeps an article that left the list if the reader marked it or wrote about it", () => {
    addOwnRows(db);
    storeReadingList(db, without(shipped, 52, 54), "2");
    const kept = db.prepare("SELECT number, retired FROM article WHERE number IN (52, 54)").all();
    expect(kept).toEqual([
      { number: 52, retired: 1 },
      { number: 54, retired: 1 },
    ]);
    expect(db.prepare("SELECT count(*) FROM claim WHERE article = 54").pluck().get()).toBe(2);
    storeReadingList(db, shipped, "3");
    expect(db.prepare("SELECT sum(retired) FROM article").pluck().get()).toBe(0);
  });

  it("follows two articles that exchanged their links", () => {
    const [a, b] = shipped.articles;
    if (!a || !b) throw new Error("the list is empty");
    const articles = [{ ...a, url: b.url }, { ...b, url: a.url }, ...shipped.articles.slice(2)];
    storeReadingList(db, { ...shipped, articles }, "2");
    expect(db.prepare("SELECT url FROM article WHERE number <= 2").pluck().all()).toEqual([b.url, a.url]);
  });

  it("takes a link that the reader has as an own article without touching that one", () => {
    storeReadingList(db, without(shipped, 52), "2");
    const url = shipped.articles[51]?.url ?? "";
    db.prepare("INSERT INTO article VALUES (10001, 'user', 0, 'article', '', '', 'Own', '自', ?, ?)").run(
      url,
      url.replace("https://", ""),
    );
    storeReadingList(db, shipped, "3");
    expect(db.prepare("SELECT number FROM article WHERE url = ? ORDER BY 1").pluck().all(url)).toEqual([
      52, 10_001,
    ]);
  });

  it("drops topics that nobody uses any more, and keeps those of the reader's articles", () => {
    addOwnRows(db);
    const gone = new Set(["tiling", "packing", "born-again"]);
    const topicless: ReadingList = {
      ...shipped,
      topics: shipped.topics.filter((topic) => !gone.has(topic.id)),
      articles: shipped.articles.map((article) => ({
        ...article,
        topics: article.topics.filter((id) => !gone.has(id)),
      })),
      claims: shipped.claims.map((claim) => ({
        ...claim,
        topics: claim.topics.filter((id) => !gone.has(id)),
      })),
      terms: shipped.terms.filter((term) => !gone.has(term.topic)),
    };
    storeReadingList(db, topicless, "2");
    const left = db
      .prepare("SELECT id FROM topic WHERE id IN ('tiling', 'packing', 'born-again')")
      .pluck()
      .all();
    expect(left).toEqual(["tiling"]);
  });

  it("leaves everything as it was when it fails halfway", () => {
    const before = dump(db);
    const broken = { ...shipped, terms: [...shipped.terms, ...shipped.terms.slice(0, 1)] };
    expect(() => storeReadingList(db, without(broken, 3), "2")).toThrow(/UNIQUE/);
    expect(dump(db)).toEqual(before);
    expect(search(db, "#3").articles).toHaveLength(1);
  });
});

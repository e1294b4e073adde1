/**
 * Puts a checked reading list into the database: an upsert in one transaction, so that a killed load leaves what was
 * there. The reader's own rows (states, notes, articles of origin `user`) are never changed.
 */
import type { Connection } from "../database/open.ts";
import { canonicalUrl } from "../identifiers.ts";
import { rebuildSearchIndex } from "../search/index-rows.ts";
import type { Article, Claim, ReadingList } from "./schema.ts";

/** Replaces the shipped part of the catalog by this list and remembers its digest. */
export function storeReadingList(db: Connection, list: ReadingList, digest: string): void {
  db.transaction(() => {
    storeTopics(db, list);
    storeArticles(db, list);
    storeClaims(db, list);
    storeTerms(db, list);
    dropUnusedTopics(db, list);
    rebuildSearchIndex(db);
    db.prepare(
      "INSERT INTO catalog_load (id, digest) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET digest = excluded.digest",
    ).run(digest);
  }).immediate();
}

function storeTopics(db: Connection, { topics }: ReadingList): void {
  const upsert = db.prepare(
    `INSERT INTO topic (id, parent, position, title_en, title_zh, description)
     VALUES (@id, @parent, @position, @title_en, @title_zh, @description)
     ON CONFLICT (id) DO UPDATE SET parent = excluded.parent, position = excluded.position,
       title_en = excluded.title_en, title_zh = excluded.title_zh, description = excluded.description`,
  );
  topics.forEach((topic, position) => {
    upsert.run({ ...topic, position });
  });
}

/** Topics that left the list, from the leaves up, as long as no article of the reader has them. */
function dropUnusedTopics(db: Connection, { topics }: ReadingList): void {
  const drop = db.prepare(
    `DELETE FROM topic WHERE id NOT IN (SELECT value FROM json_each(?))
       AND id NOT IN (SELECT topic FROM article_topic)
       AND id NOT IN (SELECT parent FROM topic WHERE parent IS NOT NULL)`,
  );
  const shipped = JSON.stringify(topics.map((topic) => topic.id));
  while (drop.run(shipped).changes > 0);
}

function storeArticles(db: Connection, list: ReadingList): void {
  const sections = new Map(list.sections.map((section) => [section.id, section]));
  retireMissing(db, list.articles);
  const upsert = db.prepare(
    `INSERT INTO article
       (number, origin, retired, kind, section_en, section_zh, title_en, title_zh, url, canonical_url)
     VALUES (@number, 'list', 0, @kind, @section_en, @section_zh, @title_en, @title_zh, @url, @canonical_url)
     ON CONFLICT (number) DO UPDATE SET retired = 0, kind = excluded.kind,
       section_en = excluded.section_en, section_zh = excluded.section_zh, title_en = excluded.title_en,
       title_zh = excluded.title_zh, url = excluded.url, canonical_url = excluded.canonical_url`,
  );
  for (const { number, kind, url, title_en, title_zh, section } of list.articles) {
    const { title_en: section_en, title_zh: section_zh } = sections.get(section) ?? {
      title_en: "",
      title_zh: "",
    };
    const canonical_url = canonicalUrl(url) ?? url;
    upsert.run({ number, kind, url, title_en, title_zh, section_en, section_zh, canonical_url });
  }
  storeArticleParts(db, list.articles);
}

/**
 * Takes out what the list no longer has. An article that the reader marked or wrote about stays, as retired. The links
 * of the others are set aside for the moment, because two articles may have exchanged theirs.
 */
function retireMissing(db: Connection, articles: readonly Article[]): void {
  const shipped = JSON.stringify(articles.map((article) => article.number));
  const missing = "origin = 'list' AND number NOT IN (SELECT value FROM json_each(?))";
  const kept = "number IN (SELECT article FROM reading_state UNION SELECT article FROM note)";
  db.prepare(`DELETE FROM article WHERE ${missing} AND NOT ${kept}`).run(shipped);
  db.prepare(`UPDATE article SET retired = 1 WHERE ${missing}`).run(shipped);
  db.prepare(
    "UPDATE article SET canonical_url = 'list:' || number WHERE origin = 'list' AND retired = 0",
  ).run();
}

function storeArticleParts(db: Connection, articles: readonly Article[]): void {
  const shipped = JSON.stringify(articles.map((article) => article.number));
  for (const table of ["article_topic", "paper"]) {
    db.prepare(`DELETE FROM ${table} WHERE article IN (SELECT value FROM json_each(?))`).run(shipped);
  }
  const topic = db.prepare("INSERT INTO article_topic (article, topic, position) VALUES (?, ?, ?)");
  const paper = db.prepare(
    `INSERT INTO paper (article, position, title, authors, year, venue, arxiv, doi, url, confidence)
     VALUES (@article, @position, @title, @authors, @year, @venue, @arxiv, @doi, @url, @confidence)`,
  );
  for (const article of articles) {
    article.topics.forEach((id, position) => {
      topic.run(article.number, id, position);
    });
    article.papers.forEach((each, at) => {
      const absent = { arxiv: null, doi: null, url: null };
      paper.run({ ...absent, ...each, article: article.number, position: at + 1 });
    });
  }
}

interface PlacedClaim {
  readonly claim: Claim;
  readonly article: number | null;
  readonly section: string;
  readonly topics: readonly string[];
  readonly quote: string | null;
}

function storeClaims(db: Connection, list: ReadingList): void {
  const sections = new Map(list.sections.map((section) => [section.id, section]));
  const placed: PlacedClaim[] = [
    ...list.articles.flatMap(({ number, section, topics, claims }) =>
      claims.map((claim) => ({ claim, article: number, section, topics, quote: null })),
    ),
    ...list.claims.map((claim) => ({
      claim,
      article: null,
      section: claim.section,
      topics: claim.topics,
      quote: claim.quote_zh,
    })),
  ];
  db.prepare(
    `DELETE FROM claim WHERE id NOT IN (SELECT value FROM json_each(?))
       AND (article IS NULL OR article IN (SELECT number FROM article WHERE origin = 'list' AND retired = 0))`,
  ).run(JSON.stringify(placed.map(({ claim }) => claim.id)));
  const upsert = db.prepare(
    `INSERT INTO claim (id, article, position, section_en, section_zh, statement_en, statement_zh,
                        source, paper_figure, test, quote_zh)
     VALUES (@id, @article, @position, @section_en, @section_zh, @statement_en, @statement_zh,
             @source, @paper_figure, @test, @quote_zh)
     ON CONFLICT (id) DO UPDATE SET article = excluded.article, position = excluded.position,
       section_en = excluded.section_en, section_zh = excluded.section_zh, statement_en = excluded.statement_en,
       statement_zh = excluded.statement_zh, source = excluded.source, paper_figure = excluded.paper_figure,
       test = excluded.test, quote_zh = excluded.quote_zh`,
  );
  const forget = db.prepare("DELETE FROM claim_topic WHERE claim = ?");
  const topic = db.prepare("INSERT INTO claim_topic (claim, topic, position) VALUES (?, ?, ?)");
  placed.forEach(({ claim, article, section, topics, quote }, position) => {
    const { title_en: section_en, title_zh: section_zh } = sections.get(section) ?? {
      title_en: "",
      title_zh: "",
    };
    const { id, statement_en, statement_zh, source, paper_figure = null, test } = claim;
    const text = { id, statement_en, statement_zh, source, paper_figure, test };
    upsert.run({ ...text, article, position, section_en, section_zh, quote_zh: quote });
    forget.run(id);
    topics.forEach((each, at) => {
      topic.run(id, each, at);
    });
  });
}

function storeTerms(db: Connection, { terms }: ReadingList): void {
  db.prepare("DELETE FROM term").run();
  const insert = db.prepare(
    `INSERT INTO term (term, position, expansion, zh, definition, topic)
     VALUES (@term, @position, @expansion, @zh, @definition, @topic)`,
  );
  terms.forEach((term, position) => {
    insert.run({ ...term, position });
  });
}

/**
 * The reading list as everything above reads it: topics with counts, articles, claims, terms, each by plain queries.
 * Experiments live on another floor and verdicts in the ledger; callers join them by the ids that stand here.
 */
import type { Connection } from "./database/open.ts";
import { paperLink } from "./identifiers.ts";
import { topicSubtree } from "./matching.ts";

export interface Topic {
  readonly id: string;
  readonly parent: string | null;
  readonly titleEn: string;
  readonly titleZh: string;
  readonly description: string;
}

/** A topic in its tree. Counts include everything below it, each article and claim once. */
export interface TopicNode extends Topic {
  /** 0 for a root. */
  readonly depth: number;
  readonly articles: number;
  readonly claims: number;
}

export type ArticleKind = "article" | "question" | "repo" | "tool";

/** One row of a list of articles. */
export interface ArticleRow {
  readonly number: number;
  readonly origin: "list" | "user";
  /** Whether the list dropped it and it stays for the reader's own notes. */
  readonly retired: boolean;
  readonly kind: string;
  readonly sectionEn: string;
  readonly sectionZh: string;
  readonly titleEn: string;
  readonly titleZh: string;
  readonly url: string;
  /** Ids in the list's order. */
  readonly topics: readonly string[];
  readonly claims: readonly string[];
}

export interface Paper {
  /** From 1; what `open --paper N` counts. */
  readonly position: number;
  readonly title: string;
  readonly authors: string;
  readonly year: number;
  readonly venue: string;
  readonly arxiv: string | null;
  readonly doi: string | null;
  /** Where it can be read. */
  readonly link: string | null;
  /** How sure it is that the article is about this paper. */
  readonly confidence: "certain" | "likely";
}

export interface Claim {
  readonly id: string;
  /** The article that makes it, or null where the list's own prose does. */
  readonly article: number | null;
  readonly sectionEn: string;
  readonly sectionZh: string;
  readonly statementEn: string;
  readonly statementZh: string;
  /** An arXiv id, `list` for the reading list's own prose, or a publication in words. */
  readonly source: string;
  readonly paperFigure: string | null;
  /** How it can be tested. */
  readonly test: string;
  readonly quoteZh: string | null;
  readonly topics: readonly string[];
}

export interface Term {
  readonly term: string;
  readonly expansion: string;
  readonly zh: string;
  readonly definition: string;
  readonly topic: string;
}

/** An article that shares topics with another. */
export interface Neighbour {
  readonly number: number;
  readonly titleEn: string;
  readonly titleZh: string;
  readonly shared: readonly string[];
}

export interface ArticleDetail extends ArticleRow {
  readonly papers: readonly Paper[];
  readonly statements: readonly Claim[];
  readonly neighbours: readonly Neighbour[];
}

const topicColumns = "id, parent, title_en AS titleEn, title_zh AS titleZh, description";

/** All topics, each root followed by everything below it, in the list's order. */
export function topicTree(db: Connection): TopicNode[] {
  // A topic counts what hangs on any topic below it; DISTINCT, because an article may hang on several of them.
  return db
    .prepare<[], TopicNode>(
      `WITH RECURSIVE
         below (root, id) AS (
           SELECT id, id FROM topic
           UNION ALL SELECT b.root, t.id FROM below b JOIN topic t ON t.parent = b.id),
         walk (id, depth, path) AS (
           SELECT id, 0, printf('%05d', position) FROM topic WHERE parent IS NULL
           UNION ALL
           SELECT t.id, w.depth + 1, w.path || printf('%05d', t.position)
             FROM walk w JOIN topic t ON t.parent = w.id),
         article_count (id, n) AS (
           SELECT root, count(DISTINCT article) FROM below JOIN article_topic ON topic = id GROUP BY root),
         claim_count (id, n) AS (
           SELECT root, count(DISTINCT claim) FROM below JOIN claim_topic ON topic = id GROUP BY root)
       SELECT ${topicColumns}, walk.depth, coalesce(a.n, 0) AS articles, coalesce(c.n, 0) AS claims
         FROM walk JOIN topic USING (id) LEFT JOIN article_count a USING (id) LEFT JOIN claim_count c USING (id)
        ORDER BY walk.path`,
    )
    .all();
}

/** One topic, or undefined. */
export function topicById(db: Connection, id: string): Topic | undefined {
  return db.prepare<[string], Topic>(`SELECT ${topicColumns} FROM topic WHERE id = ?`).get(id);
}

/** A topic's ancestors, the root first, itself last. */
export function topicPath(db: Connection, id: string): Topic[] {
  return db
    .prepare<[string], Topic>(
      `WITH RECURSIVE up (id, parent, step) AS (
         SELECT id, parent, 0 FROM topic WHERE id = ?
         UNION ALL SELECT t.id, t.parent, step + 1 FROM up JOIN topic t ON t.id = up.parent)
       SELECT ${topicColumns.replace("id, parent", "topic.id, topic.parent")}
         FROM up JOIN topic USING (id) ORDER BY step DESC`,
    )
    .all(id);
}

export interface ArticleFilter {
  /** A topic; everything below it counts as well. */
  readonly topic?: string | undefined;
  readonly kind?: string | undefined;
}

// JSON, because an article has few topics and claims, and one query is faster than one for each article.
const articleColumns = `number, origin, retired, kind, section_en AS sectionEn, section_zh AS sectionZh,
  title_en AS titleEn, title_zh AS titleZh, url,
  (SELECT json_group_array(topic ORDER BY position) FROM article_topic WHERE article = number) AS topics,
  (SELECT json_group_array(id ORDER BY position) FROM claim WHERE article = number) AS claims`;

type Stored<Row, Key extends keyof Row> = Omit<Row, Key> & { readonly [Each in Key]: string };
type StoredArticle = Stored<Omit<ArticleRow, "retired">, "topics" | "claims"> & { readonly retired: 0 | 1 };

function articleRow({ topics, claims, retired, ...row }: StoredArticle): ArticleRow {
  return { ...row, retired: retired === 1, topics: JSON.parse(topics), claims: JSON.parse(claims) };
}

/** Articles by number. */
export function articles(db: Connection, { topic, kind }: ArticleFilter = {}): ArticleRow[] {
  const inTopic =
    "number IN (SELECT article FROM article_topic WHERE topic IN (SELECT value FROM json_each(@topics)))";
  const conditions = [topic === undefined ? "" : inTopic, kind === undefined ? "" : "kind = @kind"].filter(
    Boolean,
  );
  const where = conditions.length > 0 ? `WHERE ${conditions.join(" AND ")}` : "";
  const topics = JSON.stringify(topic === undefined ? [] : topicSubtree(db, topic));
  return db
    .prepare<[object], StoredArticle>(`SELECT ${articleColumns} FROM article ${where} ORDER BY number`)
    .all({ topics, ...(kind === undefined ? {} : { kind }) })
    .map(articleRow);
}

/** The kinds of articles that there are. */
export function articleKinds(db: Connection): string[] {
  return db.prepare<[], string>("SELECT DISTINCT kind FROM article ORDER BY kind").pluck().all();
}

/** One article with its papers, claims and neighbours, or undefined. */
export function articleDetail(db: Connection, number: number): ArticleDetail | undefined {
  const row = db
    .prepare<[number], StoredArticle>(`SELECT ${articleColumns} FROM article WHERE number = ?`)
    .get(number);
  if (!row) return undefined;
  return {
    ...articleRow(row),
    papers: papersOf(db, number),
    statements: claims(db, { article: number }),
    neighbours: neighboursOf(db, number),
  };
}

function papersOf(db: Connection, article: number): Paper[] {
  return db
    .prepare<[number], Omit<Paper, "link"> & { url: string | null }>(
      `SELECT position, title, authors, year, venue, arxiv, doi, url, confidence
         FROM paper WHERE article = ? ORDER BY position`,
    )
    .all(article)
    .map(({ url, ...paper }) => ({ ...paper, link: paperLink({ ...paper, url }) }));
}

// As many as fit on a screen below the rest.
const mostNeighbours = 8;

/**
 * Articles that share topics with one. A shared topic that few articles have says more than one that many have, so each
 * counts for one over its number of articles.
 */
function neighboursOf(db: Connection, number: number): Neighbour[] {
  return db
    .prepare<[number, number, number], Stored<Neighbour, "shared">>(
      `WITH shared AS (
         SELECT topic, 1.0 / (SELECT count(*) FROM article_topic n WHERE n.topic = own.topic) AS weight
           FROM article_topic own WHERE article = ?)
       SELECT number, title_en AS titleEn, title_zh AS titleZh, json_group_array(topic) AS shared
         FROM article_topic JOIN shared USING (topic) JOIN article ON number = article_topic.article
        WHERE number <> ? GROUP BY number ORDER BY sum(weight) DESC, number LIMIT ?`,
    )
    .all(number, number, mostNeighbours)
    .map((row) => ({ ...row, shared: JSON.parse(row.shared) }));
}

export interface ClaimFilter {
  /** A topic; everything below it counts as well. */
  readonly topic?: string | undefined;
  readonly article?: number | undefined;
  readonly id?: string | undefined;
}

/** Claims in the list's order: those of the articles by number, then those of the list's own prose. */
export function claims(db: Connection, filter: ClaimFilter = {}): Claim[] {
  const inTopic =
    "id IN (SELECT claim FROM claim_topic WHERE topic IN (SELECT value FROM json_each(@topics)))";
  const conditions = [
    filter.topic === undefined ? "" : inTopic,
    filter.article === undefined ? "" : "article = @article",
    filter.id === undefined ? "" : "id = @id",
  ].filter(Boolean);
  const { topic, article = null, id = null } = filter;
  return db
    .prepare<[object], Stored<Claim, "topics">>(
      `SELECT id, article, section_en AS sectionEn, section_zh AS sectionZh, statement_en AS statementEn,
              statement_zh AS statementZh, source, paper_figure AS paperFigure, test, quote_zh AS quoteZh,
              (SELECT json_group_array(topic ORDER BY position) FROM claim_topic WHERE claim = id) AS topics
         FROM claim ${conditions.length > 0 ? `WHERE ${conditions.join(" AND ")}` : ""} ORDER BY position, id`,
    )
    .all({ topics: JSON.stringify(topic === undefined ? [] : topicSubtree(db, topic)), article, id })
    .map((row) => ({ ...row, topics: JSON.parse(row.topics) }));
}

/** One claim, or undefined. */
export function claimById(db: Connection, id: string): Claim | undefined {
  return claims(db, { id })[0];
}

/** A link to a claim's source, where it is a paper on arXiv. */
export function sourceLink({ source }: Pick<Claim, "source">): string | null {
  return /^\d{4}\.\d{4,5}$/.test(source) ? `https://arxiv.org/abs/${source}` : null;
}

export interface TermFilter {
  readonly topic?: string | undefined;
  /** A term in English or Chinese, or its expansion; case does not count. */
  readonly term?: string | undefined;
}

/** Terms of the glossary in its own order, which goes by subject. */
export function terms(db: Connection, { topic, term }: TermFilter = {}): Term[] {
  const all = db
    .prepare<[], Term>("SELECT term, expansion, zh, definition, topic FROM term ORDER BY position")
    .all();
  const wanted = term?.trim().toLowerCase();
  const below = topic === undefined ? undefined : new Set(topicSubtree(db, topic));
  return all.filter(
    (each) =>
      (wanted === undefined ||
        [each.term, each.zh, each.expansion].some((name) => name.toLowerCase() === wanted)) &&
      (below === undefined || below.has(each.topic)),
  );
}

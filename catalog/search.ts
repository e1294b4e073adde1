/**
 * Search over the whole catalog. An article's number, an arXiv id and a link name their article directly; everything
 * else goes to the full-text index, where articles whose title has every word come before the rest, each by bm25.
 */
import type { Connection } from "./database/open.ts";
import { articleNumber, arxivId, canonicalUrl, looksLikeUrl } from "./identifiers.ts";
import { containAll, matchesIn, type Range } from "./search/highlight.ts";
import { fts5Expression, type Phrase, phrasesOf } from "./search/query.ts";
import { suggestQuery } from "./search/suggest.ts";

export type { Range } from "./search/highlight.ts";

/** A text that is shown, with the places in it that match (UTF-16 units, end excluded). */
export interface Highlighted {
  readonly text: string;
  readonly ranges: readonly Range[];
}

/** Another place of an article that matched, where its title does not say why it was found. */
export interface MatchedField extends Highlighted {
  readonly field: "paper" | "claim" | "topic" | "section" | "url" | "note" | "arxiv" | "number";
}

export interface ArticleHit {
  readonly kind: "article";
  readonly number: number;
  readonly titleZh: Highlighted;
  readonly titleEn: Highlighted;
  readonly matched: readonly MatchedField[];
}

export interface OtherHit {
  readonly kind: "topic" | "claim" | "term";
  /** Id of the topic or claim, or the term. */
  readonly id: string;
  readonly zh: Highlighted;
  readonly en: Highlighted;
}

export interface SearchResult {
  readonly query: string;
  /** What was searched; nothing else was. */
  readonly scope: string;
  readonly articles: readonly ArticleHit[];
  /** How many articles match, of which `articles` has the first. */
  readonly articleCount: number;
  /** Topics, claims and terms, best first. */
  readonly others: readonly OtherHit[];
  readonly otherCount: number;
  /** A query that would find something, where this one found nothing. */
  readonly suggestion: string | undefined;
}

export interface SearchOptions {
  /** Articles returned at most (default 20); topics, claims and terms half as many. */
  readonly limit?: number;
}

const scope =
  "titles, papers, claims, topics, sections, links and your notes; topics, claims and glossary terms";

/** Searches; never throws whatever the query holds. */
export function search(db: Connection, query: string, { limit = 20 }: SearchOptions = {}): SearchResult {
  const direct = namedArticles(db, query);
  const phrases = direct.exact ? [] : phrasesOf(query);
  const searched = phrases.length > 0;
  const found = searched ? articlesMatching(db, phrases, limit) : [];
  const numbers = [...new Set([...direct.numbers, ...found])].slice(0, limit);
  const others = searched ? namesMatching(db, phrases, Math.ceil(limit / 2)) : [];
  const nothing = numbers.length === 0 && others.length === 0;
  return {
    query,
    scope,
    articles: articleHits(db, numbers, phrases, direct),
    articleCount: searched ? countArticles(db, phrases, direct.numbers) : direct.numbers.length,
    others: others.map((other) => otherHit(db, other, phrases)),
    otherCount: searched ? countNames(db, phrases) : 0,
    // A number, arXiv id or link that is not there: its neighbours are other papers and pages.
    suggestion: nothing && direct.field === undefined ? suggestQuery(db, query) : undefined,
  };
}

interface Direct {
  readonly numbers: readonly number[];
  readonly field: "number" | "arxiv" | "url" | undefined;
  readonly arxiv?: string;
  /** Whether the query can only be an identifier, so that its words are not searched as well. */
  readonly exact: boolean;
}

/** Articles that the query names by number, by the arXiv id of one of their papers, or by link. */
function namedArticles(db: Connection, query: string): Direct {
  const text = query.trim();
  const number = articleNumber(text);
  if (number !== undefined) {
    const numbers = db
      .prepare<[number], number>("SELECT number FROM article WHERE number = ?")
      .pluck()
      .all(number);
    return { numbers, field: "number", exact: /^[#\uff03]/.test(text) };
  }
  const id = arxivId(text);
  if (id !== undefined) {
    const sql = "SELECT DISTINCT article FROM paper WHERE arxiv = ? ORDER BY article";
    return {
      numbers: db.prepare<[string], number>(sql).pluck().all(id),
      field: "arxiv",
      arxiv: id,
      exact: true,
    };
  }
  const url = looksLikeUrl(text) ? canonicalUrl(text) : undefined;
  if (url !== undefined) {
    const sql = "SELECT number FROM article WHERE canonical_url = ? ORDER BY number";
    const numbers = db.prepare<[string], number>(sql).pluck().all(url);
    return { numbers, field: "url", exact: numbers.length > 0 };
  }
  return { numbers: [], field: undefined, exact: false };
}

// Ranking costs about a microsecond a row. The order of a query that matches more articles than this means nothing; the
// first of them by number are ranked then, the shipped list among them.
const mostRanked = 1000;

function articlesMatching(db: Connection, phrases: readonly Phrase[], limit: number): number[] {
  const ranked = db
    .prepare<[string, number, number], number>(
      `SELECT number FROM
         (SELECT rowid AS number, rank AS score FROM search_article WHERE search_article MATCH ? LIMIT ?)
       ORDER BY score, number LIMIT ?`,
    )
    .pluck();
  const inTitle = ranked.all(fts5Expression(phrases, "title"), mostRanked, limit);
  if (inTitle.length >= limit) return inTitle;
  return [...inTitle, ...ranked.all(fts5Expression(phrases), mostRanked, limit)];
}

/** How many articles match in all; those that the query named count even where their words do not match. */
function countArticles(db: Connection, phrases: readonly Phrase[], named: readonly number[]): number {
  const expression = fts5Expression(phrases);
  const matching = db
    .prepare<[string], number>("SELECT count(*) FROM search_article WHERE search_article MATCH ?")
    .pluck()
    .get(expression) as number;
  const isMatch = db
    .prepare<[string, number], number>(
      "SELECT 1 FROM search_article WHERE search_article MATCH ? AND rowid = ?",
    )
    .pluck();
  return matching + named.filter((number) => isMatch.get(expression, number) === undefined).length;
}

interface NameRef {
  readonly kind: OtherHit["kind"];
  readonly ref: string;
}

function namesMatching(db: Connection, phrases: readonly Phrase[], limit: number): NameRef[] {
  return db
    .prepare<[string, number], NameRef>(
      `SELECT kind, ref FROM search_name JOIN search_name_entry ON id = search_name.rowid
       WHERE search_name MATCH ? ORDER BY rank, id LIMIT ?`,
    )
    .all(fts5Expression(phrases), limit);
}

function countNames(db: Connection, phrases: readonly Phrase[]): number {
  return db
    .prepare<[string], number>("SELECT count(*) FROM search_name WHERE search_name MATCH ?")
    .pluck()
    .get(fts5Expression(phrases)) as number;
}

interface ArticleTexts {
  readonly title_zh: string;
  readonly title_en: string;
  readonly section_zh: string;
  readonly section_en: string;
  readonly url: string;
}

function articleHits(
  db: Connection,
  numbers: readonly number[],
  phrases: readonly Phrase[],
  direct: Direct,
): ArticleHit[] {
  const textsOf = db.prepare<[number], ArticleTexts>(
    "SELECT title_zh, title_en, section_zh, section_en, url FROM article WHERE number = ?",
  );
  const fieldsOf = db.prepare<[{ number: number }], FieldRow>(fieldsSql);
  return numbers.flatMap((number) => {
    const texts = textsOf.get(number);
    if (!texts) return [];
    const named = direct.field !== undefined && direct.numbers.includes(number);
    const fields = (): FieldRow[] => fieldsOf.all({ number });
    const matched = named
      ? [namedField(number, texts, fields, direct)]
      : containAll([texts.title_zh, texts.title_en], phrases)
        ? []
        : matchingFields(texts, fields(), phrases);
    const titles = {
      titleZh: highlighted(texts.title_zh, phrases),
      titleEn: highlighted(texts.title_en, phrases),
    };
    return [{ kind: "article" as const, number, ...titles, matched }];
  });
}

interface FieldRow {
  readonly field: MatchedField["field"];
  readonly text: string;
}

const fieldsSql = `
  SELECT 'arxiv' AS field, arxiv AS text FROM paper WHERE article = :number AND arxiv IS NOT NULL
  UNION ALL SELECT 'paper', title || ' (' || concat_ws(', ', authors, year, venue, doi) || ')'
    FROM paper WHERE article = :number
  UNION ALL SELECT 'claim', statement_zh FROM claim WHERE article = :number
  UNION ALL SELECT 'claim', statement_en FROM claim WHERE article = :number
  UNION ALL SELECT 'claim', id FROM claim WHERE article = :number
  UNION ALL SELECT 'topic', concat_ws(' ', id, title_zh, title_en)
    FROM article_topic JOIN topic ON id = topic WHERE article = :number
  UNION ALL SELECT 'note', body FROM note WHERE article = :number`;

/** The identifier by which a query named an article. */
function namedField(
  number: number,
  { url }: ArticleTexts,
  fields: () => FieldRow[],
  { field = "number", arxiv }: Direct,
): MatchedField {
  const ids = (): string | undefined =>
    fields().find((row) => row.field === "arxiv" && row.text === arxiv)?.text;
  const text = (field === "url" ? url : field === "arxiv" ? ids() : undefined) ?? `#${number}`;
  return { field, text, ranges: [[0, text.length]] };
}

// Enough to show why an article was found without repeating the whole article.
const mostFields = 2;

/** The texts of an article that hold what its title does not, those with most matches first. */
function matchingFields(
  texts: ArticleTexts,
  fields: readonly FieldRow[],
  phrases: readonly Phrase[],
): MatchedField[] {
  const fixed: FieldRow[] = [
    { field: "section", text: texts.section_zh },
    { field: "section", text: texts.section_en },
    { field: "url", text: texts.url },
  ];
  return [...fields, ...fixed]
    .map((row) => ({ ...row, ranges: matchesIn(row.text, phrases) }))
    .filter((row) => row.ranges.length > 0)
    .sort((a, b) => b.ranges.length - a.ranges.length)
    .slice(0, mostFields);
}

const namesOf: Readonly<Record<OtherHit["kind"], string>> = {
  topic: "SELECT title_zh AS zh, title_en AS en FROM topic WHERE id = ?",
  claim: "SELECT statement_zh AS zh, statement_en AS en FROM claim WHERE id = ?",
  term: "SELECT zh, expansion || ': ' || definition AS en FROM term WHERE term = ?",
};

function otherHit(db: Connection, { kind, ref }: NameRef, phrases: readonly Phrase[]): OtherHit {
  const { zh, en } = db.prepare<[string], { zh: string; en: string }>(namesOf[kind]).get(ref) ?? {
    zh: "",
    en: "",
  };
  return { kind, id: ref, zh: highlighted(zh, phrases), en: highlighted(en, phrases) };
}

function highlighted(text: string, phrases: readonly Phrase[]): Highlighted {
  return { text, ranges: matchesIn(text, phrases) };
}

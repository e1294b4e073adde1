/**
 * Fills the full-text index from the tables. It is always rebuilt as a whole: that happens only when the shipped list
 * or the splitter changed, and a whole rebuild cannot leave a stale row behind.
 */
import type { Connection } from "../database/open.ts";
import { indexed, textBoundary } from "./words.ts";

/** To be raised when the splitter or the columns change, so that existing databases are indexed again. */
export const indexVersion = 1;

// A title says what a thing is about, a paper's title almost as much; a topic's name stands on many articles at once.
const articleWeights = "bm25(10.0, 4.0, 3.0, 2.0, 1.0, 2.0)";
const nameWeights = "bm25(10.0, 4.0, 2.0, 1.0)";

// Words of three letters and more. Nobody mistypes a number into another that the list happens to have.
const correctable = /(?<![^ ])\p{L}{3,}(?![^ ])/gu;

/** Empties the indexes and fills them from every article, topic, claim and term. Call it inside a transaction. */
export function rebuildSearchIndex(db: Connection): void {
  db.exec("DELETE FROM search_name_entry; DELETE FROM search_word");
  const vocabulary = new Set<string>();
  const article = emptied(db, "search_article", articleWeights, vocabulary);
  for (const { number, title, papers, claims, topics, rest, notes } of articleRows(db)) {
    article.add(number, [title, papers, claims, topics, rest, notes]);
  }
  article.finish();
  const name = emptied(db, "search_name", nameWeights, vocabulary);
  const entry = db.prepare("INSERT INTO search_name_entry (id, kind, ref) VALUES (?, ?, ?)");
  nameRows(db).forEach(({ kind, ref, name: text, statement, topics, rest }, at) => {
    entry.run(at + 1, kind, ref);
    name.add(at + 1, [text, statement, topics, rest]);
  });
  name.finish();
  const word = db.prepare("INSERT INTO search_word (word) VALUES (?)");
  for (const each of vocabulary) word.run(each);
}

type Text = string | null;

/** An index with nothing in it; `add` takes one text a column. */
function emptied(
  db: Connection,
  table: "search_article" | "search_name",
  rank: string,
  vocabulary: Set<string>,
) {
  db.exec(`INSERT INTO ${table} (${table}) VALUES ('delete-all')`);
  db.prepare(`INSERT INTO ${table} (${table}, rank) VALUES ('rank', ?)`).run(rank);
  const columns = db.prepare<[], string>(`SELECT name FROM pragma_table_info('${table}')`).pluck().all();
  const places = columns.map(() => "?").join(", ");
  const insert = db.prepare(`INSERT INTO ${table} (rowid, ${columns.join(", ")}) VALUES (?, ${places})`);
  return {
    add(id: number, texts: readonly Text[]): void {
      const words = texts.map((text) => indexed(text ?? ""));
      insert.run(id, ...words);
      for (const word of words.flatMap((text) => text.match(correctable) ?? [])) vocabulary.add(word);
    },
    /** Joins the segments: queries over 25,000 articles take two thirds of the time then. */
    finish(): void {
      db.exec(`INSERT INTO ${table} (${table}) VALUES ('optimize')`);
    },
  };
}

const separator = `'${textBoundary}'`;

interface ArticleRow {
  readonly number: number;
  readonly title: string;
  readonly papers: Text;
  readonly claims: Text;
  readonly topics: Text;
  readonly rest: Text;
  readonly notes: Text;
}

function articleRows(db: Connection): ArticleRow[] {
  return db
    .prepare<[], ArticleRow>(
      `SELECT a.number,
         concat_ws(${separator}, a.title_zh, a.title_en) AS title,
         (SELECT group_concat(concat_ws(${separator}, title, authors, year, venue, arxiv, doi), ${separator})
            FROM paper WHERE article = a.number) AS papers,
         (SELECT group_concat(concat_ws(${separator}, id, statement_zh, statement_en, quote_zh), ${separator})
            FROM claim WHERE article = a.number) AS claims,
         (SELECT group_concat(concat_ws(${separator}, t.id, t.title_zh, t.title_en), ${separator})
            FROM article_topic JOIN topic t ON t.id = topic WHERE article = a.number) AS topics,
         concat_ws(${separator}, a.section_zh, a.section_en, a.kind, a.url) AS rest,
         (SELECT group_concat(body, ${separator}) FROM note WHERE article = a.number) AS notes
       FROM article a`,
    )
    .all();
}

interface NameRow {
  readonly kind: "claim" | "topic" | "term";
  readonly ref: string;
  readonly name: string;
  readonly statement: Text;
  readonly topics: Text;
  readonly rest: Text;
}

function nameRows(db: Connection): NameRow[] {
  return db
    .prepare<[], NameRow>(
      `SELECT 'topic' AS kind, id AS ref, concat_ws(${separator}, id, title_zh, title_en) AS name,
              NULL AS statement, NULL AS topics, description AS rest FROM topic
       UNION ALL
       SELECT 'term', term, concat_ws(${separator}, term, expansion, zh), NULL, topic, definition FROM term
       UNION ALL
       SELECT 'claim', id, id, concat_ws(${separator}, statement_zh, statement_en),
              (SELECT group_concat(topic, ${separator}) FROM claim_topic WHERE claim = claim.id),
              concat_ws(${separator}, source, quote_zh) FROM claim`,
    )
    .all();
}

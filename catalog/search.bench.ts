/**
 * Search over 25,000 articles: `node catalog/search.bench.ts` builds such a database in a temporary folder and prints
 * median and 95th percentile of each query, in the process, result rows and highlighting included.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Connection } from "./database/open.ts";
import { openCatalog } from "./open-catalog.ts";
import { rebuildSearchIndex } from "./search/index-rows.ts";
import { wordsOf } from "./search/words.ts";
import { search } from "./search.ts";

const articles = 25_000;
const repetitions = 41;

// From what half of the articles match to what nothing does: one and two characters, prefixes, phrases, identifiers.
const queries = [
  "蒸馏",
  "知识蒸馏",
  "剪枝",
  "核",
  "的",
  "GEMM",
  "d",
  "distil",
  "knowledge distillation",
  "matrix multiplication cache",
  "GEMM优化",
  '"soft targets"',
  "1503.02531",
  "https://zhuanlan.zhihu.com/p/81467832",
  "12",
  "distilation",
  "没有这个词",
];

const folder = mkdtempSync(join(tmpdir(), "kdaccel-search-bench-"));
try {
  const beforeLoad = performance.now();
  const db = await openCatalog({ path: join(folder, "kdaccel.db") });
  console.log(
    `create the database and load the shipped list: ${(performance.now() - beforeLoad).toFixed(0)} ms`,
  );
  addArticles(db);
  const total = db.prepare("SELECT count(*) FROM article").pluck().get();
  console.log(`${total} articles; ${repetitions} repetitions; milliseconds`);
  for (const query of queries) console.log(measure(db, query));
  db.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function measure(db: Connection, query: string): string {
  const times: number[] = [];
  let found = 0;
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const start = performance.now();
    found = search(db, query).articleCount;
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): string =>
    (times[Math.floor(share * (times.length - 1))] ?? 0).toFixed(2).padStart(7);
  return `median ${at(0.5)}  p95 ${at(0.95)}  found ${String(found).padStart(6)}  ${query}`;
}

/** Adds the reader's own articles, each with a mixture of the words and papers of the shipped ones and a claim as its note. */
function addArticles(db: Connection): void {
  const shipped = db
    .prepare<[], { number: number; title_zh: string; title_en: string }>("SELECT * FROM article")
    .all();
  const topics = db.prepare<[], string>("SELECT id FROM topic").pluck().all();
  const papers = db.prepare<[], Record<string, unknown>>("SELECT * FROM paper").all();
  const statements = db
    .prepare<[], string>("SELECT statement_zh || ' ' || statement_en FROM claim")
    .pluck()
    .all();
  const insert = db.prepare(
    `INSERT INTO article (number, origin, kind, section_en, section_zh, title_en, title_zh, url, canonical_url)
     VALUES (?, 'user', 'article', '', '', ?, ?, ?, ?)`,
  );
  const topic = db.prepare("INSERT INTO article_topic VALUES (?, ?, 0)");
  const paper = db.prepare(
    `INSERT INTO paper (article, position, title, authors, year, venue, arxiv, doi, url, confidence)
     VALUES (@article, 1, @title, @authors, @year, @venue, @arxiv, @doi, @url, @confidence)`,
  );
  const note = db.prepare("INSERT INTO note (article, body, created_at, changed_at) VALUES (?, ?, '', '')");
  const pick = <Item>(items: readonly Item[], seed: number): Item => items[seed % items.length] as Item;
  db.transaction(() => {
    for (let at = shipped.length; at < articles; at++) {
      const number = 10_001 + at;
      // Halves of two different titles: lengths and frequencies of words stay those of the real list.
      const half = (text: string, first: boolean): string => {
        const words = wordsOf(text);
        const middle = words[Math.floor(words.length / 2)]?.start ?? 0;
        return first ? text.slice(0, middle) : text.slice(middle);
      };
      const [a, b] = [pick(shipped, at * 7), pick(shipped, at * 13 + Math.floor(at / 68))];
      const url = `https://example.org/${number}`;
      insert.run(
        number,
        half(a.title_en, true) + half(b.title_en, false),
        half(a.title_zh, true) + half(b.title_zh, false),
        url,
        url.slice("https://".length),
      );
      topic.run(number, pick(topics, at * 11));
      paper.run({ ...pick(papers, at), article: number });
      note.run(number, pick(statements, at));
    }
    rebuildSearchIndex(db);
  })();
}

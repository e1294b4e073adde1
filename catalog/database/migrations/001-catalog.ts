/**
 * The reading list, the reader's own rows, and the full-text index. What comes from the shipped data files can be
 * rebuilt at any time; `reading_state`, `note` and articles of origin `user` cannot, and no load may touch them.
 */
import type { Migration } from "../migrate.ts";

export const catalog: Migration = {
  version: 1,
  name: "catalog",
  sql: `
    CREATE TABLE topic (
      id TEXT PRIMARY KEY,
      parent TEXT REFERENCES topic (id) DEFERRABLE INITIALLY DEFERRED,
      position INTEGER NOT NULL,
      title_en TEXT NOT NULL,
      title_zh TEXT NOT NULL,
      description TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX topic_by_parent ON topic (parent, position);

    CREATE TABLE article (
      number INTEGER PRIMARY KEY,
      origin TEXT NOT NULL CHECK (origin IN ('list', 'user')),
      -- 1: the list no longer has it, but the reader's state or notes hang on it
      retired INTEGER NOT NULL DEFAULT 0 CHECK (retired IN (0, 1)),
      kind TEXT NOT NULL,
      section_en TEXT NOT NULL,
      section_zh TEXT NOT NULL,
      title_en TEXT NOT NULL,
      title_zh TEXT NOT NULL,
      url TEXT NOT NULL,
      -- without scheme, tracking parameters and trailing slash: what makes two links the same
      canonical_url TEXT NOT NULL,
      -- the reader's own articles are numbered from 10001, so that a longer list never takes their numbers
      CHECK ((origin = 'list') = (number <= 10000))
    ) STRICT;
    CREATE UNIQUE INDEX article_by_url ON article (canonical_url, origin) WHERE retired = 0;

    CREATE TABLE article_topic (
      article INTEGER NOT NULL REFERENCES article (number) ON DELETE CASCADE,
      topic TEXT NOT NULL REFERENCES topic (id) DEFERRABLE INITIALLY DEFERRED,
      position INTEGER NOT NULL,
      PRIMARY KEY (article, topic)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX article_topic_by_topic ON article_topic (topic, article);

    CREATE TABLE paper (
      article INTEGER NOT NULL REFERENCES article (number) ON DELETE CASCADE,
      -- from 1; what \`open --paper N\` counts
      position INTEGER NOT NULL,
      title TEXT NOT NULL,
      authors TEXT NOT NULL,
      year INTEGER NOT NULL,
      venue TEXT NOT NULL,
      arxiv TEXT,
      doi TEXT,
      -- where it can be read, if it has neither arXiv id nor DOI
      url TEXT,
      -- how sure it is that the article is about this paper
      confidence TEXT NOT NULL CHECK (confidence IN ('certain', 'likely')),
      PRIMARY KEY (article, position)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX paper_by_arxiv ON paper (arxiv) WHERE arxiv IS NOT NULL;

    CREATE TABLE claim (
      id TEXT PRIMARY KEY,
      -- NULL: the claim stands in the list's own prose
      article INTEGER REFERENCES article (number) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      section_en TEXT NOT NULL,
      section_zh TEXT NOT NULL,
      statement_en TEXT NOT NULL,
      statement_zh TEXT NOT NULL,
      -- an arXiv id, 'seed' (the list itself), or a publication in words
      source TEXT NOT NULL,
      paper_figure TEXT,
      -- how it can be tested
      test TEXT NOT NULL,
      -- the list's own words, for claims of its prose
      quote_zh TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX claim_by_article ON claim (article, position);

    CREATE TABLE claim_topic (
      claim TEXT NOT NULL REFERENCES claim (id) ON DELETE CASCADE,
      topic TEXT NOT NULL REFERENCES topic (id) DEFERRABLE INITIALLY DEFERRED,
      position INTEGER NOT NULL,
      PRIMARY KEY (claim, topic)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX claim_topic_by_topic ON claim_topic (topic, claim);

    CREATE TABLE term (
      term TEXT PRIMARY KEY,
      position INTEGER NOT NULL,
      expansion TEXT NOT NULL,
      zh TEXT NOT NULL,
      definition TEXT NOT NULL,
      topic TEXT NOT NULL REFERENCES topic (id) DEFERRABLE INITIALLY DEFERRED
    ) STRICT, WITHOUT ROWID;

    -- The reader's own rows. No cascade: deleting an article that the reader wrote about must fail.
    CREATE TABLE reading_state (
      article INTEGER PRIMARY KEY REFERENCES article (number),
      state TEXT NOT NULL CHECK (state IN ('unread', 'reading', 'read')),
      changed_at TEXT NOT NULL
    ) STRICT;
    CREATE TABLE note (
      id INTEGER PRIMARY KEY,
      article INTEGER NOT NULL REFERENCES article (number),
      body TEXT NOT NULL,
      created_at TEXT NOT NULL,
      changed_at TEXT NOT NULL
    ) STRICT;
    CREATE INDEX note_by_article ON note (article);

    -- Which data files were loaded last: their digest, so that an unchanged list is not even parsed.
    CREATE TABLE catalog_load (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      digest TEXT NOT NULL
    ) STRICT;

    -- The indexes hold folded words and single CJK characters only (catalog/search/words.ts); the texts themselves are
    -- in the tables. Rows of search_article are articles by number.
    CREATE VIRTUAL TABLE search_article USING fts5 (
      title, papers, claims, topics, rest, notes,
      content = '', contentless_delete = 1, prefix = '1 2 3', tokenize = 'unicode61 remove_diacritics 0'
    );
    -- Topics, claims and terms have an index of their own: ranking scans every row of an index that matches, and there
    -- are few of these however many articles a reader adds.
    CREATE VIRTUAL TABLE search_name USING fts5 (
      name, statement, topics, rest,
      content = '', contentless_delete = 1, prefix = '1 2 3', tokenize = 'unicode61 remove_diacritics 0'
    );
    CREATE TABLE search_name_entry (
      id INTEGER PRIMARY KEY,
      kind TEXT NOT NULL CHECK (kind IN ('claim', 'topic', 'term')),
      ref TEXT NOT NULL,
      UNIQUE (kind, ref)
    ) STRICT;
    -- Words that a typing error can be corrected to; fts5vocab would count every occurrence to list them.
    CREATE TABLE search_word (word TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  `,
};

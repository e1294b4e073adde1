import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { canonicalUrl } from "../identifiers.ts";
import { checkDataFiles } from "./check.ts";
import { readingListDigest } from "./digest.ts";
import type { DataFile } from "./files.ts";
import { shippedFiles } from "./shipped.ts";
import { ReadingListError, validateReadingList } from "./validate.ts";

const here = import.meta.dirname;

describe("the shipped reading list", () => {
  const list = validateReadingList(shippedFiles);

  it("has every article, topic, claim and term of its source", () => {
    const inArticles = list.articles.flatMap((article) => article.claims);
    expect(list.articles).toHaveLength(68);
    expect(list.topics).toHaveLength(57);
    expect(inArticles.length + list.claims.length).toBe(115);
    expect(list.terms).toHaveLength(107);
    expect(list.articles.map((article) => article.number)).toEqual(
      Array.from({ length: 68 }, (_, at) => at + 1),
    );
  });

  it("has each link of the source exactly once", () => {
    const links = readFileSync(join(here, "fixtures", "seed-links.txt"), "utf8")
      .split("\n")
      .filter((line) => line && !line.startsWith("#"));
    expect(links).toHaveLength(68);
    expect(list.articles.map((article) => article.url).sort()).toEqual([...links].sort());
    expect(new Set(list.articles.map((article) => canonicalUrl(article.url))).size).toBe(68);
  });

  it("has one tree of topics in which every one with articles or claims is reachable", () => {
    const roots = list.topics.filter((topic) => topic.parent === null).map((topic) => topic.id);
    expect(roots).toEqual(["distillation", "acceleration", "tools"]);
  });

  it("links every paper", () => {
    for (const paper of list.articles.flatMap((article) => article.papers)) {
      expect(paper.arxiv ?? paper.doi ?? paper.url, paper.title).toBeTruthy();
    }
  });

  it("is what the digest says", () => {
    expect(checkDataFiles(here)).toBe(readingListDigest);
  });
});

type Mutable = Record<DataFile, { source: string; entries: Record<string, unknown>[] }>;

/** The faults of the shipped list after a change to a copy of it. */
function faultsAfter(change: (files: Mutable) => void) {
  const files = structuredClone(shippedFiles) as Mutable;
  change(files);
  try {
    validateReadingList(files);
  } catch (error) {
    if (error instanceof ReadingListError) return error.faults;
    throw error;
  }
  return [];
}

const tools = "articles-tools.json" as const;

describe("a fault in a data file", () => {
  it.each<[string, (files: Mutable) => void, object]>([
    [
      "an unknown topic, with a suggestion",
      (files) => Object.assign(files[tools].entries[0] ?? {}, { topics: ["compiler", "autotunning"] }),
      {
        file: tools,
        entry: "article 64",
        field: "topics[1]",
        message: expect.stringContaining('"autotuning"?'),
      },
    ],
    [
      "an unknown section",
      (files) => Object.assign(files[tools].entries[0] ?? {}, { section: "nowhere" }),
      { file: tools, entry: "article 64", field: "section" },
    ],
    [
      "an unknown parent",
      (files) => Object.assign(files["topics.json"].entries[1] ?? {}, { parent: "nowhere" }),
      { file: "topics.json", entry: 'entry "soft-targets"', field: "parent" },
    ],
    [
      "a number used twice",
      (files) => Object.assign(files[tools].entries[0] ?? {}, { number: 1 }),
      { file: tools, entry: "article 1", field: "number", message: expect.stringContaining("duplicate") },
    ],
    [
      "a claim's id used twice, once in an article and once in the prose",
      (files) =>
        Object.assign(files["claims.json"].entries[0] ?? {}, { id: "soft-targets-beat-hard-labels" }),
      {
        file: "claims.json",
        field: "id",
        message: expect.stringContaining("articles-distillation.json, article 1"),
      },
    ],
    [
      "a topic's id used twice",
      (files) => files["topics.json"].entries.push(files["topics.json"].entries[0] ?? {}),
      { file: "topics.json", entry: 'entry "distillation"', field: "id" },
    ],
    [
      "one link in two spellings",
      (files) =>
        Object.assign(files[tools].entries[0] ?? {}, {
          url: "http://zhuanlan.zhihu.com/p/81467832/?utm_source=x",
        }),
      { file: tools, entry: "article 64", field: "url" },
    ],
    [
      "a missing translation",
      (files) => delete files[tools].entries[0]?.title_zh,
      { file: tools, entry: "article 64", field: "title_zh" },
    ],
    [
      "an English text in the place of the Chinese one",
      (files) => Object.assign(files[tools].entries[0] ?? {}, { title_zh: "Amazon" }),
      { file: tools, entry: "article 64", field: "title_zh", message: expect.stringContaining("Chinese") },
    ],
    [
      "a field that nobody knows",
      (files) => Object.assign(files[tools].entries[0] ?? {}, { titel: "x" }),
      { file: tools, entry: "article 64", message: expect.stringContaining("titel") },
    ],
    [
      "a link that a browser would run",
      (files) => Object.assign(files[tools].entries[0] ?? {}, { url: "javascript:alert(1)" }),
      { file: tools, entry: "article 64", field: "url" },
    ],
    [
      "a topic that is its own ancestor",
      (files) => Object.assign(files["topics.json"].entries[0] ?? {}, { parent: "temperature" }),
      { file: "topics.json", entry: 'entry "distillation"', field: "parent" },
    ],
    [
      "a file without entries",
      (files) => Object.assign(files, { "topics.json": [] }),
      { file: "topics.json", entry: "" },
    ],
  ])("is named: %s", (_what, change, fault) => {
    expect(faultsAfter(change)).toContainEqual(expect.objectContaining(fault));
  });

  it("does not hide the others", () => {
    const faults = faultsAfter((files) => {
      delete files[tools].entries[0]?.title_en;
      delete files["glossary.json"].entries[2]?.zh;
    });
    expect(faults.map((fault) => [fault.file, fault.entry, fault.field])).toEqual([
      ["glossary.json", 'entry "FMA"', "zh"],
      [tools, "article 64", "title_en"],
    ]);
  });
});

describe("the build's check", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "kdaccel-articles-"));
    cpSync(here, folder, { recursive: true, filter: (path) => !path.endsWith(".test.ts") });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const check = (...args: string[]) =>
    spawnSync(process.execPath, [join(here, "check.ts"), folder, ...args], { encoding: "utf8" });
  const edit = (name: string, from: string, to: string) => {
    const path = join(folder, name);
    writeFileSync(path, readFileSync(path, "utf8").replace(from, to));
  };

  it("passes on what ships", () => {
    expect(check()).toMatchObject({ status: 0, stderr: "" });
  });

  it("fails naming file, entry and field", () => {
    edit("articles-tools.json", '"compiler"', '"compilr"');
    const { status, stderr } = check();
    expect(status).toBe(1);
    expect(stderr).toContain('articles-tools.json, article 64, topics[0]: unknown topic "compilr"');
  });

  it("fails on a file that is not JSON", () => {
    edit("topics.json", "[", "[,");
    const { status, stderr } = check();
    expect(status).toBe(1);
    expect(stderr).toContain("topics.json: is not JSON");
  });

  it("fails on a stale digest and says how to renew it", () => {
    edit("articles-tools.json", "Amazon SageMaker Neo", "Amazon SageMaker NEO");
    expect(check()).toMatchObject({ status: 1, stderr: expect.stringContaining("--write") });
    expect(check("--write").status).toBe(0);
    expect(check().status).toBe(0);
  });
});

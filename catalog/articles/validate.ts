/**
 * Turns the raw content of the data files into a `ReadingList`, or into the full list of what is wrong with them: each
 * fault with its file, entry and field, so that the line can be found without a debugger.
 */
import type * as z from "zod";
import { didYouMean } from "../did-you-mean.ts";
import { canonicalUrl } from "../identifiers.ts";
import { type DataFile, dataFileNames, dataFiles } from "./files.ts";
import {
  articlesFile,
  claimsFile,
  glossaryFile,
  type ReadingList,
  sectionsFile,
  topicsFile,
} from "./schema.ts";

/** One thing that is wrong with a data file. */
export interface Fault {
  readonly file: string;
  /** The entry as a person names it (`article 12`, `claim fma-rounds-once`), or its position where it has no name. */
  readonly entry: string;
  /** The path of the field inside the entry, for example `papers[0].arxiv`; empty for the entry itself. */
  readonly field: string;
  readonly message: string;
}

/** Thrown where the data files are wrong; the message has one line for each fault. */
export class ReadingListError extends Error {
  readonly faults: readonly Fault[];
  readonly remedy = "correct the data files named above; catalog/articles/README.md says what each may hold";

  constructor(faults: readonly Fault[]) {
    super(`the reading list has ${faults.length} fault(s):\n${faults.map(describeFault).join("\n")}`);
    this.name = "ReadingListError";
    this.faults = faults;
  }
}

/** `claims.json, claim fma-rounds-once, topics[0]: unknown topic "fam"; did you mean "fma"?` */
export function describeFault({ file, entry, field, message }: Fault): string {
  return `${[file, entry, field].filter(Boolean).join(", ")}: ${message}`;
}

const schemas = {
  topics: topicsFile,
  sections: sectionsFile,
  terms: glossaryFile,
  articles: articlesFile,
  claims: claimsFile,
} as const;

interface Located<Entry> {
  readonly file: string;
  readonly entry: Entry;
}

type Located_<Kind extends keyof typeof schemas> = Located<
  z.infer<(typeof schemas)[Kind]>["entries"][number]
>;
type Entries = { readonly [Kind in keyof typeof schemas]: Located_<Kind>[] };

/**
 * Checks the data files and joins them.
 *
 * @throws ReadingListError naming file, entry and field of every fault
 */
export function validateReadingList(files: Readonly<Record<DataFile, unknown>>): ReadingList {
  const faults: Fault[] = [];
  const entries: Entries = { topics: [], sections: [], terms: [], articles: [], claims: [] };
  for (const name of dataFileNames) {
    const kind = dataFiles[name];
    const parsed = schemas[kind].safeParse(files[name]);
    if (!parsed.success) {
      faults.push(...parsed.error.issues.map((issue) => faultOf(name, files[name], issue)));
      continue;
    }
    const into = entries[kind] as Located<unknown>[];
    for (const entry of parsed.data.entries) into.push({ file: name, entry });
  }
  // References between entries mean nothing while some could not be read.
  if (faults.length === 0)
    faults.push(...duplicates(entries), ...danglingReferences(entries), ...loops(entries));
  if (faults.length > 0) throw new ReadingListError(faults);
  const plain = <Entry>(located: readonly Located<Entry>[]): Entry[] => located.map(({ entry }) => entry);
  return {
    topics: plain(entries.topics),
    sections: plain(entries.sections),
    terms: plain(entries.terms),
    articles: plain(entries.articles).sort((a, b) => a.number - b.number),
    claims: plain(entries.claims),
  };
}

function faultOf(file: string, content: unknown, issue: z.core.$ZodIssue): Fault {
  const [list, index, ...rest] = issue.path;
  if (list !== "entries" || typeof index !== "number") {
    return { file, entry: "", field: fieldPath(issue.path), message: issue.message };
  }
  const entry = (content as { entries: unknown[] }).entries[index];
  return { file, entry: nameOf(entry, index), field: fieldPath(rest), message: issue.message };
}

function nameOf(entry: unknown, index: number): string {
  const { number, id, term } = (entry ?? {}) as Record<string, unknown>;
  if (typeof number === "number") return `article ${number}`;
  if (typeof id === "string" || typeof term === "string") return `entry "${id ?? term}"`;
  return `entry ${index + 1}`;
}

function fieldPath(path: readonly PropertyKey[]): string {
  return path
    .map((key, at) => (typeof key === "number" ? `[${key}]` : `${at ? "." : ""}${String(key)}`))
    .join("");
}

/** Everything that has to be unique: what it is called, in which field it stands, and where each stands. */
function duplicates({ topics, sections, terms, articles, claims }: Entries): Fault[] {
  const allClaims = [
    ...articles.flatMap(({ file, entry }) =>
      entry.claims.map((claim, at) => ({
        file,
        name: `article ${entry.number}`,
        field: `claims[${at}].id`,
        key: claim.id,
      })),
    ),
    ...claims.map(({ file, entry }) => ({ file, name: `entry "${entry.id}"`, field: "id", key: entry.id })),
  ];
  const byId = (list: readonly Located<{ id: string }>[]) =>
    list.map(({ file, entry }) => ({ file, name: `entry "${entry.id}"`, field: "id", key: entry.id }));
  return [
    ...repeated("id", byId(topics)),
    ...repeated("id", byId(sections)),
    ...repeated(
      "term",
      terms.map(({ file, entry }) => ({
        file,
        name: `entry "${entry.term}"`,
        field: "term",
        key: entry.term.toLowerCase(),
      })),
    ),
    ...repeated(
      "number",
      articles.map(({ file, entry }) => ({
        file,
        name: `article ${entry.number}`,
        field: "number",
        key: String(entry.number),
      })),
    ),
    ...repeated(
      "URL",
      articles.map(({ file, entry }) => ({
        file,
        name: `article ${entry.number}`,
        field: "url",
        key: canonicalUrl(entry.url) ?? entry.url,
      })),
    ),
    ...repeated("id", allClaims),
  ];
}

interface Keyed {
  readonly file: string;
  readonly name: string;
  readonly field: string;
  readonly key: string;
}

function repeated(what: string, keyed: readonly Keyed[]): Fault[] {
  const first = new Map<string, Keyed>();
  return keyed.flatMap((each) => {
    const earlier = first.get(each.key);
    first.set(each.key, earlier ?? each);
    if (!earlier) return [];
    const message = `duplicate ${what} "${each.key}", which ${earlier.file}, ${earlier.name} has already`;
    return [{ file: each.file, entry: each.name, field: each.field, message }];
  });
}

function danglingReferences({ topics, sections, terms, articles, claims }: Entries): Fault[] {
  const known = {
    topic: new Set(topics.map(({ entry }) => entry.id)),
    section: new Set(sections.map(({ entry }) => entry.id)),
  };
  const check = (
    file: string,
    entry: string,
    field: string,
    kind: "topic" | "section",
    id: string,
  ): Fault[] => {
    if (known[kind].has(id)) return [];
    const [nearest] = didYouMean(id, known[kind]);
    const hint = nearest ? `; did you mean "${nearest}"?` : "";
    return [{ file, entry, field, message: `unknown ${kind} "${id}"${hint}` }];
  };
  const topicsOf = (file: string, entry: string, ids: readonly string[]): Fault[] =>
    ids.flatMap((id, at) => check(file, entry, `topics[${at}]`, "topic", id));
  return [
    ...topics.flatMap(({ file, entry }) =>
      entry.parent === null ? [] : check(file, `entry "${entry.id}"`, "parent", "topic", entry.parent),
    ),
    ...terms.flatMap(({ file, entry }) =>
      check(file, `entry "${entry.term}"`, "topic", "topic", entry.topic),
    ),
    ...articles.flatMap(({ file, entry }) => [
      ...topicsOf(file, `article ${entry.number}`, entry.topics),
      ...check(file, `article ${entry.number}`, "section", "section", entry.section),
    ]),
    ...claims.flatMap(({ file, entry }) => [
      ...topicsOf(file, `entry "${entry.id}"`, entry.topics),
      ...check(file, `entry "${entry.id}"`, "section", "section", entry.section),
    ]),
  ];
}

/** Topics that are their own ancestors, which no walk from the roots would ever reach. */
function loops({ topics }: Entries): Fault[] {
  const parents = new Map(topics.map(({ entry }) => [entry.id, entry.parent]));
  return topics.flatMap(({ file, entry }) => {
    const seen = new Set<string>();
    let at: string | null | undefined = entry.id;
    while (at && !seen.has(at)) {
      seen.add(at);
      at = parents.get(at);
    }
    if (at !== entry.id) return [];
    return [
      { file, entry: `entry "${entry.id}"`, field: "parent", message: "the topic is its own ancestor" },
    ];
  });
}

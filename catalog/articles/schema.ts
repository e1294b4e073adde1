/**
 * What a data file of the reading list may hold. These schemas check at build and again at load; what no schema of one
 * entry can see (unknown topics, ids used twice) is in validate.ts.
 */
import * as z from "zod";
import { canonicalUrl } from "../identifiers.ts";

const text = z.string().trim().min(1, "must not be empty");
const chinese = text.regex(/\p{Script=Han}/u, "must be Chinese: it holds no Chinese character");
const english = text.regex(/[A-Za-z]/, "must be English: it holds no Latin letter");
const id = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "must be kebab-case: lower-case letters, digits, hyphens");
const link = z.string().refine((url) => /^https?:\/\//.test(url) && canonicalUrl(url) !== undefined, {
  error: "must be an http(s) link",
});

const topic = z.strictObject({
  id,
  parent: id.nullable(),
  title_zh: text,
  title_en: english,
  description: english,
});

const section = z.strictObject({ id, title_zh: chinese, title_en: english });

const term = z.strictObject({
  term: text,
  expansion: english,
  /** May be a product's name ("SageMaker Neo"), which has no Chinese form. */
  zh: text,
  definition: english,
  topic: id,
});

const paper = z
  .strictObject({
    title: english,
    authors: text,
    year: z.int().min(1900).max(2100),
    venue: text,
    arxiv: z
      .string()
      .regex(/^(\d{4}\.\d{4,5}|[a-z-]+(\.[a-z]{2})?\/\d{7})$/, "must be a bare arXiv id such as 1503.02531")
      .optional(),
    doi: z
      .string()
      .regex(/^10\.\d{4,9}\/\S+$/, "must be a bare DOI such as 10.1145/1356052.1356053")
      .optional(),
    url: link.optional(),
    confidence: z.enum(["certain", "likely"]),
  })
  .refine(({ arxiv, doi, url }) => arxiv ?? doi ?? url, { error: "needs one of arxiv, doi and url" });

const claim = z.strictObject({
  id,
  statement_en: english,
  statement_zh: chinese,
  /** An arXiv id, `list` for the reading list itself, or a publication in words. */
  source: text,
  paper_figure: text.optional(),
  test: english,
});

const proseClaim = claim.extend({ section: id, topics: z.array(id).min(1), quote_zh: text });

const article = z.strictObject({
  number: z.int().min(1).max(10_000),
  section: id,
  kind: z.enum(["article", "question", "repo", "tool"]),
  url: link,
  title_zh: chinese,
  title_en: english,
  topics: z.array(id).min(1),
  papers: z.array(paper),
  claims: z.array(claim),
});

const file = <Entry extends z.ZodType>(entry: Entry) =>
  z.strictObject({ source: text, entries: z.array(entry) });

export const topicsFile = file(topic);
export const sectionsFile = file(section);
export const glossaryFile = file(term);
export const articlesFile = file(article);
export const claimsFile = file(proseClaim);

export type Topic = z.infer<typeof topic>;
export type Section = z.infer<typeof section>;
export type Term = z.infer<typeof term>;
export type Article = z.infer<typeof article>;
export type Claim = z.infer<typeof claim>;
export type ProseClaim = z.infer<typeof proseClaim>;

/** The whole reading list, checked. */
export interface ReadingList {
  readonly topics: readonly Topic[];
  readonly sections: readonly Section[];
  readonly terms: readonly Term[];
  readonly articles: readonly Article[];
  readonly claims: readonly ProseClaim[];
}

/**
 * What the terminal UI reads, as one small interface: the model asks it and knows neither SQL nor the registry.
 * `catalog-source.ts` answers from the database.
 */
import type { RunSummary, StoredRun } from "../../catalog/ledger.ts";
import type { Highlighted } from "../../catalog/search.ts";
import type { Bilingual, Experiment, Verdict } from "../../kernels/experiment.ts";

export interface TopicRow {
  /** Null stands for the whole list. */
  readonly id: string | null;
  readonly title: Bilingual;
  /** Depth in the tree; 0 for a root. */
  readonly depth: number;
  /** Articles of the topic and its subtopics. */
  readonly articles: number;
}

export interface ArticleRow {
  readonly number: number;
  readonly titleEn: Highlighted;
  readonly titleZh: Highlighted;
  /** Why it was found, where its title does not say so. */
  readonly because?: { readonly field: string } & Highlighted;
}

export interface SearchRows {
  readonly rows: readonly ArticleRow[];
  /** How many articles match, of which `rows` has the first. */
  readonly count: number;
  /** A query that would find something, where this one found nothing. */
  readonly suggestion: string | undefined;
}

export interface PaperDetail {
  readonly title: string;
  readonly authors: string;
  readonly year: number;
  readonly venue: string;
  /** arXiv id, DOI or address. */
  readonly where: string;
  readonly likely: boolean;
}

export interface ClaimDetail {
  readonly id: string;
  readonly statement: Bilingual;
  readonly source: string;
  /** The newest verdict and its run; undefined while it was never tested. */
  readonly verdict:
    | { readonly verdict: Verdict; readonly evidence: string; readonly run: string }
    | undefined;
  /** The experiment that tests it; undefined while none does. */
  readonly experiment: string | undefined;
}

export interface ExperimentDetail {
  readonly id: string;
  readonly title: Bilingual;
  readonly question: string;
}

export interface ArticleDetail {
  readonly number: number;
  readonly title: Bilingual;
  readonly kind: string;
  readonly section: Bilingual;
  readonly url: string;
  readonly topics: readonly Bilingual[];
  readonly papers: readonly PaperDetail[];
  readonly claims: readonly ClaimDetail[];
  readonly experiments: readonly ExperimentDetail[];
  /** Articles of the same topics. */
  readonly neighbours: readonly { readonly number: number; readonly title: Bilingual }[];
}

export interface TopicDetail {
  readonly title: Bilingual;
  readonly description: string;
  /** Claims of the topic and its subtopics, those of the list's own prose among them. */
  readonly claims: readonly ClaimDetail[];
  readonly experiments: readonly ExperimentDetail[];
}

/** What a run is asked for: the experiments of an article or of a topic (null: of the whole list). */
export type Scope = { readonly article: number } | { readonly topic: string | null };

export interface Source {
  /** The whole list first, then the tree in order. */
  topics(): readonly TopicRow[];
  /** Articles of a topic and its subtopics, by number. */
  articles(topic: string | null): readonly ArticleRow[];
  /** Articles that match, best first. */
  search(query: string): SearchRows;
  topic(id: string): TopicDetail | undefined;
  article(number: number): ArticleDetail | undefined;
  experimentsFor(scope: Scope): readonly Experiment[];
  /** Title of an experiment, or its id where it is not known any more. */
  experimentTitle(id: string): Bilingual;
  runs(): readonly RunSummary[];
  run(id: string): StoredRun | undefined;
}

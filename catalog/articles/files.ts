/**
 * The data files by name and what each holds. One table, so that checking, the digest and loading cannot disagree about
 * which files the reading list consists of.
 */
export const dataFiles = {
  "topics.json": "topics",
  "sections.json": "sections",
  "glossary.json": "terms",
  "articles-distillation.json": "articles",
  "articles-acceleration.json": "articles",
  "articles-tools.json": "articles",
  "claims.json": "claims",
} as const;

export type DataFile = keyof typeof dataFiles;

/** Names of the data files, in the order in which the digest takes them. */
export const dataFileNames = Object.keys(dataFiles) as DataFile[];

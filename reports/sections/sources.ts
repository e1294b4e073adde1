/** The articles and papers behind a run, with titles in Chinese and English and a link to each. */
import type { ArticleDetail, Paper } from "../../catalog/library.ts";
import { link, text } from "../markdown.ts";
import type { Sources } from "../sources.ts";

/** Blocks of Markdown: what the claims stand in, then what else the list has on these topics. */
export function sourcesSection({ cited, related }: Sources): string[] {
  if (cited.length === 0 && related.length === 0) return [];
  const doubtful = [...cited, ...related].some(({ papers }) =>
    papers.some(({ confidence }) => confidence === "likely"),
  );
  return [
    "## Articles and papers",
    ...(doubtful
      ? ["Of a paper marked _likely_ it is probable, not certain, that the article is about it."]
      : []),
    ...(cited.length > 0 ? ["Claims of this run stand in:", cited.map(entry).join("\n")] : []),
    ...(related.length > 0 ? ["On the same topics:", related.map(entry).join("\n")] : []),
  ];
}

function entry(article: ArticleDetail): string {
  const { number, titleEn, titleZh, url, papers } = article;
  const title = titleZh === titleEn ? "" : ` ${text(titleZh)}`;
  return [
    `- #${number} ${link(titleEn, url)}${title}`,
    ...papers.map((paper) => `  - ${paperText(paper)}`),
  ].join("\n");
}

function paperText({ title, authors, year, venue, link: url, confidence }: Paper): string {
  const sure = confidence === "likely" ? " (_likely_)" : "";
  const when = venue.includes(String(year)) ? venue : `${venue}, ${year}`;
  return `${link(title, url)}, ${text(`${authors}, ${when}`)}${sure}`;
}

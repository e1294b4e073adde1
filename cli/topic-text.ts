/**
 * One topic as lines: where it stands in the tree, what is below it, and what hangs on it.
 */
import type { ArticleRow, Claim, Term, Topic, TopicNode } from "../catalog/library.ts";
import { experimentLines } from "./article-text.ts";
import { type ClaimContext, claimSummary } from "./claim-text.ts";
import { section, under } from "./paragraphs.ts";
import type { View } from "./print.ts";

export interface TopicContext extends ClaimContext {
  /** From the root to the topic itself. */
  readonly path: readonly Topic[];
  readonly children: readonly TopicNode[];
  readonly articles: readonly ArticleRow[];
  readonly claims: readonly Claim[];
  readonly terms: readonly Term[];
}

export function topicLines(topic: Topic, context: TopicContext, view: View): string[] {
  const { theme } = view;
  return [
    theme.muted(context.path.map(({ id }) => id).join(" > ")),
    theme.heading(`${topic.titleZh}  ${topic.titleEn}`),
    ...under("", topic.description, view),
    ...section(
      "Topics below",
      context.children.flatMap((child) => childLines(child, view)),
      view,
    ),
    ...section(
      "Articles",
      context.articles.flatMap((article) => articleLine(article, view)),
      view,
    ),
    ...section(
      "Claims",
      context.claims.flatMap((claim) => claimSummary(claim, context, view)),
      view,
    ),
    ...section("Experiments", experimentLines(context.experiments, `--topic ${topic.id}`, view), view),
    ...section(
      "Terms",
      context.terms.flatMap((term) => under(`${term.term}  `, term.zh, view)),
      view,
    ),
  ];
}

function childLines({ id, titleZh, titleEn, articles, claims }: TopicNode, view: View): string[] {
  return under(`${id}  `, `${titleZh} / ${titleEn}: ${articles} articles, ${claims} claims`, view);
}

function articleLine({ number, titleZh, titleEn }: ArticleRow, view: View): string[] {
  return under(`#${number}`.padEnd(5), `${titleZh} / ${titleEn}`, view);
}

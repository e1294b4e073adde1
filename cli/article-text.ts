/**
 * One article as lines: its papers with links, its claims with their latest verdict, the experiments that match, and
 * its neighbours by topic.
 */
import type { ArticleDetail, Paper, Topic } from "../catalog/library.ts";
import type { Experiment } from "../kernels/experiment.ts";
import type { Verdicts } from "./catalog-selection.ts";
import { claimSummary } from "./claim-text.ts";
import { section, under } from "./paragraphs.ts";
import type { View } from "./print.ts";
import { sanitise } from "./terminal-text.ts";

export interface ArticleContext {
  readonly topics: readonly Topic[];
  readonly experiments: readonly Experiment[];
  readonly verdicts: Verdicts;
}

export function articleLines(article: ArticleDetail, context: ArticleContext, view: View): string[] {
  const { theme } = view;
  const { number, titleZh, titleEn, url, kind, retired, sectionZh, sectionEn } = article;
  const left = retired ? " (no longer in the list; kept for your notes)" : "";
  return [
    ...under(`#${number}  `, titleZh, view, theme.heading),
    ...under(" ".repeat(`#${number}  `.length), titleEn, view),
    theme.link(sanitise(url)),
    ...under("", `${kind}${left}, ${sectionZh} (${sectionEn})`, view, theme.muted),
    ...context.topics.flatMap((topic) =>
      under("", `topic ${topic.id}: ${topic.titleZh} (${topic.titleEn})`, view, theme.muted),
    ),
    ...section(
      "Papers",
      article.papers.flatMap((paper) => paperLines(paper, view)),
      view,
    ),
    ...section(
      "Claims",
      article.statements.flatMap((claim) => claimSummary(claim, context, view)),
      view,
    ),
    ...section("Experiments", experimentLines(context.experiments, `--article ${number}`, view), view),
    ...section(
      "Neighbours by topic",
      article.neighbours.flatMap((each) => neighbourLines(each, view)),
      view,
    ),
  ];
}

function paperLines(
  { position, title, authors, year, venue, link, confidence }: Paper,
  view: View,
): string[] {
  const sure = confidence === "likely" ? " (likely meant)" : "";
  return [
    ...under(`${position}  `, `${title}${sure}`, view),
    ...under("   ", `${authors}, ${year}, ${venue}`, view, view.theme.muted),
    ...(link ? [`   ${view.theme.link(sanitise(link))}`] : []),
  ];
}

function neighbourLines(
  { number, titleZh, titleEn, shared }: ArticleDetail["neighbours"][number],
  view: View,
): string[] {
  const head = `#${number}`.padEnd(5);
  return under(head, `${titleZh} / ${titleEn} [${shared.join(" ")}]`, view);
}

/** Experiments with the command that runs them. */
export function experimentLines(experiments: readonly Experiment[], wish: string, view: View): string[] {
  if (experiments.length === 0) return [];
  return [
    ...experiments.flatMap(({ id, title }) => under(`${id}  `, `${title.en} / ${title.zh}`, view)),
    view.theme.muted(`run: kdaccel bench ${wish}`),
  ];
}

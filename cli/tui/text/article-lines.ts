/** The detail of an article as lines: its papers, its claims with their newest verdicts, the experiments that match. */
import type { Bilingual, Verdict } from "../../../kernels/experiment.ts";
import { findingsIn } from "../../../kernels/judge.ts";
import { sanitise, wrap } from "../../terminal-text.ts";
import { blank, type Line, type Span, span } from "../line.ts";
import type { ArticleDetail, ClaimDetail, ExperimentDetail, PaperDetail, TopicDetail } from "../source.ts";
import type { Role } from "../theme.ts";

/** Marks beside the words, so that a verdict is found by the eye without colour. */
export const verdictMarks: Readonly<Record<Verdict, string>> = {
  confirmed: "✓",
  refuted: "✗",
  inconclusive: "?",
};

/** All lines of an article's detail in so many columns. */
export function articleLines(article: ArticleDetail, columns: number, titles: "en" | "zh"): Line[] {
  const other = titles === "en" ? "zh" : "en";
  const facts = [`#${article.number}`, article.kind, article.section[titles]].join(" · ");
  return [
    ...wrapped(article.title[titles], columns, "heading"),
    ...(article.title[other] === article.title[titles] ? [] : wrapped(article.title[other], columns)),
    ...wrapped(facts, columns, "muted"),
    ...wrapped(article.topics.map((topic) => topic[titles]).join(" · "), columns, "muted"),
    ...wrapped(article.url, columns, "link"),
    ...section(
      "Papers",
      article.papers.map((paper) => paperLines(paper, columns)),
    ),
    ...claimsAndExperiments(article, columns, titles),
    ...section(
      "On the same topics",
      article.neighbours.map((it) =>
        wrapped(`#${it.number} ${it.title[titles]}`, columns - 2, "muted", "  "),
      ),
    ),
  ];
}

/** All lines about a topic in so many columns. */
export function topicLines(topic: TopicDetail, columns: number, titles: "en" | "zh"): Line[] {
  return [
    ...wrapped(topic.title[titles], columns, "heading"),
    ...wrapped(topic.title[titles === "en" ? "zh" : "en"], columns),
    ...wrapped(topic.description, columns, "muted"),
    ...claimsAndExperiments(topic, columns, titles),
  ];
}

function claimsAndExperiments(
  { claims, experiments }: Pick<TopicDetail, "claims" | "experiments">,
  columns: number,
  titles: "en" | "zh",
): Line[] {
  return [
    ...section(
      "Claims",
      claims.map((claim) => claimLines(claim, columns, titles)),
    ),
    ...section(
      "Experiments",
      experiments.map((it) => experimentLines(it, columns, titles)),
    ),
  ];
}

function experimentLines(
  { id, title, question }: ExperimentDetail,
  columns: number,
  titles: "en" | "zh",
): Line[] {
  return [
    ...wrapped(`${id}: ${title[titles]}`, columns - 2, "id", "  "),
    ...wrapped(question, columns - 4, undefined, "    "),
  ];
}

/** Foreign text as lines of so many columns, each indented. */
export function wrapped(text: string, columns: number, role?: Role, indent = ""): Line[] {
  const lines = wrap(sanitise(text), Math.max(8, columns));
  return lines.filter(Boolean).map((line) => [{ text: indent }, span(line, role)]);
}

function section(title: string, entries: readonly (readonly Line[])[]): Line[] {
  if (entries.length === 0) return [];
  return [blank, [span(title, "heading")], ...entries.flat()];
}

function paperLines(paper: PaperDetail, columns: number): Line[] {
  const facts = [paper.authors, String(paper.year), paper.venue].filter(Boolean).join(", ");
  return [
    ...wrapped(paper.title, columns - 2, undefined, "  "),
    ...wrapped(paper.likely ? `${facts} (likely meant)` : facts, columns - 4, "muted", "    "),
    ...wrapped(paper.where, columns - 4, "link", "    "),
  ];
}

function claimLines(claim: ClaimDetail, columns: number, titles: keyof Bilingual): Line[] {
  const statement = wrapped(claim.statement[titles], columns - 4, undefined, "    ");
  const source = wrapped(`from ${claim.source}`, columns - 4, "muted", "    ");
  const head: Line = [{ text: "  " }, ...verdictSpans(claim), { text: " " }, span(claim.id, "id")];
  const findings = claim.verdict ? findingsIn(claim.verdict.evidence) : [];
  const evidence = findings.map((finding, at) =>
    at === 0 ? `in ${claim.verdict?.run}: ${finding}` : finding,
  );
  return [
    head,
    ...statement,
    ...source,
    ...evidence.flatMap((finding) => wrapped(finding, columns - 4, "muted", "    ")),
  ];
}

function verdictSpans({ verdict, experiment }: ClaimDetail): Span[] {
  if (verdict) return verdictBadge(verdict.verdict);
  return [span(experiment === undefined ? "· no experiment yet" : "· not tested", "muted")];
}

/** A verdict as mark and word. */
export function verdictBadge(verdict: Verdict): Span[] {
  return [span(`${verdictMarks[verdict]} ${verdict}`, verdict)];
}

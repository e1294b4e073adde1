/**
 * Claims as lines: in brief under an article or topic, in full by themselves, with verdict, rule and evidence.
 */
import { type Claim, sourceLink } from "../catalog/library.ts";
import type { Experiment } from "../kernels/experiment.ts";
import { testOf, type Verdicts } from "./catalog-selection.ts";
import { section, under } from "./paragraphs.ts";
import type { View } from "./print.ts";
import { sanitise } from "./terminal-text.ts";

export interface ClaimContext {
  readonly experiments: readonly Experiment[];
  readonly verdicts: Verdicts;
}

/** Id and verdict, then the statement in both languages. */
export function claimSummary(
  claim: Claim,
  { verdicts }: Pick<ClaimContext, "verdicts">,
  view: View,
): string[] {
  const { theme } = view;
  const latest = verdicts.get(claim.id);
  const verdict = latest
    ? theme[latest.verdict](`${latest.verdict} (${latest.run})`)
    : theme.muted("not tested here");
  return [
    `${theme.id(sanitise(claim.id))}  ${verdict}`,
    ...under("  ", claim.statementZh, view),
    ...under("  ", claim.statementEn, view),
  ];
}

/** Everything that is known of a claim. */
export function claimLines(claim: Claim, context: ClaimContext, view: View): string[] {
  const { theme } = view;
  const latest = context.verdicts.get(claim.id);
  const tested = testOf(context.experiments, claim.id);
  const link = sourceLink(claim);
  const fact = (label: string, text: string | null): string[] =>
    text === null ? [] : under(`${label.padEnd(labelWidth)}`, text, view);
  return [
    theme.heading(sanitise(claim.id)),
    ...under("", claim.statementZh, view),
    ...under("", claim.statementEn, view),
    "",
    ...fact(
      "made by",
      claim.article === null
        ? `the list, ${claim.sectionZh} (${claim.sectionEn})`
        : `article #${claim.article}`,
    ),
    ...fact("in its words", claim.quoteZh),
    ...fact(
      "source",
      claim.source === "list" ? "the reading list" : `${claim.source}${link ? `  ${link}` : ""}`,
    ),
    ...fact("published", claim.paperFigure),
    ...fact("topics", claim.topics.join(" ")),
    ...fact("to test it", claim.test),
    ...section("Verdict", verdictLines(latest, view), view),
    ...section(
      "Experiment",
      tested
        ? [
            ...under(`${tested.experiment.id}  `, tested.experiment.title.en, view),
            ...under("rule: ", tested.rule, view),
            theme.muted(`run: kdaccel bench --claim ${claim.id}`),
          ]
        : ["none tests it yet"],
      view,
    ),
  ];
}

const labelWidth = "in its words".length + 2;

function verdictLines(latest: ReturnType<Verdicts["get"]>, view: View): string[] {
  if (!latest) return [view.theme.muted("none: it was not tested here")];
  const { verdict, run, evidence, rule, judgedAt } = latest;
  return [
    `${view.theme[verdict](verdict)} in run ${run}, ${judgedAt.slice(0, 10)}`,
    ...under("", evidence, view),
    ...under("rule: ", rule, view, view.theme.muted),
  ];
}

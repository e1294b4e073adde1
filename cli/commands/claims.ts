/**
 * `kdaccel claims`: what is claimed, and what was found here. Separate from `show` because it lists many in brief.
 */
import { type Command, Option } from "commander";
import type { Connection } from "../../catalog/database/open.ts";
import { latestVerdicts } from "../../catalog/ledger.ts";
import { type Claim, claims } from "../../catalog/library.ts";
import { withCatalog } from "../../catalog/open-catalog.ts";
import { knownTopic, testOf } from "../catalog-selection.ts";
import type { Laboratory } from "../laboratory.ts";
import { advise, printDocument, printLines, stdoutView, type View } from "../print.ts";
import { columnsOf, sanitise, truncate } from "../terminal-text.ts";

const verdictChoices = ["confirmed", "refuted", "inconclusive", "none"] as const;
type VerdictChoice = (typeof verdictChoices)[number];

interface ClaimsOptions {
  readonly topic?: string;
  readonly verdict?: VerdictChoice;
  readonly json?: boolean;
}

export function define(command: Command, laboratory: Laboratory): void {
  command
    .option("--topic <id>", "only claims of a topic and all below it")
    .addOption(
      new Option("--verdict <verdict>", "only claims with this latest verdict").choices(verdictChoices),
    )
    .option("--json", "print one JSON document")
    .action((options: ClaimsOptions) => withCatalog((db) => list(db, laboratory, options)));
}

interface JudgedClaim extends Claim {
  readonly verdict: VerdictChoice;
  /** The run that the verdict comes from. */
  readonly run: string | null;
  readonly evidence: string | null;
  /** The experiment that tests it, or null while none does. */
  readonly experiment: string | null;
}

async function list(db: Connection, laboratory: Laboratory, options: ClaimsOptions): Promise<void> {
  const topic = knownTopic(db, options.topic);
  const experiments = await laboratory.experiments();
  const verdicts = latestVerdicts(db);
  const rows = claims(db, { topic })
    .map((claim): JudgedClaim => {
      const latest = verdicts.get(claim.id);
      return {
        ...claim,
        verdict: latest?.verdict ?? "none",
        run: latest?.run ?? null,
        evidence: latest?.evidence ?? null,
        experiment: testOf(experiments, claim.id)?.experiment.id ?? null,
      };
    })
    .filter((claim) => options.verdict === undefined || claim.verdict === options.verdict);
  if (options.json) return printDocument("claims", { claims: rows });
  if (rows.length === 0) return advise("No claim matches. `kdaccel claims` lists all of them.");
  const view = stdoutView();
  printLines(rows.flatMap((claim) => claimLines(claim, view)));
}

/** Three lines, because an id and a statement do not fit beside each other on a terminal. */
function claimLines(claim: JudgedClaim, { theme, width }: View): string[] {
  const { id, verdict, article, experiment, statementEn, statementZh } = claim;
  const place = article === null ? "the list" : `#${article}`;
  const state = verdict === "none" ? theme.muted : theme[verdict];
  const told = `${sanitise(id)}  ${verdictText(claim)}  `;
  const facts = truncate(
    sanitise([place, experiment ?? "no experiment yet"].join(", ")),
    width - columnsOf(told),
  );
  return [
    `${theme.id(sanitise(id))}  ${state(verdictText(claim))}  ${theme.muted(facts)}`.trimEnd(),
    ...[statementEn, statementZh].map((text) => `  ${truncate(sanitise(text), width - 2)}`),
  ];
}

function verdictText({ verdict, run }: JudgedClaim): string {
  return verdict === "none" ? "not tested here" : `${verdict} in ${run ?? ""}`;
}

/** A rule over several layers: so many won confirm, so many lost refute, and whatever lies between is open. Light. */
import type { Evidence, Judgement, Measurement } from "../experiment.ts";
import { allHold, estimate, type Finding, missing, type RatioQuery, ratioIn } from "../judge.ts";

export interface MajorityRule {
  readonly workloads: readonly string[];
  readonly ratio: Omit<RatioQuery, "workload">;
  /** Rounds that each ratio must have. */
  readonly rounds: number;
  readonly winsAsked: number;
  readonly lossesRefuting: number;
  won(ratio: Measurement): boolean;
  lost(ratio: Measurement): boolean;
}

/** The verdict over all layers, with every ratio in its evidence. */
export function judgeMajority(evidence: Evidence, rule: MajorityRule): Judgement {
  const { workloads, ratio, rounds, winsAsked, lossesRefuting } = rule;
  const found = workloads.map((workload) => ratioIn(evidence, { ...ratio, workload }));
  const absent = workloads.find((_, i) => !found[i]);
  const enough = found.map((m) => (m && m.n >= rounds ? m : undefined));
  const won = enough.filter((m) => m && rule.won(m)).length;
  const lost = enough.filter((m) => m && rule.lost(m)).length;
  const listed = found.flatMap((m) => (m ? [`${m.workload} ${estimate(m)}`] : []));
  const holds = won >= winsAsked ? true : lost >= lossesRefuting ? false : null;
  const counted =
    `${ratio.variant} over ${ratio.against} (${ratio.target}): ${won} won, ${lost} lost of ${workloads.length}` +
    `${listed.length > 0 ? `: ${listed.join(", ")}` : ""}`;
  const few = found.some((m) => m && m.n < rounds);
  const remedy = few
    ? `; fewer than ${rounds} rounds on some: run --profile standard`
    : "; more rounds (--profile full) narrow what is open";
  const findings: Finding[] = [{ holds, text: holds === null ? `${counted}${remedy}` : counted }];
  if (absent && holds === null)
    findings.push(missing(evidence, { ...ratio, workload: absent, metric: "speed-up" }, ratio.against));
  return allHold(findings);
}

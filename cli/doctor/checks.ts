/** Every check in the order in which they are made; and how one is made whatever happens in it. */
import { type Check, type Facts, type Finding, problem } from "./check.ts";
import { machineChecks, messageOf } from "./machine-checks.ts";
import { softwareChecks } from "./software-checks.ts";
import { timingChecks } from "./timing-checks.ts";

export const checks: readonly Check[] = [...softwareChecks, ...machineChecks, ...timingChecks];

/** A check with what it found. */
export interface Checked extends Finding {
  readonly id: string;
  readonly looksAt: string;
}

/** Makes one check. One that fails is a problem, and the others go on. */
export async function made({ id, looksAt, judge }: Check, facts: Facts): Promise<Checked> {
  try {
    return { id, looksAt, ...(await judge(facts)) };
  } catch (error) {
    const advice = "The other checks do not need it; `--debug` of the failing command shows more.";
    return { id, looksAt, ...problem(`could not be looked at: ${messageOf(error)}`, advice) };
  }
}

/**
 * What a reader should know before believing a table of times: the remarks on its series, at most one sentence a kind,
 * each with the contestants that it is about and what follows from it.
 */
import type { StoredSample } from "../catalog/ledger.ts";
import { type Remark, remarksOn } from "../kernels/measure/remarks.ts";

const sentences: Readonly<Record<Remark["kind"], (found: string) => string>> = {
  few: (found) => `Too few rounds for an interval, which takes six: ${found}.`,
  outliers: (found) =>
    `Far from the rest: ${found}. Something else used the machine; no sample was left out of the medians.`,
  trend: (found) =>
    `Times drifted while they were taken: ${found}. Ratios are paired round by round and suffer less.`,
  wide: (found) => `Wide intervals: ${found}. More rounds (--profile full) narrow them.`,
};
/** A sentence names so many contestants and counts the others. */
const named = 3;

/** Remarks on one workload's samples, given in the order in which they were taken; none if all is well. */
export function cellRemarks(samples: readonly StoredSample[]): string[] {
  const series = Map.groupBy(
    samples.filter(({ metric }) => metric === "time"),
    ({ variant, target }) => `${variant} (${target})`,
  );
  const remarks = [...series].flatMap(([who, taken]) =>
    remarksOn(taken.map(({ value }) => value)).map((remark) => ({ who, ...remark })),
  );
  return [...Map.groupBy(remarks, ({ kind }) => kind)].map(([kind, alike]) => sentences[kind](listed(alike)));
}

/** `a (wasm) 5 rounds, b (wasm) 5 rounds, c (js) 5 rounds and 2 more`. */
function listed(remarks: readonly { readonly who: string; readonly found: string }[]): string {
  const shown = remarks.slice(0, named).map(({ who, found }) => `${who} ${found}`);
  const others = remarks.length - shown.length;
  return others > 0 ? `${shown.join(", ")} and ${others} more` : shown.join(", ");
}

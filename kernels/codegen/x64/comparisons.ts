/**
 * Comparisons have their predicate in an immediate; assemblers and disassemblers write it into the mnemonic. For code
 * that is generated, `predicate` turns the words into the number. Reference: Intel SDM volume 2, CMPPS, table 3-1.
 */

/** Predicates of floating-point comparisons; o is ordered, u unordered, s signals on quiet NaN and q does not. */
const floatPredicates = [
  ...["eq", "lt", "le", "unord", "neq", "nlt", "nle", "ord"],
  ...["eq_uq", "nge", "ngt", "false", "neq_oq", "ge", "gt", "true"],
  ...["eq_os", "lt_oq", "le_oq", "unord_s", "neq_us", "nlt_uq", "nle_uq", "ord_s"],
  ...["eq_us", "nge_uq", "ngt_uq", "false_os", "neq_os", "ge_oq", "gt_oq", "true_us"],
] as const;

/** Predicates of integer comparisons; 3 and 7 are constants that have no name. */
const integerPredicates = ["eq", "lt", "le", "", "neq", "nlt", "nle", ""] as const;

export type FloatPredicate = (typeof floatPredicates)[number];

/** The immediate of vcmpps, vcmppd, vcmpss, vcmpsd. */
export function floatPredicate(name: FloatPredicate): number {
  return floatPredicates.indexOf(name);
}

/** The immediate of vpcmpd, vpcmpud, vpcmpq, vpcmpuq. */
export function integerPredicate(name: Exclude<(typeof integerPredicates)[number], "">): number {
  return integerPredicates.indexOf(name);
}

/** The mnemonic with the predicate in it, where there is one: vcmpltps for vcmpps and 1. */
export function comparisonName(name: string, immediate: number): string | undefined {
  const [, stem = "", suffix = ""] = /^(vcmp|vpcmp)(ps|pd|ss|sd|d|ud|q|uq)$/.exec(name) ?? [];
  const predicate = stem && (stem === "vcmp" ? floatPredicates : integerPredicates)[immediate];
  return predicate ? stem + predicate + suffix : undefined;
}

/** Comparisons and what depends on them: lanes chosen by a mask, scalars by a jump. */
import { bytesOf, type CompareOperator, type Mask, type Value } from "../expressions.ts";
import type { InstructionName } from "./instructions.ts";
import { opposite } from "./integers.ts";
import { isaRows } from "./isa.ts";
import type { Label } from "./operands.ts";
import { type VectorRegister, vector } from "./registers.ts";
import { scratchMask } from "./state.ts";
import { suffixOf } from "./vector-types.ts";
import type { VectorUnit } from "./vectors.ts";

type Select = Extract<Value, { op: "select" }>;

/** Predicates of vcmpps that do not signal; only "not equal" holds where an operand is NaN (SDM, table 3-1). */
const realPredicates: Readonly<Record<CompareOperator, number>> = {
  eq: 0x00,
  ne: 0x04,
  lt: 0x11,
  le: 0x12,
  gt: 0x1e,
  ge: 0x1d,
};

/** Predicates of vpcmpd. */
const integerPredicates: Readonly<Record<CompareOperator, number>> = {
  eq: 0,
  lt: 1,
  le: 2,
  ne: 4,
  ge: 5,
  gt: 6,
};

/** `yes` where the mask holds, else `no`. */
export function chooseInto(unit: VectorUnit, value: Select, into: VectorRegister): void {
  if (value.type.lanes === 1) chooseScalar(unit, value, into);
  else if (isaRows[unit.state.isa].masks) chooseByMask(unit, value, into);
  else chooseByLanes(unit, value, into);
}

/** Both sides are free of effects, so that computing only one of them makes no difference. */
function chooseScalar(unit: VectorUnit, { mask, yes, no, type }: Select, into: VectorRegister): void {
  const chosen = unit.temporary(type, "a choice");
  const end = unit.state.label("chosen");
  unit.into(yes, chosen);
  unit.integers.branch(mask, end, true);
  unit.into(no, chosen);
  unit.state.code.bind(end);
  unit.move(type, into, chosen);
}

function chooseByMask(unit: VectorUnit, { mask, yes, no, type }: Select, into: VectorRegister): void {
  const { code } = unit.state;
  const chosen = unit.register(yes);
  const other = unit.register(no);
  unit.state.scoped(() => {
    const left = unit.register(mask.left);
    const right = unit.source(mask.right);
    if (mask.of.element === "i32")
      code.emit("vpcmpd", scratchMask, left, right, integerPredicates[mask.operator]);
    else
      code.emit(
        `vcmp${suffixOf(mask.of)}` as InstructionName,
        scratchMask,
        left,
        right,
        realPredicates[mask.operator],
      );
  });
  const blend = { f32: "vblendmps", f64: "vblendmpd", i32: "vpblendmd" } as const;
  code.emitMasked(blend[type.element], scratchMask, false, into, other, chosen);
}

function chooseByLanes(unit: VectorUnit, { mask, yes, no, type }: Select, into: VectorRegister): void {
  const chosen = unit.register(yes);
  const other = unit.register(no);
  const { lanes, inverted } = compareLanes(unit, mask);
  const blend = bytesOf[type.element] === 8 ? "vblendvpd" : "vblendvps";
  unit.state.code.emit(blend, into, ...(inverted ? [chosen, other] : [other, chosen]), lanes);
}

/** Lanes of all ones where the comparison holds, or, if `inverted`, where it does not. */
function compareLanes(unit: VectorUnit, mask: Mask): { lanes: VectorRegister; inverted: boolean } {
  const { code } = unit.state;
  const left = unit.register(mask.left);
  const right = unit.register(mask.right);
  const lanes = unit.temporary(mask.of, "a comparison");
  if (mask.of.element !== "i32") {
    const name = `vcmp${suffixOf(mask.of)}` as InstructionName;
    code.emit(name, lanes, left, right, realPredicates[mask.operator]);
    return { lanes, inverted: false };
  }
  // AVX2 compares integers for "equal" and "greater" alone.
  const { operator } = mask;
  const inverted = operator === "ne" || operator === "le" || operator === "ge";
  const plain = inverted ? opposite[operator] : operator;
  if (plain === "eq") code.emit("vpcmpeqd", lanes, left, right);
  else code.emit("vpcmpgtd", lanes, ...(plain === "gt" ? [left, right] : [right, left]));
  return { lanes, inverted };
}

/**
 * Jumps where the comparison of two scalars has this outcome. The flags of vucomiss: with NaN, zero, parity and carry
 * are all set; so "less" is asked as "greater" with the sides exchanged, which NaN fails.
 */
export function compareReals(unit: VectorUnit, condition: Mask, target: Label, outcome: boolean): void {
  const { code } = unit.state;
  const { operator, of } = condition;
  const left = unit.register(condition.left);
  const right = unit.register(condition.right);
  const name = of.element === "f64" ? "vucomisd" : "vucomiss";
  if (operator === "eq" || operator === "ne") {
    code.emit(name, vector(left.index, 128), vector(right.index, 128));
    const whenEqual = (operator === "eq") === outcome;
    if (whenEqual) {
      const unordered = unit.state.label("unordered");
      code.emit("jp", unordered);
      code.emit("je", target);
      code.bind(unordered);
    } else {
      code.emit("jp", target);
      code.emit("jne", target);
    }
    return;
  }
  const exchanged = operator === "lt" || operator === "le";
  const [first, second] = exchanged ? [right, left] : [left, right];
  code.emit(name, vector(first.index, 128), vector(second.index, 128));
  const orEqual = operator === "le" || operator === "ge";
  code.emit(outcome ? (orEqual ? "jae" : "ja") : orEqual ? "jb" : "jbe", target);
}

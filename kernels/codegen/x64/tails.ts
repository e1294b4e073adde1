/**
 * The first lanes of a vector as a mask: bits of a mask register on AVX-512, lanes of all ones on AVX2.
 */
import { bytesOf, type Tail, type Value } from "../expressions.ts";
import { isaRows } from "./isa.ts";
import { literalOf } from "./literals.ts";
import { atLabel } from "./operands.ts";
import { low, rax, rdx, vector } from "./registers.ts";
import type { VectorUnit } from "./vectors.ts";

/** Computes the mask of a tail into its home. */
export function defineTail(unit: VectorUnit, tail: Tail, count: Value): void {
  if (isaRows[unit.state.isa].masks) maskBits(unit, tail, count);
  else maskLanes(unit, tail, count);
}

/** The lowest `count` bits: all ones with the upper bits zeroed from `count` on, which must lie between 0 and 63. */
function maskBits(unit: VectorUnit, tail: Tail, count: Value): void {
  const { code } = unit.state;
  unit.integers.into(count, rax);
  code.emit("xor", low(rdx), low(rdx));
  code.emit("cmp", rax, 0);
  code.emit("cmovl", rax, rdx);
  code.emit("mov", rdx, tail.type.lanes);
  code.emit("cmp", rax, rdx);
  code.emit("cmovg", rax, rdx);
  code.emit("mov", rdx, -1);
  code.emit("bzhi", rdx, rdx, rax);
  code.emit("kmovd", unit.tailMask(tail), low(rdx));
}

/** count > lane, as integers of 32 bits; a lane of 64 bits compares twice and gets two halves of all ones. */
function maskLanes(unit: VectorUnit, tail: Tail, count: Value): void {
  const { code } = unit.state;
  const { element, lanes } = tail.type;
  const mask = unit.tailVector(tail);
  const narrow = vector(mask.index, 128);
  unit.integers.into(count, rax);
  code.emit("vmovd", narrow, low(rax));
  code.emit("vpbroadcastd", mask, narrow);
  const numbers = Array.from({ length: lanes }, (_, lane) =>
    new Array<number>(bytesOf[element] / 4).fill(lane),
  );
  code.emit("vpcmpgtd", mask, mask, atLabel(literalOf(code, "i32", numbers.flat())));
}

/**
 * Operands and what an instruction expects in words, for messages.
 */
import type { Form, Pattern } from "./forms.ts";
import { isImmediate, type Operand } from "./operands.ts";
import { registerName } from "./registers.ts";

const vectorNames: Readonly<Record<number, string>> = { 128: "xmm", 256: "ymm", 512: "zmm" };

/** "zmm or m512 or m32 broadcast". */
export function describePattern(pattern: Pattern, form: Form): string {
  const { register, memory, broadcast, immediate, label, indexBits } = pattern;
  if (immediate) return immediate === "s8" ? `a count below ${form.w ? 64 : 32}` : `imm ${immediate}`;
  if (label) return "a label";
  const kinds: string[] = [];
  if (register?.kind === "mask") kinds.push("k");
  if (register?.kind === "gpr") kinds.push(`r${register.bits}`);
  if (register?.kind === "vector") kinds.push(vectorNames[register.bits] ?? "");
  if (indexBits) return `m${(memory ?? 0) * 8} gathered by ${vectorNames[indexBits]}`;
  if (memory !== undefined) kinds.push(memory === 0 ? "memory" : `m${memory * 8}`);
  if (broadcast !== undefined) kinds.push(`m${broadcast * 8} broadcast`);
  return kinds.join(" or ");
}

/** "zmm3", "m256", "memory broadcast", "the label top", "70000". */
export function describeOperand(operand: Operand): string {
  if (isImmediate(operand)) return `${operand}`;
  if (operand.kind === "label") return `the label ${operand.name}`;
  if (operand.kind !== "memory") return registerName(operand);
  return `${operand.bytes === undefined ? "memory" : `m${operand.bytes * 8}`}${operand.broadcast ? " broadcast" : ""}`;
}

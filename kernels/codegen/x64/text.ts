/**
 * Writes an instruction as `objdump -M intel` writes it, but with names instead of addresses of labels.
 */
import { comparisonName } from "./comparisons.ts";
import type { Form, Pattern } from "./forms.ts";
import type { Instruction } from "./match.ts";
import { isImmediate, type MemoryOperand, type Operand } from "./operands.ts";
import { registerName } from "./registers.ts";

/** "vaddps zmm1{k1}{z},zmm2,DWORD BCST [rax+0x40]". */
export function instructionText(form: Form, instruction: Instruction): string {
  const { name, operands } = withoutComparison(instruction);
  const written = operands.map((operand, at) => {
    const text = operandText(operand, form.patterns[at] as Pattern, form);
    return at === 0 ? text + maskText(instruction) : text;
  });
  const mnemonic = isVexOfTwo(form) ? `{vex} ${name}` : name;
  return written.length === 0 ? mnemonic : `${mnemonic} ${written.join(",")}`;
}

/** Instructions that had an EVEX form first: their VEX form is the one to point out. */
const isVexOfTwo = ({ encoding, features }: Form): boolean =>
  encoding === "vex" && features.includes("avx_vnni");

/** A comparison's last immediate is written into its name. */
function withoutComparison({ name, operands }: Instruction): { name: string; operands: readonly Operand[] } {
  const last = operands.at(-1);
  if (last === undefined || !isImmediate(last)) return { name, operands };
  const merged = comparisonName(name, Number(last) & 0xff);
  return merged ? { name: merged, operands: operands.slice(0, -1) } : { name, operands };
}

const maskText = ({ mask, zeroing }: Instruction): string =>
  mask ? `{${registerName(mask)}}${zeroing ? "{z}" : ""}` : "";

function operandText(operand: Operand, pattern: Pattern, form: Form): string {
  if (isImmediate(operand)) return immediateText(operand, pattern, form);
  if (operand.kind === "label") return operand.name;
  if (operand.kind !== "memory") return registerName(operand);
  return `${sizeText(operand, pattern)}[${addressText(operand)}]${repetitionText(operand, pattern, form)}`;
}

function immediateText(value: number | bigint, { immediate }: Pattern, form: Form): string {
  const bits = immediate === "u8" || immediate === "s8" ? 8 : form.w ? 64 : 32;
  return hex(BigInt.asUintN(bits, BigInt(value)));
}

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;

const sizes: Readonly<Record<number, string>> = {
  ...{ 1: "BYTE", 2: "WORD", 4: "DWORD", 8: "QWORD" },
  ...{ 16: "XMMWORD", 32: "YMMWORD", 64: "ZMMWORD" },
};

function sizeText({ broadcast }: MemoryOperand, pattern: Pattern): string {
  if (broadcast) return `${sizes[pattern.broadcast ?? 0]} BCST `;
  return pattern.memory ? `${sizes[pattern.memory]} PTR ` : "";
}

/** Where no register tells how often an element is repeated, objdump writes it: xmm from xmm or ymm. */
function repetitionText({ broadcast }: MemoryOperand, pattern: Pattern, form: Form): string {
  const narrowing = form.bits < 512 && form.row[3].startsWith("h ");
  return broadcast && narrowing ? `{1to${form.bits / 8 / (pattern.broadcast ?? 1)}}` : "";
}

function addressText({ base, index, scale, displacement, label }: MemoryOperand): string {
  if (label) return `rip+${label.name}${displacement ? signedHex(displacement) : ""}`;
  const terms = [
    ...(base ? [registerName(base)] : []),
    ...(index ? [`${registerName(index)}*${scale}`] : []),
  ];
  // rbp and r13 are always written with a displacement, as is an index alone: their encoding has one.
  const silent = displacement === 0 && base !== undefined && (base.index & 7) !== 5;
  return terms.join("+") + (silent ? "" : signedHex(displacement));
}

const signedHex = (value: number): string => (value < 0 ? `-${hex(-value)}` : `+${hex(value)}`);

/**
 * Chooses the form of an instruction that takes given operands: the first that fits, in the order of the table. Where
 * none does, it says what the nearest one wants.
 */
import type { CpuFeature } from "../../native/cpu-features.ts";
import { type Complaint, ProgramError } from "../errors.ts";
import { describeOperand, describePattern } from "./describe.ts";
import type { Form, ImmediateKind, Pattern } from "./forms.ts";
import { formsOf, type InstructionName } from "./instructions.ts";
import { isImmediate, type MemoryOperand, type Operand } from "./operands.ts";
import { type MaskRegister, mask as maskRegister } from "./registers.ts";

/** An instruction as it is emitted. */
export interface Instruction {
  readonly name: InstructionName;
  readonly operands: readonly Operand[];
  /** Which lanes are computed (EVEX). */
  readonly mask?: MaskRegister;
  /** Whether the other lanes become 0 or stay. */
  readonly zeroing?: boolean;
}

/** Forms that were found, by instruction and by the kinds of its operands. */
type Found = Map<InstructionName, Map<number, Form>>;

const foundAmongAll: Found = new Map();
const foundAmong = new WeakMap<ReadonlySet<CpuFeature>, Found>();

/**
 * Which form of `instruction` takes its operands, among those whose features are allowed (default: all). The set must
 * not change: what was found is remembered for it.
 *
 * @throws ProgramError where there is none
 */
export function matchForm(instruction: Instruction, allowed?: ReadonlySet<CpuFeature>): Form {
  const kinds = kindsOf(instruction);
  if (kinds === 0) return searchForm(instruction, allowed);
  const found = allowed ? remembered(foundAmong, allowed) : foundAmongAll;
  const ofName = remembered(found, instruction.name);
  let form = ofName.get(kinds);
  if (!form) {
    form = searchForm(instruction, allowed);
    ofName.set(kinds, form);
  }
  return form;
}

/** The map that another one has for a key; made where there is none yet. */
function remembered<K, V, R>(
  maps: { get(key: K): Map<V, R> | undefined; set(key: K, map: Map<V, R>): unknown },
  key: K,
): Map<V, R> {
  let map = maps.get(key);
  if (!map) {
    map = new Map();
    maps.set(key, map);
  }
  return map;
}

/** The same without remembering. */
export function searchForm(instruction: Instruction, allowed?: ReadonlySet<CpuFeature>): Form {
  const forms = formsOf(instruction.name);
  if (forms.length === 0)
    complain(instruction, "an instruction of the table", "none of this name", "Add its row to x64/rows/.");
  const form = forms.find((each) => takes(each, instruction) && permits(each, allowed));
  if (!form) return explain(instruction, forms, allowed);
  checkUnambiguous(instruction, form, forms);
  return form;
}

const permits = (form: Form, allowed: ReadonlySet<CpuFeature> | undefined): boolean =>
  !allowed || form.features.every((feature) => allowed.has(feature));

function takes(form: Form, instruction: Instruction): boolean {
  const { operands } = instruction;
  return (
    form.patterns.length === operands.length &&
    takesMask(form, instruction) &&
    form.patterns.every((pattern, at) => accepts(pattern, operands[at] as Operand, form))
  );
}

function takesMask({ masked }: Form, { operands, mask, zeroing }: Instruction): boolean {
  if (!mask) return masked !== "always";
  if (masked === "never" || mask.index === 0) return false;
  return !zeroing || (masked === "maybe" && clears(operands));
}

/** Zeroing is for lanes of a register: stores and comparisons into a mask only merge (SDM volume 2A, 2.7.4). */
const clears = ([first]: readonly Operand[]): boolean => typeof first === "object" && first.kind === "vector";

function accepts(pattern: Pattern, operand: Operand, form: Form): boolean {
  if (isImmediate(operand)) return pattern.immediate !== undefined && fits(operand, pattern.immediate, form);
  if (operand.kind === "label") return pattern.label === true;
  if (operand.kind === "memory") return acceptsMemory(pattern, operand, form);
  if (pattern.register?.kind !== operand.kind) return false;
  if (operand.kind === "mask") return true;
  return pattern.register.bits === operand.bits && (operand.index < 16 || form.encoding === "evex");
}

function acceptsMemory(
  { memory, broadcast, indexBits }: Pattern,
  operand: MemoryOperand,
  { encoding }: Form,
): boolean {
  const { index } = operand;
  if (memory === undefined) return false;
  if ((index?.kind === "vector" ? index.bits : undefined) !== indexBits) return false;
  if (indexBits && index && index.index > 15 && encoding !== "evex") return false;
  if (operand.broadcast && !broadcast) return false;
  return operand.bytes === undefined || operand.bytes === memory;
}

/** Lowest and highest value of immediates. Bytes of control may be written signed or unsigned. */
const ranges: Readonly<Record<Exclude<ImmediateKind, "s8">, readonly [low: bigint, high: bigint]>> = {
  u8: [-128n, 255n],
  i8: [-128n, 127n],
  i32: [-(2n ** 31n), 2n ** 31n - 1n],
  u32: [-(2n ** 31n), 2n ** 32n - 1n],
  i64: [-(2n ** 63n), 2n ** 64n - 1n],
};

function fits(value: number | bigint, kind: ImmediateKind, form: Form): boolean {
  if (typeof value === "number" && !Number.isSafeInteger(value)) return false;
  // A shift count reaches up to the width of what is shifted.
  const [lowest, highest] = kind === "s8" ? [0n, form.w ? 63n : 31n] : ranges[kind];
  return value >= lowest && value <= highest;
}

/** Kinds of operands that one operand can be of, and more than there are. */
const kindRoom = 32;
/** No instruction has more operands, and so many kinds and a mask fit an integer of 30 bits. */
const mostOperands = 5;

/**
 * A number that is the same only for instructions that the same forms take; 0 where what decides is too particular to
 * be remembered. What `takes` looks at must be in it.
 */
function kindsOf({ operands, mask, zeroing }: Instruction): number {
  if (operands.length > mostOperands) return 0;
  let kinds = mask ? (mask.index === 0 ? 3 : zeroing ? 2 : 1) : 0;
  if (operands.length === 0) return kinds + 4;
  for (let at = 0; at < operands.length; at++) {
    const operand = operands[at] as Operand;
    const kind = isImmediate(operand) ? immediateKind(operand) : operandKind(operand);
    if (kind === 0) return 0;
    kinds = kinds * kindRoom + kind;
  }
  return kinds;
}

function operandKind(operand: Exclude<Operand, number | bigint>): number {
  switch (operand.kind) {
    case "label":
      return 1;
    case "mask":
      return 2;
    case "gpr":
      return operand.bits === 64 ? 3 : 4;
    case "vector":
      // 5 to 10: three widths, twice.
      return (operand.index < 16 ? 5 : 8) + (operand.bits >> 8);
    case "memory":
      if (operand.bytes !== undefined || operand.index?.kind === "vector") return 0;
      return operand.broadcast ? 11 : 12;
  }
}

/** Between two neighbours of these, and those included that are below, every range of immediates holds all or none. */
const bounds = [-(2 ** 31) - 1, -129, -1, 31, 63, 127, 255, 2 ** 31 - 1, 2 ** 32 - 1] as const;
const firstImmediate = 13;

function immediateKind(value: number | bigint): number {
  if (typeof value === "bigint" || !Number.isSafeInteger(value) || value <= bounds[0]) return 0;
  for (let i = 1; i < bounds.length; i++) if (value <= (bounds[i] as number)) return firstImmediate + i;
  return 0;
}

/** Memory without a register that tells its size fits forms of several sizes: the caller has to choose. */
function checkUnambiguous(instruction: Instruction, form: Form, forms: readonly Form[]): void {
  const at = instruction.operands.findIndex(
    (each) => !isImmediate(each) && each.kind === "memory" && each.bytes === undefined,
  );
  const bytes = form.patterns[at]?.memory;
  if (bytes === undefined) return;
  const other = forms.find(
    (each) =>
      each.encoding === form.encoding && each.patterns[at]?.memory !== bytes && takes(each, instruction),
  );
  if (!other) return;
  complain(
    instruction,
    `memory of known size, ${bytes} or ${other.patterns[at]?.memory} bytes`,
    "operands that fit both",
    "Say `bytes` in the memory operand.",
  );
}

function complain(instruction: Instruction, expected: string, found: string, remedy: string): never {
  const complaint: Complaint = { expected, found, remedy };
  throw new ProgramError(`x64 ${instruction.name}`, complaint);
}

function explain(
  instruction: Instruction,
  forms: readonly Form[],
  allowed: ReadonlySet<CpuFeature> | undefined,
): never {
  const { operands, mask, zeroing } = instruction;
  const unfeatured = forms.find((form) => takes(form, instruction));
  if (unfeatured) {
    const missing = unfeatured.features.filter((feature) => !allowed?.has(feature));
    complain(
      instruction,
      `a form without ${missing.join(", ")}`,
      "none",
      "Choose another instruction for this CPU.",
    );
  }
  if (!mask && forms.some((form) => takes(form, { ...instruction, mask: anyMask })))
    complain(instruction, "a mask from k1 to k7", "none", "Use emitMasked.");
  if (mask && forms.some((form) => takes(form, { name: instruction.name, operands }))) {
    const reason = mask.index === 0 ? "k0, which means no mask" : zeroing ? "zeroing" : `a mask`;
    complain(instruction, maskedForms(forms), reason, "Use emit, merging, or another mask.");
  }
  const wanted = [
    ...new Set(
      forms.map((form) => form.patterns.map((pattern) => describePattern(pattern, form)).join(", ")),
    ),
  ];
  const found = operands.map(describeOperand).join(", ") || "no operands";
  complain(instruction, wanted.map((each) => each || "no operands").join(" | "), found, remedyFor(operands));
}

const anyMask = maskRegister(1);

const maskedForms = (forms: readonly Form[]): string =>
  forms.some((form) => form.masked !== "never")
    ? "a mask from k1 to k7, zeroing only into a register"
    : "no mask";

function remedyFor(operands: readonly Operand[]): string {
  if (operands.some(isImmediate))
    return "Check the range of the immediate, or load it into a register with movabs.";
  const high = operands.some((each) => !isImmediate(each) && each.kind === "vector" && each.index > 15);
  return high
    ? "Registers 16 to 31 need a form of AVX-512."
    : "Check kinds, sizes and order of the operands.";
}

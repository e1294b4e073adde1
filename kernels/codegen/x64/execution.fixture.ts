/**
 * Executes forms of the instruction table on edge values and compares with the models: a function for each form that
 * loads its operands from a block of memory, executes the one instruction and stores what it left.
 */
import type { LoadedCode } from "../../native/executable.ts";
import { loadCode } from "../../native/executable.ts";
import { addressOf } from "../../native/foreign.ts";
import { Assembler } from "./assembler.ts";
import type { Form, Pattern } from "./forms.ts";
import type { Instruction } from "./match.ts";
import { countOf, type Lane, lanesOf, type Model, sizeOf } from "./models/model.fixture.ts";
import { type MemoryOperand, memory, type Operand } from "./operands.ts";
import { type Gpr, low, mask, r9, r10, rax, rcx, rdi, rdx, type VectorBits, vector } from "./registers.ts";

/** How one form is executed: where a memory operand stands, and the mask. */
export interface Variant {
  readonly source: "registers" | "memory" | "broadcast";
  readonly masking: "none" | "merge" | "zero";
}

export const variants: readonly Variant[] = (["registers", "memory", "broadcast"] as const).flatMap(
  (source) => (["none", "merge", "zero"] as const).map((masking): Variant => ({ source, masking })),
);

/** Where the only argument arrives: the address of the block. */
const block: Gpr = process.platform === "win32" ? rcx : rdi;

/** The block: a slot of 64 bytes for each operand, one for the mask, one for the result. */
const slotBytes = 64;
const maskSlot = 6;
const resultSlot = 7;
const slots = 8;

// Registers that no calling convention asks to keep, also high ones where EVEX can name them.
const vexVectors = [1, 3, 2, 4];
const evexVectors = [17, 3, 30, 24];
const generals: readonly Gpr[] = [rax, r9, rdx, r10];
const writeMask = 1;

const slot = (at: number): MemoryOperand => memory(block, { displacement: at * slotBytes });

interface Built {
  readonly instruction: Instruction;
  /** Whether operand i is memory. */
  readonly inMemory: readonly boolean[];
}

/** The instruction of a form in a variant, or undefined where it has none. */
function build(form: Form, { source, masking }: Variant, immediate: number): Built | undefined {
  const isMemory = ({ register, memory: bytes, broadcast }: Pattern): boolean =>
    bytes !== undefined &&
    (!register || (source === "broadcast" ? broadcast !== undefined : source === "memory"));
  const inMemory = form.patterns.map(isMemory);
  const movable = form.patterns.some(({ register, memory: bytes }) => register && bytes !== undefined);
  if (source !== "registers" && !movable) return undefined;
  if (source === "broadcast" && !form.patterns.some(({ broadcast }) => broadcast)) return undefined;
  if (masking !== "none" && form.masked === "never") return undefined;
  if (masking === "zero" && (inMemory[0] || form.patterns[0]?.register?.kind !== "vector")) return undefined;
  const operands = form.patterns.map((pattern, at): Operand => {
    if (pattern.immediate) return immediate;
    if (!inMemory[at]) return registerFor(form, pattern, at);
    return { ...slot(at), bytes: pattern.memory ?? 0, broadcast: source === "broadcast" };
  });
  const instruction = { name: form.name as Instruction["name"], operands };
  const masked = masking === "none" ? {} : { mask: mask(writeMask), zeroing: masking === "zero" };
  return { instruction: { ...instruction, ...masked }, inMemory };
}

function registerFor(form: Form, { register }: Pattern, at: number): Operand {
  if (register?.kind === "mask") return mask(2 + at);
  if (register?.kind === "gpr")
    return register.bits === 64 ? (generals[at] as Gpr) : low(generals[at] as Gpr);
  const list = form.encoding === "evex" ? evexVectors : vexVectors;
  return vector(list[at] as number, register?.bits as VectorBits);
}

/** Loads or stores a whole register. */
function move(assembler: Assembler, operand: Operand, at: number, store: boolean, wide: boolean): void {
  const place = slot(at);
  const pair = (register: Operand): [Operand, Operand] => (store ? [place, register] : [register, place]);
  if (typeof operand !== "object" || operand.kind === "memory" || operand.kind === "label") return;
  if (operand.kind === "gpr")
    assembler.emit("mov", ...pair(generals.find(({ index }) => index === operand.index) as Gpr));
  else if (operand.kind === "mask") assembler.emit("kmovq", ...pair(operand));
  else assembler.emit("vmovups", ...pair(vector(operand.index, wide ? 512 : 256)));
}

/** The bytes of the function of one form. */
function functionOf(form: Form, { instruction, inMemory }: Built, wide: boolean): number[] {
  const { name, operands, mask: selecting, zeroing = false } = instruction;
  const [before, exact, after] = [
    new Assembler(),
    new Assembler({ features: form.features }),
    new Assembler(),
  ];
  if (selecting) before.emit("kmovq", selecting, slot(maskSlot));
  for (const [at, operand] of operands.entries()) move(before, operand, at, false, wide);
  if (selecting) exact.emitMasked(name, selecting, zeroing, ...operands);
  else exact.emit(name, ...operands);
  if (!inMemory[0]) move(after, operands[0] as Operand, resultSlot, true, wide);
  after.emit("vzeroupper");
  after.emit("ret");
  return [before, exact, after].flatMap((part) => [...part.finish().bytes]);
}

/** Edge values by the type of a lane. Of 64 bits, they serve masks and general-purpose registers too. */
const edges: Readonly<Record<string, readonly Lane[]>> = {
  f32: [
    0,
    -0,
    1,
    -1.5,
    2.5,
    Number.NaN,
    Infinity,
    -Infinity,
    2 ** -149,
    -(2 ** -130),
    3.4028234663852886e38,
    0.1,
    7e9,
  ],
  f64: [
    0,
    -0,
    1,
    -1.5,
    2.5,
    Number.NaN,
    Infinity,
    -Infinity,
    5e-324,
    -1e-310,
    1.7976931348623157e308,
    0.1,
    -7e9,
  ],
  i8: [0, 1, -1, 127, -128, 5, -7, 64],
  i16: [0, 1, -1, 32767, -32768, 255, 256, -300, 16384],
  i32: [0, 1, -1, 2147483647, -2147483648, 12345, -7, 65536, 31, 255, 0x7fffff80],
  i64: [
    0n,
    1n,
    -1n,
    2n ** 63n - 1n,
    -(2n ** 63n),
    2n ** 31n,
    -(2n ** 31n) - 1n,
    0x123456789abcdefn,
    63n,
    0x7fffffbfffffffn,
  ],
};
for (const [signed, unsigned] of [
  ["i8", "u8"],
  ["i16", "u16"],
  ["i32", "u32"],
  ["i64", "u64"],
] as const)
  Object.assign(edges, { [unsigned]: edges[signed] });

/** Fills the slots so that, over all rounds, lanes meet in every combination of edge values. */
function fill(
  bytes: Uint8Array,
  model: Model,
  sources: readonly number[],
  round: number,
  lanes: number,
): void {
  const values = edges[model.from] as readonly Lane[];
  sources.forEach((at, digit) => {
    const element = at === 0 ? model.element : model.from;
    const list = edges[element] as readonly Lane[];
    const slotLanes = lanesOf(bytes.subarray(at * slotBytes, (at + 1) * slotBytes), element);
    for (let lane = 0; lane < slotLanes.length; lane++) {
      const combination = round * lanes + (lane % lanes) + (lane >= lanes ? 3 : 0);
      slotLanes[lane] = list[Math.floor(combination / values.length ** digit) % list.length];
    }
  });
}

const maskPatterns = [
  0x5a5a_5a5a_5a5a_5a5an,
  0xffff_ffff_ffff_ffffn,
  0n,
  0x8001_7ffe_0123_4567n,
  0x3333_cccc_0f0f_6996n,
];

export interface Difference {
  readonly what: string;
  readonly lane: number;
  readonly expected: string;
  readonly found: string;
  readonly from: readonly string[];
}

/** The first difference of each variant and immediate of a form; executes it on all combinations. */
export function execute(
  form: Form,
  model: Model,
  wide: boolean,
): { executed: number; differences: Difference[] } {
  const builds = variants.flatMap((variant) =>
    (hasImmediate(form) ? immediatesOf(form, model) : [0]).flatMap((immediate) => {
      const built = build(form, variant, immediate);
      return built ? [{ variant, immediate, built }] : [];
    }),
  );
  const differences: Difference[] = [];
  for (const { variant, immediate, built } of builds) {
    const code = loadCode(Uint8Array.from(functionOf(form, built, wide)));
    const found = runAll(form, model, built, variant, immediate, code);
    code.release();
    if (found) differences.push(found);
  }
  return { executed: builds.length, differences };
}

/** Aligned loads and stores want their alignment. */
function alignedBlock(): Uint8Array {
  const room = new Uint8Array((slots + 1) * slotBytes);
  const past = addressOf(room) % slotBytes;
  return room.subarray(slotBytes - past, slotBytes - past + slots * slotBytes);
}

const hasImmediate = (form: Form): boolean => form.patterns.some(({ immediate }) => immediate);

function immediatesOf(form: Form, { immediates = [0] }: Model): readonly number[] {
  const kind = form.patterns.find(({ immediate }) => immediate)?.immediate;
  if (kind === "i8") return immediates.filter((value) => value === (value << 24) >> 24);
  return immediates;
}

function runAll(
  form: Form,
  model: Model,
  built: Built,
  variant: Variant,
  immediate: number,
  code: LoadedCode,
): Difference | undefined {
  const bytes = alignedBlock();
  const address = addressOf(bytes);
  const run = code.entry();
  const operandCount = form.patterns.filter((pattern) => !pattern.immediate).length;
  const positions = Array.from({ length: operandCount }, (_, at) => at);
  const sources = [...positions.slice(1), 0];
  const used = model.accumulates || model.ownMask ? operandCount : Math.max(1, operandCount - 1);
  const lanes = Math.max(1, form.bits / 8 / Math.max(sizeOf(model.from), sizeOf(model.element)));
  const perRound = model.upper || form.encoding === "legacy" ? 1 : lanes;
  const all = Math.ceil((edges[model.from] as readonly Lane[]).length ** Math.min(used, 3) / perRound);
  const thorough = variant.source === "registers" && variant.masking === "none" && !hasImmediate(form);
  const rounds = thorough ? all : Math.min(all, 24);
  for (let round = 0; round < rounds; round++) {
    fill(bytes, model, sources, thorough ? round : round * 7 + Math.abs(immediate % 64), perRound);
    const selecting = maskPatterns[round % maskPatterns.length] as bigint;
    lanesOf(bytes.subarray(maskSlot * slotBytes, resultSlot * slotBytes), "u64")[0] = selecting;
    const expected = expect(form, model, built, variant, immediate, bytes, selecting);
    const before = bytes.slice();
    run(address);
    const at = built.inMemory[0] ? 0 : resultSlot;
    const difference = compare(form, model, expected, bytes.subarray(at * slotBytes, (at + 1) * slotBytes));
    if (difference) {
      const from = positions.map((position) => show(before, position, model.from, difference.lane));
      return {
        ...difference,
        what: `${form.name} ${form.encoding} ${form.bits} ${form.row[3]} ${variant.source} ${variant.masking} imm ${immediate} mask ${selecting.toString(16)}`,
        from,
      };
    }
  }
  return undefined;
}

const show = (bytes: Uint8Array, at: number, element: Model["from"], lane: number): string => {
  const lanes = lanesOf(bytes.subarray(at * slotBytes, (at + 1) * slotBytes), element);
  return `${lanes[lane % lanes.length]}`;
};

/** The 64 bytes that must be found where the result goes. */
function expect(
  form: Form,
  model: Model,
  built: Built,
  variant: Variant,
  immediate: number,
  bytes: Uint8Array,
  selecting: bigint,
): Uint8Array {
  const masked = variant.masking !== "none";
  const operands = operandValues(form, built, variant, bytes);
  const selected = (lane: number): boolean => !masked || ((selecting >> BigInt(lane)) & 1n) === 1n;
  const sizes = form.patterns.flatMap(({ register }) => (register?.kind === "gpr" ? [register.bits] : []));
  const size = sizes[0] ?? (form.w ? 64 : 32);
  const computed = new Uint8Array(slotBytes);
  const lanes = lanesOf(computed, model.element);
  const upper =
    model.upper && lanesOf(operands[model.upper === "destination" ? 0 : 1] as Uint8Array, model.element);
  if (upper) for (let at = 0; at < 16 / sizeOf(model.element); at++) lanes[at] = upper[at];
  model.compute(lanes, {
    operands,
    bits: form.bits,
    immediate,
    encoding: form.row[1],
    size,
    selected,
    zeroing: variant.masking === "zero",
    masked,
  });
  return settle(form, model, built, variant, computed, bytes, selected);
}

/** What the operands are worth: with a broadcast, one element everywhere. */
function operandValues(form: Form, built: Built, variant: Variant, bytes: Uint8Array): Uint8Array[] {
  return form.patterns.flatMap((pattern, at) => {
    if (pattern.immediate) return [];
    const value = bytes.slice(at * slotBytes, (at + 1) * slotBytes);
    if (variant.source !== "broadcast" || !built.inMemory[at]) return [value];
    const size = pattern.broadcast ?? 4;
    return [Uint8Array.from(value, (_, byte) => value[byte % size] as number)];
  });
}

/** Applies the mask, and leaves alone or clears what lies beyond the result. */
function settle(
  form: Form,
  model: Model,
  built: Built,
  variant: Variant,
  computed: Uint8Array,
  bytes: Uint8Array,
  selected: (lane: number) => boolean,
): Uint8Array {
  const [destination] = form.patterns as [Pattern];
  const lanes = lanesOf(computed, model.element);
  const kind = built.inMemory[0] ? "memory" : destination.register?.kind;
  if (model.truth) return settleTruth(form, model, kind === "mask", computed, bytes, selected);
  if (variant.masking !== "none" && !model.ownMask) {
    const old = lanesOf(bytes.slice(0, slotBytes), model.element);
    const count = maskedLanes(form, model);
    for (let at = 0; at < count; at++)
      if (!selected(at)) lanes[at] = variant.masking === "zero" ? zero(model) : old[at];
  }
  if (kind === "memory")
    return Uint8Array.from(bytes.slice(0, slotBytes), (byte, at) =>
      at < stored(form, model, variant, selected) ? (computed[at] as number) : byte,
    );
  if (kind === "vector")
    return Uint8Array.from(computed, (byte, at) => (at < (destination.register?.bits ?? 0) / 8 ? byte : 0));
  return computed;
}

/** Lanes that a mask is about: those that are computed. */
function maskedLanes(form: Form, model: Model): number {
  if (model.upper || model.scalar) return 1;
  const size = sizeOf(model.element);
  const narrowing = /^[hq]/.test(form.row[3]);
  const computed = form.bits / 8 / (narrowing ? sizeOf(model.from) : size);
  return Math.min(computed, (form.patterns[0]?.register?.bits ?? 512) / 8 / size);
}

/** Bytes that a store writes. */
function stored(form: Form, model: Model, { masking }: Variant, selected: (lane: number) => boolean): number {
  const bytes = form.patterns[0]?.memory ?? 0;
  if (!model.ownMask || masking === "none") return bytes;
  // A compressing store writes only the lanes that it selects.
  return (
    sizeOf(model.element) *
    Array.from({ length: bytes / sizeOf(model.element) }, (_, at) => selected(at)).filter(Boolean).length
  );
}

const zero = ({ element }: Model): Lane => (element.endsWith("64") && element !== "f64" ? 0n : 0);

/** Truth as bits of a mask register, or as lanes of all ones. */
function settleTruth(
  form: Form,
  model: Model,
  toMask: boolean,
  computed: Uint8Array,
  bytes: Uint8Array,
  selected: (lane: number) => boolean,
): Uint8Array {
  const truths = lanesOf(computed, model.element);
  const count = model.upper ? 1 : countOf(model.element, form.bits);
  const result = new Uint8Array(slotBytes);
  const holds = (at: number): boolean => Number(truths[at]) !== 0;
  if (toMask) {
    let mask = 0n;
    for (let at = 0; at < count; at++) if (holds(at) && selected(at)) mask |= 1n << BigInt(at);
    lanesOf(result, "u64")[0] = mask;
    return result;
  }
  if (model.upper) result.set(bytes.slice(slotBytes, slotBytes + 16));
  const size = sizeOf(model.element);
  for (let at = 0; at < count; at++) result.fill(holds(at) ? 0xff : 0, at * size, (at + 1) * size);
  return result;
}

function compare(
  form: Form,
  model: Model,
  expected: Uint8Array,
  found: Uint8Array,
): Omit<Difference, "what" | "from"> | undefined {
  const scalar = form.patterns[0]?.register?.kind === "vector" ? model.element : "u64";
  const element = model.truth ? "u64" : model.element.startsWith("f") ? model.element : scalar;
  // Of general-purpose and mask registers eight bytes are stored.
  const kind = form.patterns[0]?.register?.kind;
  const bytes = kind === "gpr" || kind === "mask" ? 8 : slotBytes;
  const [a, b] = [lanesOf(expected, element), lanesOf(found, element)];
  for (let lane = 0; lane < bytes / sizeOf(element); lane++) {
    if (!same(a[lane], b[lane], model)) return { lane, expected: `${a[lane]}`, found: `${b[lane]}` };
  }
  return undefined;
}

/** Equal, zeros of one sign, or both no number: which NaN it is, is not modelled. */
function same(a: Lane, b: Lane, { precision }: Model): boolean {
  if (Object.is(a, b)) return true;
  if (precision === undefined || !Number.isFinite(a) || !Number.isFinite(b)) return false;
  return Math.abs(a - b) <= Math.abs(a) * 2 ** -precision;
}

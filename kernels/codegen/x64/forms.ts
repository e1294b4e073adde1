/**
 * Reads rows of the instruction tables. A row says in the words of Intel's manual how an instruction is encoded; read,
 * it becomes forms: one for each encoding (legacy, VEX, EVEX) and each width of its operands.
 *
 * A row: name, operand encoding, opcode, operands, and how VEX and EVEX encode it.
 * - Operand encoding, one letter an operand: R ModRM.reg, M ModRM.rm, V VEX.vvvv, I immediate, S register in the
 *   immediate, O register in the opcode, D distance to a label; ZO none.
 * - Opcode of vectors: mandatory prefix, map, opcode and, after a slash, the digit in ModRM.reg.
 * - Operands: r32 r64 k x y z are registers, r of 32 or 64 bits. v is a vector of any width; h, q, e are a half, a
 *   quarter, an eighth of it, xmm at least. /m adds memory of the same size, /m32 of 32 bits, /b32 a broadcast (EVEX).
 *   m alone is memory as large as the row's registers, m0 of no size, g32 elements of 32 bits gathered by a vector
 *   of indexes. u8 i8 s8 i32 u32 i64 are immediates.
 * - VEX and EVEX: W0, W1 or WIG; widths (256+ is 256 and 512; alone 128) or the length bits of a row without v; CPU
 *   features, a|b meaning a for 128 bits and b for more; nomask where lanes cannot be masked, mask where they must be; N4, the unit of a compressed displacement.
 */
import type { CpuFeature } from "../../native/cpu-features.ts";
import type { VectorBits } from "./registers.ts";

export type Row = readonly [
  name: string,
  operandEncoding: string,
  opcode: string,
  operands: string,
  vexOrWidth?: string,
  evex?: string,
];

/** Where an operand goes in the bytes. */
export type Role = "R" | "M" | "V" | "I" | "S" | "O" | "D";

export type ImmediateKind = "u8" | "i8" | "s8" | "i32" | "u32" | "i64";

/** What one operand may be. */
export interface Pattern {
  readonly role: Role;
  /** A register of this kind and, for masks 0, of this many bits. */
  readonly register?: { readonly kind: "gpr" | "vector" | "mask"; readonly bits: number };
  /** Memory of this many bytes; 0 where the instruction does not access it. */
  readonly memory?: number;
  /** The address is one of a gather: its index is a vector of this many bits. */
  readonly indexBits?: number;
  /** Memory of one element of this many bytes, repeated. */
  readonly broadcast?: number;
  readonly immediate?: ImmediateKind;
  readonly label?: true;
}

/** One way to encode an instruction with operands of certain kinds and sizes. */
export interface Form {
  readonly name: string;
  readonly row: Row;
  readonly encoding: "legacy" | "vex" | "evex";
  readonly patterns: readonly Pattern[];
  /** Mandatory and lock prefixes; for VEX and EVEX at most one. */
  readonly prefixes: readonly number[];
  /** Opcode map: 1 is 0F, 2 is 0F 38, 3 is 0F 3A. 0 for legacy forms, whose opcode bytes are complete. */
  readonly map: number;
  readonly opcode: readonly number[];
  /** What stands in ModRM.reg where no operand does. */
  readonly digit?: number;
  readonly w: 0 | 1;
  /** Bits of the vectors, or of what the length bits stand for. */
  readonly bits: VectorBits;
  readonly features: readonly CpuFeature[];
  /** Whether lanes may be masked, or must be. */
  readonly masked: "never" | "maybe" | "always";
  /** Bytes that a compressed displacement counts in, where it is not the size of the operand (SDM volume 2A, 2.7.5). */
  readonly displacementUnit?: number;
}

/** The forms of a row: VEX before EVEX, narrow before wide. */
export function formsOfRow(row: Row): Form[] {
  const [, , opcode, , vex = "", evex = ""] = row;
  if (!/0F/.test(opcode) || !/avx|fma|bmi/.test(vex + evex)) return legacyForms(row);
  return [...vectorForms(row, "vex", vex), ...vectorForms(row, "evex", evex)];
}

function legacyForms(row: Row): Form[] {
  const [name, roles, opcode, operands, width] = row;
  const { prefixes, bytes, digit } = readOpcode(opcode);
  const sizes: readonly (32 | 64)[] = /\br\b/.test(operands)
    ? [32, 64]
    : [operands.includes("r64") ? 64 : 32];
  return sizes.map((size) => ({
    name,
    row,
    encoding: "legacy",
    patterns: patternsOf(operands, roles, { size, bits: 128, natural: size, broadcast: false }),
    prefixes,
    map: 0,
    opcode: bytes,
    ...(digit === undefined ? {} : { digit }),
    w: width === "W1" || (size === 64 && width !== "W0") ? 1 : 0,
    bits: 128,
    features: [],
    masked: "never",
  }));
}

const evexWidths: readonly VectorBits[] = [128, 256, 512];
const maps: Readonly<Record<string, number>> = { "0F": 1, "0F38": 2, "0F3A": 3 };

function vectorForms(row: Row, encoding: "vex" | "evex", cell: string): Form[] {
  if (!cell) return [];
  const [name, roles, opcode, operands] = row;
  const words = cell.split(" ");
  const [prefix = "", map = "", byte = "", digit] = opcode.split(" ");
  const scaled = /\b[vhqe]\b/.test(operands);
  const sizes = /\br\b/.test(operands) ? ([32, 64] as const) : ([32] as const);
  return widthsOf(words, encoding, scaled).flatMap((bits) =>
    sizes.map(
      (size): Form => ({
        name,
        row,
        encoding,
        patterns: patternsOf(operands, roles, { size, bits, natural: bits, broadcast: encoding === "evex" }),
        prefixes: prefix === "NP" ? [] : [Number.parseInt(prefix, 16)],
        map: maps[map] ?? 0,
        opcode: [Number.parseInt(byte, 16)],
        ...(digit ? { digit: Number(digit.slice(1)) } : {}),
        w: words.includes("W1") || size === 64 ? 1 : 0,
        bits,
        features: featuresOfCell(words, bits, encoding === "evex" && scaled),
        masked: maskingOf(words, encoding),
        ...unitOf(words),
      }),
    ),
  );
}

function widthsOf(
  words: readonly string[],
  encoding: "vex" | "evex",
  scaled: boolean,
): readonly VectorBits[] {
  const word = words.find((each) => /^\d+\+?$/.test(each));
  if (word)
    return evexWidths.filter((bits) =>
      word.endsWith("+") ? bits >= Number.parseInt(word, 10) : `${bits}` === word,
    );
  if (!scaled) return [128];
  return encoding === "vex" ? [128, 256] : evexWidths;
}

function maskingOf(words: readonly string[], encoding: "vex" | "evex"): Form["masked"] {
  if (encoding === "vex" || words.includes("nomask")) return "never";
  return words.includes("mask") ? "always" : "maybe";
}

function unitOf(words: readonly string[]): { displacementUnit?: number } {
  const word = words.find((each) => /^N\d+$/.test(each));
  return word ? { displacementUnit: Number(word.slice(1)) } : {};
}

function featuresOfCell(words: readonly string[], bits: VectorBits, narrowNeedsVl: boolean): CpuFeature[] {
  const named = words
    .filter((word) => /^[a-z]/.test(word) && !/^(no)?mask$/.test(word))
    .map((word) => word.split("|"))
    .map(([narrow, wide]) => ((bits > 128 && wide) || narrow) as CpuFeature);
  return narrowNeedsVl && bits < 512 ? [...named, "avx512vl"] : named;
}

/** Bytes that may stand before REX. */
const legacyPrefixes = [0x66, 0xf0, 0xf2, 0xf3];

function readOpcode(opcode: string): { prefixes: number[]; bytes: number[]; digit: number | undefined } {
  const words = opcode.split(" ");
  const digit = words.find((word) => word.startsWith("/"));
  const bytes = words.filter((word) => !word.startsWith("/")).map((word) => Number.parseInt(word, 16));
  const prefixes = bytes.filter((byte, at) => at === 0 && bytes.length > 1 && legacyPrefixes.includes(byte));
  return { prefixes, bytes: bytes.slice(prefixes.length), digit: digit ? Number(digit.slice(1)) : undefined };
}

/** What the words of operands stand for in one form. */
interface Sizes {
  /** Bits of `r`. */
  readonly size: 32 | 64;
  /** Bits of `v`. */
  readonly bits: VectorBits;
  /** Bits of `m`. */
  readonly natural: number;
  readonly broadcast: boolean;
}

const readPatterns = new Map<string, readonly Pattern[]>();

/** Many rows share their operands: each column is read once. */
function patternsOf(operands: string, roles: string, sizes: Sizes): readonly Pattern[] {
  const key = `${operands} ${roles} ${sizes.size} ${sizes.bits} ${sizes.natural} ${sizes.broadcast}`;
  let patterns = readPatterns.get(key);
  if (!patterns) {
    patterns = readOperands(operands, roles, sizes);
    readPatterns.set(key, patterns);
  }
  return patterns;
}

function readOperands(operands: string, roles: string, sizes: Sizes): Pattern[] {
  if (!operands) return [];
  return operands.split(" ").map((word, at) => {
    const role = roles[at] as Role;
    if (/^[uis]\d+$/.test(word)) return { role, immediate: word as ImmediateKind };
    if (word === "label") return { role, label: true };
    if (/^g\d+$/.test(word)) return { role, memory: Number(word.slice(1)) / 8, indexBits: sizes.bits };
    return patternOf(word.split("/"), role, sizes);
  });
}

function patternOf(words: readonly string[], role: Role, sizes: Sizes): Pattern {
  const [first = ""] = words;
  const register = registerOf(first, sizes);
  const memory = words.find((word) => word.startsWith("m"));
  const broadcast = sizes.broadcast && words.find((word) => word.startsWith("b"));
  return {
    role,
    ...(register ? { register } : {}),
    ...(memory ? { memory: memoryBits(memory, first, sizes) / 8 } : {}),
    ...(broadcast ? { broadcast: Number(broadcast.slice(1)) / 8 } : {}),
  };
}

const parts: Readonly<Record<string, number>> = { v: 1, h: 2, q: 4, e: 8 };

function registerOf(word: string, { size, bits }: Sizes): Pattern["register"] {
  if (word === "k") return { kind: "mask", bits: 0 };
  if (word.startsWith("r")) return { kind: "gpr", bits: Number(word.slice(1) || size) };
  const part = parts[word];
  if (part) return { kind: "vector", bits: Math.max(128, bits / part) };
  const fixed = { x: 128, y: 256, z: 512 }[word];
  return fixed ? { kind: "vector", bits: fixed } : undefined;
}

/** `m` is as large as the register before it, else as the registers of the row. */
function memoryBits(memory: string, first: string, { bits, size, natural }: Sizes): number {
  if (memory !== "m") return Number(memory.slice(1));
  const part = parts[first];
  if (part) return bits / part;
  return first === "r" ? size : natural;
}

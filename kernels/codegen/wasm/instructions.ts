/**
 * The WebAssembly instructions that kernels use, one line each: name, opcode, signature, immediates. The encoder and
 * the text printer both read this table, and a test executes every row on edge values.
 * Opcodes: WebAssembly Core Specification 3.0, binary format; an opcode of two parts is a prefix byte and a LEB128.
 */

export type ImmediateKind =
  | "none"
  | "local"
  | "block"
  | "label"
  | "i32"
  | "f32"
  | "f64"
  | "v128"
  | "i64"
  | "lane"
  | "shuffle"
  | "memory1"
  | "memory1lane"
  | "memory4lane"
  | "memory4"
  | "memory8"
  | "memory16";

// biome-ignore format: a table is read by column, one line an instruction
const rows = [
  ["local.get", [0x20], "-> any", "local"],
  ["local.set", [0x21], "any ->", "local"],
  ["local.tee", [0x22], "any -> any", "local"],
  ["block", [0x02], "->", "block"],
  ["loop", [0x03], "->", "block"],
  ["if", [0x04], "i32 ->", "block"],
  ["else", [0x05], "->"],
  ["end", [0x0b], "->"],
  ["br_if", [0x0d], "i32 ->", "label"],
  ["select", [0x1b], "any any i32 -> any"],
  ["i32.const", [0x41], "-> i32", "i32"],
  ["i64.const", [0x42], "-> i64", "i64"],
  ["f32.const", [0x43], "-> f32", "f32"],
  ["f64.const", [0x44], "-> f64", "f64"],
  ["i32.load8_s", [0x2c], "i32 -> i32", "memory1"],
  ["i32.load8_u", [0x2d], "i32 -> i32", "memory1"],
  ["i32.load", [0x28], "i32 -> i32", "memory4"],
  ["f32.load", [0x2a], "i32 -> f32", "memory4"],
  ["f64.load", [0x2b], "i32 -> f64", "memory8"],
  ["i32.store", [0x36], "i32 i32 ->", "memory4"],
  ["f32.store", [0x38], "i32 f32 ->", "memory4"],
  ["f64.store", [0x39], "i32 f64 ->", "memory8"],
  ["i32.eqz", [0x45], "i32 -> i32"],
  ["i32.eq", [0x46], "i32 i32 -> i32"],
  ["i32.ne", [0x47], "i32 i32 -> i32"],
  ["i32.lt_s", [0x48], "i32 i32 -> i32"],
  ["i32.gt_s", [0x4a], "i32 i32 -> i32"],
  ["i32.le_s", [0x4c], "i32 i32 -> i32"],
  ["i32.ge_s", [0x4e], "i32 i32 -> i32"],
  ["f32.eq", [0x5b], "f32 f32 -> i32"],
  ["f32.ne", [0x5c], "f32 f32 -> i32"],
  ["f32.lt", [0x5d], "f32 f32 -> i32"],
  ["f32.gt", [0x5e], "f32 f32 -> i32"],
  ["f32.le", [0x5f], "f32 f32 -> i32"],
  ["f32.ge", [0x60], "f32 f32 -> i32"],
  ["f64.eq", [0x61], "f64 f64 -> i32"],
  ["f64.ne", [0x62], "f64 f64 -> i32"],
  ["f64.lt", [0x63], "f64 f64 -> i32"],
  ["f64.gt", [0x64], "f64 f64 -> i32"],
  ["f64.le", [0x65], "f64 f64 -> i32"],
  ["f64.ge", [0x66], "f64 f64 -> i32"],
  ["i32.add", [0x6a], "i32 i32 -> i32"],
  ["i32.sub", [0x6b], "i32 i32 -> i32"],
  ["i32.mul", [0x6c], "i32 i32 -> i32"],
  ["i32.div_u", [0x6e], "i32 i32 -> i32"],
  ["i32.rem_s", [0x6f], "i32 i32 -> i32"],
  ["i32.and", [0x71], "i32 i32 -> i32"],
  ["i32.or", [0x72], "i32 i32 -> i32"],
  ["i32.xor", [0x73], "i32 i32 -> i32"],
  ["i32.shl", [0x74], "i32 i32 -> i32"],
  ["i32.shr_s", [0x75], "i32 i32 -> i32"],
  ["i32.shr_u", [0x76], "i32 i32 -> i32"],
  ["i64.add", [0x7c], "i64 i64 -> i64"],
  ["i64.mul", [0x7e], "i64 i64 -> i64"],
  ["i64.shr_s", [0x87], "i64 i64 -> i64"],
  ["f32.abs", [0x8b], "f32 -> f32"],
  ["f32.neg", [0x8c], "f32 -> f32"],
  ["f32.floor", [0x8e], "f32 -> f32"],
  ["f32.nearest", [0x90], "f32 -> f32"],
  ["f32.sqrt", [0x91], "f32 -> f32"],
  ["f32.add", [0x92], "f32 f32 -> f32"],
  ["f32.sub", [0x93], "f32 f32 -> f32"],
  ["f32.mul", [0x94], "f32 f32 -> f32"],
  ["f32.div", [0x95], "f32 f32 -> f32"],
  ["f32.min", [0x96], "f32 f32 -> f32"],
  ["f32.max", [0x97], "f32 f32 -> f32"],
  ["f64.abs", [0x99], "f64 -> f64"],
  ["f64.neg", [0x9a], "f64 -> f64"],
  ["f64.floor", [0x9c], "f64 -> f64"],
  ["f64.nearest", [0x9e], "f64 -> f64"],
  ["f64.sqrt", [0x9f], "f64 -> f64"],
  ["f64.add", [0xa0], "f64 f64 -> f64"],
  ["f64.sub", [0xa1], "f64 f64 -> f64"],
  ["f64.mul", [0xa2], "f64 f64 -> f64"],
  ["f64.div", [0xa3], "f64 f64 -> f64"],
  ["f64.min", [0xa4], "f64 f64 -> f64"],
  ["f64.max", [0xa5], "f64 f64 -> f64"],
  ["i32.wrap_i64", [0xa7], "i64 -> i32"],
  ["i64.extend_i32_s", [0xac], "i32 -> i64"],
  ["f32.convert_i32_s", [0xb2], "i32 -> f32"],
  ["f32.demote_f64", [0xb6], "f64 -> f32"],
  ["f64.convert_i32_s", [0xb7], "i32 -> f64"],
  ["f64.promote_f32", [0xbb], "f32 -> f64"],
  ["i32.reinterpret_f32", [0xbc], "f32 -> i32"],
  ["f32.reinterpret_i32", [0xbe], "i32 -> f32"],
  ["i32.trunc_sat_f32_s", [0xfc, 0x00], "f32 -> i32"],
  ["i32.trunc_sat_f64_s", [0xfc, 0x02], "f64 -> i32"],
  ["v128.load", [0xfd, 0x00], "i32 -> v128", "memory16"],
  ["v128.load32_splat", [0xfd, 0x09], "i32 -> v128", "memory4"],
  ["v128.load64_splat", [0xfd, 0x0a], "i32 -> v128", "memory8"],
  ["v128.store", [0xfd, 0x0b], "i32 v128 ->", "memory16"],
  ["v128.const", [0xfd, 0x0c], "-> v128", "v128"],
  ["i8x16.shuffle", [0xfd, 0x0d], "v128 v128 -> v128", "shuffle"],
  ["i32x4.splat", [0xfd, 0x11], "i32 -> v128"],
  ["f32x4.splat", [0xfd, 0x13], "f32 -> v128"],
  ["f64x2.splat", [0xfd, 0x14], "f64 -> v128"],
  ["i32x4.extract_lane", [0xfd, 0x1b], "v128 -> i32", "lane"],
  ["i32x4.replace_lane", [0xfd, 0x1c], "v128 i32 -> v128", "lane"],
  ["f32x4.extract_lane", [0xfd, 0x1f], "v128 -> f32", "lane"],
  ["f32x4.replace_lane", [0xfd, 0x20], "v128 f32 -> v128", "lane"],
  ["f64x2.extract_lane", [0xfd, 0x21], "v128 -> f64", "lane"],
  ["f64x2.replace_lane", [0xfd, 0x22], "v128 f64 -> v128", "lane"],
  ["i32x4.eq", [0xfd, 0x37], "v128 v128 -> v128"],
  ["i32x4.ne", [0xfd, 0x38], "v128 v128 -> v128"],
  ["i32x4.lt_s", [0xfd, 0x39], "v128 v128 -> v128"],
  ["i32x4.gt_s", [0xfd, 0x3b], "v128 v128 -> v128"],
  ["i32x4.le_s", [0xfd, 0x3d], "v128 v128 -> v128"],
  ["i32x4.ge_s", [0xfd, 0x3f], "v128 v128 -> v128"],
  ["f32x4.eq", [0xfd, 0x41], "v128 v128 -> v128"],
  ["f32x4.ne", [0xfd, 0x42], "v128 v128 -> v128"],
  ["f32x4.lt", [0xfd, 0x43], "v128 v128 -> v128"],
  ["f32x4.gt", [0xfd, 0x44], "v128 v128 -> v128"],
  ["f32x4.le", [0xfd, 0x45], "v128 v128 -> v128"],
  ["f32x4.ge", [0xfd, 0x46], "v128 v128 -> v128"],
  ["f64x2.eq", [0xfd, 0x47], "v128 v128 -> v128"],
  ["f64x2.ne", [0xfd, 0x48], "v128 v128 -> v128"],
  ["f64x2.lt", [0xfd, 0x49], "v128 v128 -> v128"],
  ["f64x2.gt", [0xfd, 0x4a], "v128 v128 -> v128"],
  ["f64x2.le", [0xfd, 0x4b], "v128 v128 -> v128"],
  ["f64x2.ge", [0xfd, 0x4c], "v128 v128 -> v128"],
  ["v128.and", [0xfd, 0x4e], "v128 v128 -> v128"],
  ["v128.or", [0xfd, 0x50], "v128 v128 -> v128"],
  ["v128.xor", [0xfd, 0x51], "v128 v128 -> v128"],
  ["v128.bitselect", [0xfd, 0x52], "v128 v128 v128 -> v128"],
  ["v128.store8_lane", [0xfd, 0x58], "i32 v128 ->", "memory1lane"],
  ["v128.store32_lane", [0xfd, 0x5a], "i32 v128 ->", "memory4lane"],
  ["v128.load32_zero", [0xfd, 0x5c], "i32 -> v128", "memory4"],
  ["i8x16.narrow_i16x8_s", [0xfd, 0x65], "v128 v128 -> v128"],
  ["i8x16.narrow_i16x8_u", [0xfd, 0x66], "v128 v128 -> v128"],
  ["f32x4.floor", [0xfd, 0x68], "v128 -> v128"],
  ["f32x4.nearest", [0xfd, 0x6a], "v128 -> v128"],
  ["f64x2.floor", [0xfd, 0x75], "v128 -> v128"],
  ["i16x8.narrow_i32x4_s", [0xfd, 0x85], "v128 v128 -> v128"],
  ["i16x8.extend_low_i8x16_s", [0xfd, 0x87], "v128 -> v128"],
  ["i16x8.extend_low_i8x16_u", [0xfd, 0x89], "v128 -> v128"],
  ["i16x8.shl", [0xfd, 0x8b], "v128 i32 -> v128"],
  ["i16x8.shr_s", [0xfd, 0x8c], "v128 i32 -> v128"],
  ["i16x8.shr_u", [0xfd, 0x8d], "v128 i32 -> v128"],
  ["f64x2.nearest", [0xfd, 0x94], "v128 -> v128"],
  ["i32x4.extend_low_i16x8_s", [0xfd, 0xa7], "v128 -> v128"],
  ["i32x4.extend_low_i16x8_u", [0xfd, 0xa9], "v128 -> v128"],
  ["i32x4.shl", [0xfd, 0xab], "v128 i32 -> v128"],
  ["i32x4.shr_s", [0xfd, 0xac], "v128 i32 -> v128"],
  ["i32x4.shr_u", [0xfd, 0xad], "v128 i32 -> v128"],
  ["i32x4.add", [0xfd, 0xae], "v128 v128 -> v128"],
  ["i32x4.sub", [0xfd, 0xb1], "v128 v128 -> v128"],
  ["i32x4.mul", [0xfd, 0xb5], "v128 v128 -> v128"],
  ["i32x4.min_s", [0xfd, 0xb6], "v128 v128 -> v128"],
  ["i32x4.max_s", [0xfd, 0xb8], "v128 v128 -> v128"],
  ["i32x4.dot_i16x8_s", [0xfd, 0xba], "v128 v128 -> v128"],
  ["i64x2.shl", [0xfd, 0xcb], "v128 i32 -> v128"],
  ["i64x2.shr_s", [0xfd, 0xcc], "v128 i32 -> v128"],
  ["i64x2.shr_u", [0xfd, 0xcd], "v128 i32 -> v128"],
  ["i64x2.add", [0xfd, 0xce], "v128 v128 -> v128"],
  ["i64x2.extmul_low_i32x4_s", [0xfd, 0xdc], "v128 v128 -> v128"],
  ["i64x2.extmul_high_i32x4_s", [0xfd, 0xdd], "v128 v128 -> v128"],
  ["f32x4.abs", [0xfd, 0xe0], "v128 -> v128"],
  ["f32x4.neg", [0xfd, 0xe1], "v128 -> v128"],
  ["f32x4.sqrt", [0xfd, 0xe3], "v128 -> v128"],
  ["f32x4.add", [0xfd, 0xe4], "v128 v128 -> v128"],
  ["f32x4.sub", [0xfd, 0xe5], "v128 v128 -> v128"],
  ["f32x4.mul", [0xfd, 0xe6], "v128 v128 -> v128"],
  ["f32x4.div", [0xfd, 0xe7], "v128 v128 -> v128"],
  ["f32x4.min", [0xfd, 0xe8], "v128 v128 -> v128"],
  ["f32x4.max", [0xfd, 0xe9], "v128 v128 -> v128"],
  ["f32x4.pmin", [0xfd, 0xea], "v128 v128 -> v128"],
  ["f32x4.pmax", [0xfd, 0xeb], "v128 v128 -> v128"],
  ["f64x2.abs", [0xfd, 0xec], "v128 -> v128"],
  ["f64x2.neg", [0xfd, 0xed], "v128 -> v128"],
  ["f64x2.sqrt", [0xfd, 0xef], "v128 -> v128"],
  ["f64x2.add", [0xfd, 0xf0], "v128 v128 -> v128"],
  ["f64x2.sub", [0xfd, 0xf1], "v128 v128 -> v128"],
  ["f64x2.mul", [0xfd, 0xf2], "v128 v128 -> v128"],
  ["f64x2.div", [0xfd, 0xf3], "v128 v128 -> v128"],
  ["f64x2.min", [0xfd, 0xf4], "v128 v128 -> v128"],
  ["f64x2.max", [0xfd, 0xf5], "v128 v128 -> v128"],
  ["f64x2.pmin", [0xfd, 0xf6], "v128 v128 -> v128"],
  ["f64x2.pmax", [0xfd, 0xf7], "v128 v128 -> v128"],
  ["i32x4.trunc_sat_f32x4_s", [0xfd, 0xf8], "v128 -> v128"],
  ["f32x4.convert_i32x4_s", [0xfd, 0xfa], "v128 -> v128"],
  ["f32x4.relaxed_madd", [0xfd, 0x105], "v128 v128 v128 -> v128"],
  ["f64x2.relaxed_madd", [0xfd, 0x107], "v128 v128 v128 -> v128"],
  ["i32x4.relaxed_dot_i8x16_i7x16_add_s", [0xfd, 0x113], "v128 v128 v128 -> v128"],
] as const satisfies readonly (readonly [string, readonly number[], string, ImmediateKind?])[];

export type InstructionName = (typeof rows)[number][0];

export interface InstructionRow {
  readonly name: InstructionName;
  readonly opcode: readonly number[];
  readonly operands: readonly string[];
  readonly results: readonly string[];
  readonly immediate: ImmediateKind;
}

/** Every instruction, in the order of the table. */
export const instructionRows: readonly InstructionRow[] = rows.map(([name, opcode, signature, immediate]) => {
  const [operands = "", results = ""] = signature.split("->");
  const words = (text: string): string[] => text.split(" ").filter((word) => word !== "");
  return { name, opcode, operands: words(operands), results: words(results), immediate: immediate ?? "none" };
});

const byName = new Map<string, InstructionRow>(instructionRows.map((row) => [row.name, row]));

/** The row of an instruction. */
export function instructionRow(name: InstructionName): InstructionRow {
  return byName.get(name) as InstructionRow;
}

/** One instruction of a function body: its name and what stands in the code beside it. */
export interface Instruction {
  readonly name: InstructionName;
  /** Local index, label depth, constant, lane or byte offset of a memory access. */
  readonly immediate?: number;
  /** The lanes of a constant vector, the sixteen byte lanes of a shuffle, or the lane that is stored. */
  readonly lanes?: readonly number[];
  readonly shape?: "f32x4" | "f64x2" | "i32x4";
}

/** A function body with what the reader should know before some of its instructions. */
export type CodeItem = Instruction | { readonly comment: string };

/**
 * The binary format: a function body to the bytes of a WebAssembly module that imports its memory and exports one
 * function. Reference: WebAssembly Core Specification 3.0, chapter 5.
 */
import { type CodeItem, type Instruction, instructionRow } from "./instructions.ts";

export type WasmType = "i32" | "i64" | "f32" | "f64" | "v128";

const typeCodes: Readonly<Record<WasmType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/** Everything that is known of a function before it becomes bytes or text. */
export interface WasmFunction {
  readonly name: string;
  readonly parameters: readonly { readonly name: string; readonly type: WasmType }[];
  readonly locals: readonly { readonly name: string; readonly type: WasmType }[];
  readonly code: readonly CodeItem[];
}

/** Unsigned LEB128. */
export function unsignedLeb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low | 0x80 : low);
  } while (rest > 0);
  return bytes;
}

/** Signed LEB128 of a whole number that a double holds: constants of 32 and of 64 bits alike. */
export function signedLeb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = rest - Math.floor(rest / 128) * 128;
    rest = Math.floor(rest / 128);
    if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) {
      bytes.push(low);
      return bytes;
    }
    bytes.push(low | 0x80);
  }
}

const f32Bytes = (value: number): number[] => [...new Uint8Array(new Float32Array([value]).buffer)];
const f64Bytes = (value: number): number[] => [...new Uint8Array(new Float64Array([value]).buffer)];
const i32Bytes = (value: number): number[] => [...new Uint8Array(new Int32Array([value]).buffer)];
const laneBytes = { f32x4: f32Bytes, f64x2: f64Bytes, i32x4: i32Bytes } as const;

/** Alignment hint (log2 of the bytes accessed' natural alignment that is promised: the element's) and offset. */
const alignmentHint = { memory1: 0, memory4: 2, memory8: 3, memory16: 2 } as const;

function immediateBytes(instruction: Instruction): readonly number[] {
  const { immediate = 0, lanes = [] } = instruction;
  const kind = instructionRow(instruction.name).immediate;
  switch (kind) {
    case "none":
      return [];
    case "local":
    case "label":
      return unsignedLeb(immediate);
    case "block":
      return [0x40];
    case "i32":
      return signedLeb(immediate | 0);
    case "i64":
      return signedLeb(immediate);
    case "f32":
      return f32Bytes(immediate);
    case "f64":
      return f64Bytes(immediate);
    case "lane":
      return [immediate];
    case "shuffle":
      return lanes;
    case "memory1lane":
    case "memory4lane":
      return [kind === "memory1lane" ? 0 : 2, ...unsignedLeb(immediate), ...lanes];
    case "v128":
      return lanes.flatMap(laneBytes[instruction.shape ?? "f32x4"]);
    default:
      return [alignmentHint[kind], ...unsignedLeb(immediate)];
  }
}

/** The bytes of one instruction. */
export function encodeInstruction(instruction: Instruction): readonly number[] {
  const [first = 0, ...rest] = instructionRow(instruction.name).opcode;
  return [first, ...rest.flatMap(unsignedLeb), ...immediateBytes(instruction)];
}

const vector = (items: readonly (readonly number[])[]): number[] => [
  ...unsignedLeb(items.length),
  ...items.flat(),
];
const section = (id: number, content: readonly number[]): number[] => [
  id,
  ...unsignedLeb(content.length),
  ...content,
];
const text = (value: string): number[] => {
  const bytes = new TextEncoder().encode(value);
  return [...unsignedLeb(bytes.length), ...bytes];
};

/** Locals in declaration order, neighbours of one type in one group. */
function localGroups(locals: WasmFunction["locals"]): number[][] {
  const groups: { type: WasmType; count: number }[] = [];
  for (const local of locals) {
    const last = groups.at(-1);
    if (last?.type === local.type) last.count++;
    else groups.push({ type: local.type, count: 1 });
  }
  return groups.map((group) => [...unsignedLeb(group.count), typeCodes[group.type]]);
}

/** Pages that any memory may have at the most; a shared memory's import must state a limit. */
export const mostPages = 65536;

/** Limits of the imported memory: flags, least pages and, as shared memories need it, most pages. */
const memoryLimits = (shared: boolean): number[] =>
  shared ? [0x03, 0, ...unsignedLeb(mostPages)] : [0x00, 0];

/** The bytes of a module that imports `kdaccel.memory`, shared or not, and exports the function as `run`. */
export function encodeModule(fn: WasmFunction, shared = false): Uint8Array<ArrayBuffer> {
  const code: number[] = [];
  for (const item of fn.code) if (!("comment" in item)) code.push(...encodeInstruction(item));
  const body = [...vector(localGroups(fn.locals)), ...code, 0x0b];
  const functionType = [0x60, ...vector(fn.parameters.map((parameter) => [typeCodes[parameter.type]])), 0];
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector([functionType])),
    ...section(2, vector([[...text("kdaccel"), ...text("memory"), 0x02, ...memoryLimits(shared)]])),
    ...section(3, vector([[0]])),
    ...section(7, vector([[...text("run"), 0x00, 0x00]])),
    ...section(10, vector([[...unsignedLeb(body.length), ...body]])),
  ]);
}

/**
 * Powers of two by the bits of floating-point numbers, four singles or two doubles at once. A whole number k is made
 * bits by adding a number so large that its last bit is worth 1; the exponent's place is then reached by a shift.
 */
import type { Instruction, InstructionName } from "./instructions.ts";

/** Layout of IEEE 754 binary32 and binary64 as the operations below need it. */
const formats = {
  f32: {
    shape: "f32x4",
    bits: "i32x4",
    fraction: 23,
    /** 2^23: the smallest number whose last bit is worth 1; its bits. */
    unit: [2 ** 23, [0x4b000000]],
    bias: 127,
    fractionMask: [0x007fffff],
    one: [0x3f800000],
  },
  f64: {
    shape: "f64x2",
    bits: "i64x2",
    fraction: 52,
    unit: [2 ** 52, [0, 0x43300000]],
    bias: 1023,
    fractionMask: [-1, 0x000fffff],
    one: [0, 0x3ff00000],
  },
} as const;

/** What the lowering lends: instructions appended, and locals of 128 bits that nobody else uses. */
export interface PowerCode {
  emit(name: InstructionName, immediate?: number, rest?: Pick<Instruction, "lanes" | "shape">): void;
  scratch(): number;
}

type Real = "f32" | "f64";

/** x and k on the stack become x · 2^(k/2) · 2^(k - k/2). */
export function emitScale(code: PowerCode, element: Real): void {
  const { shape } = formats[element];
  const [k, half] = [code.scratch(), code.scratch()];
  code.emit("local.tee", k);
  number(code, element, 0.5);
  code.emit(`${shape}.mul`);
  code.emit(`${shape}.floor`);
  code.emit("local.tee", half);
  powerOfTwo(code, element);
  code.emit(`${shape}.mul`);
  code.emit("local.get", k);
  code.emit("local.get", half);
  code.emit(`${shape}.sub`);
  powerOfTwo(code, element);
  code.emit(`${shape}.mul`);
}

/** The whole number on the stack becomes that power of two. */
function powerOfTwo(code: PowerCode, element: Real): void {
  const { shape, bits, fraction, unit, bias } = formats[element];
  number(code, element, unit[0] + bias);
  code.emit(`${shape}.add`);
  code.emit("i32.const", fraction);
  code.emit(`${bits}.shl`);
}

/** The positive number on the stack becomes its exponent. */
export function emitExponent(code: PowerCode, element: Real): void {
  const { shape, bits, fraction, unit, bias } = formats[element];
  code.emit("i32.const", fraction);
  code.emit(`${bits}.shr_u`);
  pattern(code, unit[1]);
  code.emit("v128.or");
  number(code, element, unit[0] + bias);
  code.emit(`${shape}.sub`);
}

/** The positive number on the stack becomes what is left of it between 1 and 2. */
export function emitSignificand(code: PowerCode, element: Real): void {
  const { fractionMask, one } = formats[element];
  pattern(code, fractionMask);
  code.emit("v128.and");
  pattern(code, one);
  code.emit("v128.or");
}

function number(code: PowerCode, element: Real, value: number): void {
  const { shape } = formats[element];
  code.emit("v128.const", undefined, {
    shape,
    lanes: element === "f32" ? Array(4).fill(value) : [value, value],
  });
}

function pattern(code: PowerCode, words: readonly number[]): void {
  const lanes = Array.from({ length: 4 }, (_, l) => words[l % words.length] as number);
  code.emit("v128.const", undefined, { shape: "i32x4", lanes });
}

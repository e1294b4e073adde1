/**
 * Dot products of the parts of a lane, and products of 64 bits shifted back to 32. With VNNI a dot product is one
 * instruction; without, pairs are two, and bytes are made pairs first, since vpmaddubsw saturates at 16 bits.
 */
import { bytesOf, type Dot, type MultiplyShift, type Value } from "../expressions.ts";
import { mentions } from "./arithmetic.ts";
import type { InstructionName } from "./instructions.ts";
import { literalOf } from "./literals.ts";
import { atLabel, type MemoryOperand } from "./operands.ts";
import { type Gpr, low, rax, rdx, type VectorRegister } from "./registers.ts";
import type { VectorUnit } from "./vectors.ts";

/** addend + the products of the parts, in the target, which is the sum itself where the program adds to one. */
export function dotInto(unit: VectorUnit, value: Dot, into: VectorRegister): void {
  const { parts, left, right, addend, type } = value;
  const { code, vnni } = unit.state;
  if (!vnni) {
    const products = unit.temporary(type, "products");
    if (parts === "pairs") code.emit("vpmaddwd", products, unit.register(left), wholeSource(unit, right));
    else if (parts === "sevenBits") sevenBits(unit, value, products);
    else bytes(unit, value, products);
    code.emit("vpaddd", into, products, unit.source(addend));
    return;
  }
  const clash = mentions(unit, left, into) || mentions(unit, right, into);
  const sum = clash ? unit.temporary(type, "a sum") : into;
  unit.into(addend, sum);
  const name = parts === "pairs" ? "vpdpwssd" : "vpdpbusd";
  // A byte of the left side is unsigned, so the two sides of bytes are not alike; only the right one may lie in memory.
  code.emit(name, sum, unit.register(left), unit.source(right));
  unit.move(type, into, sum);
}

/** Instructions on 8 and 16 bits do not repeat an element of memory. */
function wholeSource(unit: VectorUnit, value: Value): VectorRegister | MemoryOperand {
  return value.op === "load" ? unit.source(value) : unit.register(value);
}

/** No sum of two products leaves 16 bits where the left bytes have seven. */
function sevenBits(unit: VectorUnit, { left, right, type }: Dot, products: VectorRegister): void {
  const { code } = unit.state;
  code.emit("vpmaddubsw", products, unit.register(left), wholeSource(unit, right));
  code.emit("vpmaddwd", products, products, unit.register({ op: "constant", type, value: 0x00010001 }));
}

/** Bytes at even and at odd places as 16 bits each. */
function bytes(unit: VectorUnit, { left, right, type }: Dot, products: VectorRegister): void {
  const { code, isa } = unit.state;
  const [l, r] = [unit.register(left), unit.register(right)];
  const [first, second] = [unit.temporary(type, "even bytes"), unit.temporary(type, "odd bytes")];
  const and: InstructionName = isa === "avx512" ? "vpandd" : "vpand";
  code.emit(and, first, l, unit.source({ op: "constant", type, value: 0x00ff00ff }));
  code.emit("vpsllw", second, r, 8);
  code.emit("vpsraw", second, second, 8);
  code.emit("vpmaddwd", products, first, second);
  code.emit("vpsrlw", first, l, 8);
  code.emit("vpsraw", second, r, 8);
  code.emit("vpmaddwd", first, first, second);
  code.emit("vpaddd", products, products, first);
}

/** Even lanes are multiplied where they are, odd ones after they were moved down; then both are put together again. */
export function multiplyShiftInto(unit: VectorUnit, value: MultiplyShift, into: VectorRegister): void {
  const { code, isa } = unit.state;
  const { left, right, type, shift } = value;
  const [l, r] = [unit.register(left), unit.register(right)];
  const [even, odd, other] = ["even products", "odd products", "odd lanes"].map((purpose) =>
    unit.temporary(type, purpose),
  ) as [VectorRegister, VectorRegister, VectorRegister];
  code.emit("vpmuldq", even, l, r);
  code.emit("vpsrlq", odd, l, 32);
  code.emit("vpsrlq", other, r, 32);
  code.emit("vpmuldq", odd, odd, other);
  for (const product of [even, odd]) {
    if (value.rounds) code.emit("vpaddq", product, product, half(unit, value));
    // What is wanted goes into the upper half of 64 bits, which has a shift that keeps the sign.
    if (shift < 32) code.emit("vpsllq", product, product, 32 - shift);
    else if (shift > 32) code.emit("vpsrad", product, product, shift - 32);
  }
  code.emit("vpsrlq", even, even, 32);
  const [and, or] = isa === "avx512" ? (["vpandd", "vpord"] as const) : (["vpand", "vpor"] as const);
  code.emit(and, odd, odd, pattern(unit, value, [0, -1]));
  code.emit(or, into, even, odd);
}

/** 2^(shift - 1) in each 64 bits. */
function half(unit: VectorUnit, value: MultiplyShift): MemoryOperand {
  const added = 2 ** (value.shift - 1);
  return pattern(unit, value, [added | 0, Math.floor(added / 2 ** 32)]);
}

/** A whole vector of these two halves of 64 bits, in the literal pool. */
function pattern(unit: VectorUnit, { type }: MultiplyShift, halves: readonly number[]): MemoryOperand {
  const lanes = Array.from(
    { length: (unit.bits(type) / 8 / bytesOf.i32) as number },
    (_, l) => halves[l % 2],
  );
  return atLabel(literalOf(unit.state.code, "i32", lanes as number[]));
}

/** The same of scalars, in 64-bit registers. */
export function scalarMultiplyShift(unit: VectorUnit, value: MultiplyShift, into: Gpr): void {
  const { code } = unit.state;
  const { integers } = unit;
  const product = integers.temporary("a product");
  const factor = integers.register(value.right);
  integers.into(value.left, product);
  code.emit("imul", product, factor);
  if (value.rounds) {
    code.emit("movabs", rdx, 2n ** BigInt(value.shift - 1));
    code.emit("add", product, rdx);
  }
  code.emit("sar", product, value.shift);
  code.emit("movsxd", into, low(product));
}

/** left / right, unsigned. The divisor 0 counts as 1: dividing by 0 would end the process. */
export function unsignedQuotientInto(unit: VectorUnit, left: Value, right: Value, into: Gpr): void {
  const { code } = unit.state;
  const { integers } = unit;
  const divisor = integers.temporary("a divisor");
  integers.into(right, divisor);
  integers.into(left, rax);
  code.emit("mov", low(rdx), 1);
  code.emit("test", low(divisor), low(divisor));
  code.emit("cmove", low(divisor), low(rdx));
  code.emit("xor", low(rdx), low(rdx));
  code.emit("div", low(divisor));
  code.emit("movsxd", into, low(rax));
}

/**
 * Floating-point numbers and vectors in vector registers: a scalar is the lowest lane of 128 bits. Operands that lie in
 * memory are read by the instruction that needs them where it can; multiply-add updates its sum in place.
 */

import { ProgramError } from "../errors.ts";
import {
  type Address,
  bytesOf,
  type Element,
  isByte,
  type Load,
  type Mask,
  type Name,
  type Tail,
  typeText,
  type Value,
  type VectorType,
} from "../expressions.ts";
import { binaryInto, multiplyAddInto, unaryInto } from "./arithmetic.ts";
import { broadcastByte, loadBytes, storeBytes } from "./bytes.ts";
import { convertVector, integerFromReal, realFromInteger } from "./conversions.ts";
import type { InstructionName } from "./instructions.ts";
import type { IntegerUnit } from "./integers.ts";
import { isaRows } from "./isa.ts";
import { halfInto, laneInto, sumInto } from "./lanes.ts";
import { literalOf } from "./literals.ts";
import { atLabel, type Label, type MemoryOperand } from "./operands.ts";
import { dotInto, multiplyShiftInto } from "./packed-integers.ts";
import { type Gpr, low, type MaskRegister, mask, type VectorRegister, vector } from "./registers.ts";
import { chooseInto, compareReals } from "./selection.ts";
import type { State } from "./state.ts";
import { defineTail } from "./tails.ts";
import { bitsOf } from "./vector-types.ts";

export class VectorUnit {
  readonly state: State;
  readonly integers: IntegerUnit;
  readonly #program: string;

  constructor(program: string, state: State, integers: IntegerUnit) {
    this.#program = program;
    this.state = state;
    this.integers = integers;
    integers.vectors = this;
  }

  /** A temporary register for a value of this type. */
  temporary(type: VectorType, purpose: string): VectorRegister {
    return vector(this.state.temporary("vector", purpose), this.bits(type));
  }

  /** @throws ProgramError for a width that this instruction set has no registers for. */
  bits(type: VectorType): 128 | 256 | 512 {
    const bits = bitsOf(type);
    if (bits === 128 || bits === 256 || (bits === 512 && isaRows[this.state.isa].bits === 512)) return bits;
    const { isa } = this.state;
    throw new ProgramError(`program ${this.#program} for x64`, {
      expected: `scalars or vectors of 128 to ${isaRows[isa].bits} bits on ${isa}`,
      found: typeText(type),
      remedy: `Build the program with ${isaRows[isa].bits / 8 / bytesOf[type.element]} lanes of ${type.element}.`,
    });
  }

  /** A register that holds the value: the home of a name, or a temporary. Not to be changed. */
  register(value: Value): VectorRegister {
    if (value.op === "name") {
      const home = this.state.home(value.name);
      if (home.kind === "vector") return vector(home.index, this.bits(value.type));
    }
    const into = this.temporary(value.type, value.op);
    this.into(value, into);
    return into;
  }

  /** The value as the last operand of an instruction, read from memory by it where that can be. */
  source(value: Value): VectorRegister | MemoryOperand {
    // Bytes have to be widened first.
    if ((value.op === "load" || value.op === "broadcast") && isByte(value.address.pointer.element))
      return this.register(value);
    if (value.op === "load" && !value.tail && value.type.element !== "i32" && value.type.lanes === 1)
      return this.integers.address(value.address);
    if (value.op === "load" && !value.tail && value.type.lanes > 1)
      return this.integers.address(value.address);
    const broadcasts = isaRows[this.state.isa].bits === 512;
    if (value.op === "broadcast" && broadcasts) return this.integers.address(value.address, true);
    if (value.op === "constant" && !Object.is(value.value, 0)) return this.literal(value.type, value.value);
    if (value.op === "name" && value.type.lanes === 1) {
      const home = this.state.home(value.name);
      if (home.kind === "argument") return this.state.argument(home.offset);
    }
    return this.register(value);
  }

  /** A constant in the literal pool, as an operand: one element that is broadcast, or a whole vector. */
  literal(type: VectorType, value: number): MemoryOperand {
    const broadcast = type.lanes > 1 && this.state.isa === "avx512";
    const lanes = broadcast ? 1 : type.lanes;
    const label = literalOf(this.state.code, type.element, new Array<number>(lanes).fill(value));
    return atLabel(label, { broadcast });
  }

  /** Computes the value into a register that it does not mention, except as the addend of a multiply-add. */
  into(value: Value, into: VectorRegister): void {
    const before = this.state.taken;
    this.#into(value, into);
    this.state.giveBack(before);
  }

  #into(value: Value, into: VectorRegister): void {
    switch (value.op) {
      case "constant":
        this.constant(value.type, value.value, into);
        break;
      case "name":
        this.#name(value, into);
        break;
      case "load":
        this.#load(value, into);
        break;
      case "broadcast":
        if (isByte(value.address.pointer.element))
          broadcastByte(this, value.address.pointer.element, value.address, into);
        else this.#broadcast(value.type, this.integers.address(value.address), into);
        break;
      case "splat":
        this.#splat(value.value, value.type, into);
        break;
      case "binary":
        binaryInto(this, value, into);
        break;
      case "unary":
        unaryInto(this, value, into);
        break;
      case "multiplyAdd":
        multiplyAddInto(this, value, into);
        break;
      case "dot":
        dotInto(this, value, into);
        break;
      case "multiplyShift":
        multiplyShiftInto(this, value, into);
        break;
      case "select":
        chooseInto(this, value, into);
        break;
      case "convert":
        if (value.type.lanes > 1) convertVector(this, value.value, value.type, into);
        else realFromInteger(this, value.value, value.type, into);
        break;
      case "reinterpret":
        this.#reinterpret(value.value, value.type, into);
        break;
      case "sum":
        sumInto(this, this.register(value.value), value.value.type, into);
        break;
      case "lane":
        laneInto(this, this.register(value.value), value.value.type, value.lane, into);
        break;
      case "interleave": {
        const [left, right] = [this.register(value.left), this.register(value.right)];
        halfInto(this, value.half, left, right, value.type, into);
        break;
      }
    }
  }

  /** An integer that comes out of a vector or a floating-point number. */
  integerFrom(value: Value, into: Gpr): void {
    this.state.scoped(() => {
      if (value.op === "convert") {
        integerFromReal(this, value.value, into);
        return;
      }
      if (value.op === "reinterpret") {
        this.integers.fromLowestLane(into, this.register(value.value).index);
        return;
      }
      if (value.op !== "sum" && value.op !== "lane")
        throw new Error(`${value.op} is not an integer of one lane`);
      const source = this.register(value.value);
      const lowest = vector(this.state.temporary("vector", value.op), 128);
      if (value.op === "sum") sumInto(this, source, value.value.type, lowest);
      else laneInto(this, source, value.value.type, value.lane, lowest);
      this.integers.fromLowestLane(into, lowest.index);
    });
  }

  /** The same number in every lane. */
  constant(type: VectorType, value: number, into: VectorRegister): void {
    if (Object.is(value, 0)) this.zero(into);
    else if (type.lanes === 1) this.move(type, into, this.literal(type, value));
    else {
      const label = literalOf(this.state.code, type.element, [value]);
      this.#broadcast(type, atLabel(label), into);
    }
  }

  zero(into: VectorRegister): void {
    const narrow = vector(into.index, 128);
    this.state.code.emit(into.index < 16 ? "vxorps" : "vpxord", narrow, narrow, narrow);
  }

  #name(name: Name, into: VectorRegister): void {
    const home = this.state.home(name.name);
    const from = home.kind === "argument" ? this.state.argument(home.offset) : vector(home.index, into.bits);
    this.move(name.type, into, from);
  }

  /** Copies a register, or loads. */
  move(type: VectorType, into: VectorRegister, from: VectorRegister | MemoryOperand): void {
    const { code } = this.state;
    if (from.kind === "vector") {
      if (from.index !== into.index) code.emit("vmovaps", into, from);
    } else if (type.lanes > 1) code.emit("vmovups", into, from);
    else code.emit(type.element === "f64" ? "vmovsd" : "vmovss", into, from);
  }

  #load(load: Load, into: VectorRegister): void {
    const { address, tail, type } = load;
    if (isByte(address.pointer.element)) {
      loadBytes(this, address.pointer.element, load, into);
      return;
    }
    const from = this.integers.address(address);
    if (!tail) this.move(type, into, from);
    else if (isaRows[this.state.isa].masks)
      this.state.code.emitMasked(movement(type.element), this.tailMask(tail), true, into, from);
    else this.state.code.emit(maskedMovement(type.element), into, this.tailVector(tail), from);
  }

  /** Writes a value to memory; with a tail, only its lanes. */
  store(address: Address, value: Value, tail: Tail | undefined): void {
    const { code } = this.state;
    if (isByte(address.pointer.element)) {
      storeBytes(this, address.pointer.element, this.integers.address(address), value, tail);
      return;
    }
    const from = this.register(value);
    const to = this.integers.address(address);
    if (tail && isaRows[this.state.isa].masks)
      code.emitMasked(movement(value.type.element), this.tailMask(tail), false, to, from);
    else if (tail) code.emit(maskedMovement(value.type.element), to, this.tailVector(tail), from);
    else if (value.type.lanes > 1) code.emit("vmovups", to, from);
    else code.emit(value.type.element === "f64" ? "vmovsd" : "vmovss", to, from);
  }

  defineTail(tail: Tail, count: Value): void {
    defineTail(this, tail, count);
  }

  tailMask(tail: Tail): MaskRegister {
    const home = this.state.home(tail.name);
    if (home.kind !== "mask") throw new Error(`${tail.name} has no mask register`);
    return mask(home.index);
  }

  tailVector(tail: Tail): VectorRegister {
    const home = this.state.home(tail.name);
    if (home.kind !== "vector") throw new Error(`${tail.name} has no mask vector`);
    return vector(home.index, this.bits(tail.type));
  }

  #broadcast(type: VectorType, from: MemoryOperand, into: VectorRegister): void {
    this.state.code.emit(broadcastName(type), into, from);
  }

  #splat(scalar: Value, type: VectorType, into: VectorRegister): void {
    const { code } = this.state;
    if (type.element === "i32") {
      const from = this.integers.register(scalar);
      code.emit("vmovd", vector(into.index, 128), low(from));
      code.emit("vpbroadcastd", into, vector(into.index, 128));
      return;
    }
    const from = this.source(scalar);
    if (from.kind === "memory") this.#broadcast(type, from, into);
    else code.emit(broadcastName(type), into, vector(from.index, 128));
  }

  /** Lanes keep their register; a scalar integer comes from a general one. */
  #reinterpret(value: Value, to: VectorType, into: VectorRegister): void {
    if (to.lanes > 1) this.into(value, into);
    else this.state.code.emit("vmovd", into, low(this.integers.register(value)));
  }

  /** Jumps where the comparison of two floating-point scalars has this outcome. */
  branch(condition: Mask, target: Label, outcome: boolean): void {
    this.state.scoped(() => compareReals(this, condition, target, outcome));
  }
}

/** Loads and stores of whole vectors whose masks count elements of this type. */
function movement(element: Element): InstructionName {
  return element === "f64" ? "vmovupd" : "vmovups";
}

function maskedMovement(element: Element): InstructionName {
  return element === "f64" ? "vmaskmovpd" : "vmaskmovps";
}

function broadcastName({ element, lanes }: VectorType): InstructionName {
  if (element === "f32") return "vbroadcastss";
  if (element === "i32") return "vpbroadcastd";
  return lanes === 2 ? "vmovddup" : "vbroadcastsd";
}

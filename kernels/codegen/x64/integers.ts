/**
 * Integers and addresses in general registers. An i32 is kept sign-extended to 64 bits, so that it can index memory as
 * it stands; what may overflow 32 bits is sign-extended again, so that it wraps as on the other targets.
 */
import {
  type Address,
  type AnyPointer,
  bytesOf,
  type Mask,
  type MemoryElement,
  type PointerName,
  type Value,
} from "../expressions.ts";
import type { InstructionName } from "./instructions.ts";
import { type Label, type MemoryOperand, memory } from "./operands.ts";
import { scalarMultiplyShift, unsignedQuotientInto } from "./packed-integers.ts";
import { general } from "./pool.ts";
import { type Gpr, low, rax, rdx, vector } from "./registers.ts";
import type { State } from "./state.ts";
import type { VectorUnit } from "./vectors.ts";

type Scale = 1 | 2 | 4 | 8;
type Binary = Extract<Value, { op: "binary" }>;

/** Jump where the comparison of two integers holds. */
const jumps = { eq: "je", ne: "jne", lt: "jl", le: "jle", gt: "jg", ge: "jge" } as const;
export const opposite = { eq: "ne", ne: "eq", lt: "ge", le: "gt", gt: "le", ge: "lt" } as const;

/** Bytes are widened to the whole register; everything else is an i32 there. */
const loads: Partial<Record<MemoryElement, InstructionName>> = { i8: "movsx", u8: "movzx" };

/** A second operand; an i32 always fits the immediate that most instructions have. */
type Source = Gpr | MemoryOperand | number;

export class IntegerUnit {
  readonly #state: State;
  vectors!: VectorUnit;

  constructor(state: State) {
    this.#state = state;
  }

  /** A register that holds the value: the home of a name, or a temporary. Not to be changed. */
  register(value: Value): Gpr {
    if (value.op === "name") {
      const home = this.#state.home(value.name);
      if (home.kind === "general") return general(home.index);
    }
    const into = this.temporary(value.op);
    this.into(value, into);
    return into;
  }

  /** The value as the second operand of an instruction: an immediate, an argument where it lies, or a register. */
  source(value: Value): Source {
    if (value.op === "constant") return value.value;
    if (value.op === "name") {
      const home = this.#state.home(value.name);
      if (home.kind === "argument") return this.#state.argument(home.offset);
    }
    return this.register(value);
  }

  temporary(purpose: string): Gpr {
    return general(this.#state.temporary("general", purpose));
  }

  /** Computes the value into a register that the value does not mention, or that it mentions only first. */
  into(value: Value, into: Gpr): void {
    const { code } = this.#state;
    switch (value.op) {
      case "constant":
        if (value.value === 0) code.emit("xor", low(into), low(into));
        else code.emit("mov", into, value.value);
        break;
      case "name":
        this.move(into, this.source(value));
        break;
      case "load":
        this.#state.scoped(() =>
          code.emit(loads[value.address.pointer.element] ?? "movsxd", into, this.address(value.address)),
        );
        break;
      case "multiplyShift":
        this.#state.scoped(() => scalarMultiplyShift(this.vectors, value, into));
        break;
      case "binary":
        this.#state.scoped(() => this.#binary(value, into));
        break;
      case "multiplyAdd":
        this.#state.scoped(() => {
          const addend = this.source(value.addend);
          const product = this.temporary("a product");
          this.into(value.left, product);
          this.#multiply(product, this.source(value.right));
          code.emit("add", product, addend);
          code.emit("movsxd", into, low(product));
        });
        break;
      case "select":
        this.#select(value, into);
        break;
      default:
        this.vectors.integerFrom(value, into);
    }
  }

  move(into: Gpr, from: Source): void {
    if (typeof from === "object" && from.kind === "gpr" && from.index === into.index) return;
    this.#state.code.emit("mov", into, from);
  }

  #binary({ operator, left, right }: Binary, into: Gpr): void {
    const { code } = this.#state;
    if (operator === "udiv") {
      unsignedQuotientInto(this.vectors, left, right, into);
      return;
    }
    if (operator === "rem") {
      this.#remainder(left, right, into);
      return;
    }
    // The right side first: the left one may be computed in the target, which the right one may mention.
    const other = this.source(right);
    const clash = typeof other === "object" && other.kind === "gpr" && other.index === into.index;
    const target = clash ? this.temporary(operator) : into;
    this.into(left, target);
    switch (operator) {
      case "add":
      case "sub":
        code.emit(operator, target, other);
        break;
      case "mul":
        this.#multiply(target, other);
        break;
      case "and":
      case "or":
      case "xor":
        code.emit(operator, target, other);
        break;
      case "ushr":
        // Of 32 bits alone; the upper half becomes 0, which is its sign, because a shift by 0 is no shift.
        code.emit("shr", low(target), other as number);
        break;
      case "shl":
      case "shr":
        code.emit(operator === "shl" ? "shl" : "sar", target, other);
        break;
      case "min":
      case "max": {
        const bound = typeof other === "object" && other.kind === "gpr" ? other : this.#inScratch(other);
        code.emit("cmp", target, bound);
        code.emit(operator === "min" ? "cmovg" : "cmovl", target, bound);
        break;
      }
    }
    if (operator === "add" || operator === "sub" || operator === "mul" || operator === "shl")
      code.emit("movsxd", into, low(target));
    else this.move(into, target);
  }

  #multiply(target: Gpr, other: Source): void {
    if (typeof other === "number") this.#state.code.emit("imul", target, target, other);
    else this.#state.code.emit("imul", target, other);
  }

  /** rdx, because a dividend may be on its way into rax. */
  #inScratch(value: Source): Gpr {
    this.#state.code.emit("mov", rdx, value);
    return rdx;
  }

  /** Signed division of edx:eax; the remainder is left in edx. */
  #remainder(left: Value, right: Value, into: Gpr): void {
    const { code } = this.#state;
    const divisor = this.temporary("a divisor");
    this.into(right, divisor);
    this.into(left, rax);
    code.emit("cdq");
    code.emit("idiv", low(divisor));
    code.emit("movsxd", into, low(rdx));
  }

  #select(value: Extract<Value, { op: "select" }>, into: Gpr): void {
    this.#state.scoped(() => {
      const chosen = this.temporary("a choice");
      const end = this.#state.label("chosen");
      this.into(value.yes, chosen);
      this.branch(value.mask, end, true);
      this.into(value.no, chosen);
      this.#state.code.bind(end);
      this.move(into, chosen);
    });
  }

  /** Jumps to the label where the comparison of two scalars has this outcome; else goes on behind. */
  branch(condition: Mask, target: Label, outcome: boolean): void {
    const { code } = this.#state;
    if (condition.of.element !== "i32") {
      this.vectors.branch(condition, target, outcome);
      return;
    }
    this.#state.scoped(() => {
      const left = this.register(condition.left);
      code.emit("cmp", left, this.source(condition.right));
    });
    code.emit(jumps[outcome ? condition.operator : opposite[condition.operator]], target);
  }

  /** An address as an instruction's operand; what has to be computed for it is in temporaries. */
  address({ pointer, index, offset }: Address, broadcast = false): MemoryOperand {
    const bytes = bytesOf[pointer.element];
    const { base, index: step } = this.#baseAndIndex(pointer, index === undefined);
    const scaled = index === undefined ? step : this.register(index);
    const displacement = offset * bytes;
    if (!scaled) return memory(base, { displacement, broadcast });
    return memory(base, { index: scaled, scale: bytes as Scale, displacement, broadcast });
  }

  /** The last step of a pointer may be the index of the operand, if that has room for it. */
  #baseAndIndex(pointer: AnyPointer, room: boolean): { base: Gpr; index?: Gpr } {
    if (pointer.op === "advance" && room && pointer.by.op === "name")
      return { base: this.pointerRegister(pointer.pointer), index: this.register(pointer.by) };
    return { base: this.pointerRegister(pointer) };
  }

  /** A register that holds the pointer: its home, or a temporary. Not to be changed. */
  pointerRegister(pointer: AnyPointer): Gpr {
    if (pointer.op === "pointer") {
      const home = this.#state.home(pointer.name);
      if (home.kind === "general") return general(home.index);
    }
    const into = this.temporary("an address");
    this.pointerInto(pointer, into);
    return into;
  }

  /** Computes the pointer into a register, which it may mention as what is advanced. */
  pointerInto(pointer: AnyPointer, into: Gpr): void {
    const { code } = this.#state;
    if (pointer.op === "pointer") {
      const home = this.#state.home(pointer.name);
      this.move(into, home.kind === "argument" ? this.#state.argument(home.offset) : general(home.index));
      return;
    }
    const bytes = bytesOf[pointer.element];
    this.#state.scoped(() => {
      const { by } = pointer;
      if (by.op === "constant") {
        this.#advanceBy(pointer.pointer, by.value * bytes, into);
        return;
      }
      const step = this.register(by);
      const base = this.pointerRegister(pointer.pointer);
      code.emit("lea", into, memory(base, { index: step, scale: bytes as Scale }));
    });
  }

  #advanceBy(pointer: AnyPointer, bytes: number, into: Gpr): void {
    const base = this.pointerRegister(pointer);
    if (base.index === into.index) this.#state.code.emit("add", into, bytes);
    else this.#state.code.emit("lea", into, memory(base, { displacement: bytes }));
  }

  /** Writes an i32 to memory. */
  store(address: MemoryOperand, value: Value): void {
    this.#state.code.emit("mov", address, low(this.register(value)));
  }

  /** A pointer variable moved on in place. */
  assignPointer(name: PointerName<MemoryElement>, value: AnyPointer): void {
    const home = this.#state.home(name.name);
    if (home.kind === "general") this.pointerInto(value, general(home.index));
  }

  /** The 32-bit half of the vector's lowest lane. */
  fromLowestLane(into: Gpr, index: number): void {
    this.#state.code.emit("vmovd" satisfies InstructionName, low(into), vector(index, 128));
    this.#state.code.emit("movsxd", into, low(into));
  }
}

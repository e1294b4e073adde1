/**
 * Loads and stores in WebAssembly: addresses, whose constant parts become the offset that every memory instruction has
 * room for; bytes, which are widened and narrowed; and edges, which go from lane to lane, because there are no masks.
 * Apart from lower.ts, which walks statements and computes values.
 */
import {
  type Address,
  type AnyPointer,
  bytesOf,
  childrenOf,
  type Expression,
  isByte,
  type Load,
  type Tail,
  typeText,
  type Value,
  type VectorType,
} from "../expressions.ts";
import type { Store } from "../statements.ts";
import type { WasmType } from "./encode.ts";
import type { InstructionName } from "./instructions.ts";
import { loadByte, loadBytes, narrow, storeBytes, type WasmEmitter } from "./packed-integers.ts";

/** What accesses need of the lowering. */
export interface AccessEmitter extends WasmEmitter {
  /** The local of a name. */
  local(name: string, type: WasmType): number;
  /** A local that nobody else uses, called after its purpose. */
  numbered(purpose: string, type: WasmType): number;
  /** @throws ProgramError for vectors that are not 128 bits wide */
  wasmType(type: VectorType): WasmType;
  family(type: VectorType, operation: string): InstructionName;
  /** Pushes zeros of this type. */
  zero(type: VectorType): void;
}

/** The accesses of one program. */
export class Accesses {
  readonly #to: AccessEmitter;
  readonly #tailLocals = new Map<Load, number>();

  constructor(to: AccessEmitter) {
    this.#to = to;
  }

  store({ address, value, tail }: Store): void {
    this.loadTails(value);
    if (tail) {
      this.#storeTail(address, value, tail);
      return;
    }
    const offset = this.address(address);
    this.#to.push(value);
    const { element } = address.pointer;
    if (isByte(element)) {
      narrow(this.#to, element, value.type);
      storeBytes(this.#to, value.type.lanes, offset);
      return;
    }
    const name =
      this.#to.wasmType(value.type) === "v128" ? "v128.store" : (`${value.type.element}.store` as const);
    this.#to.emit(name, offset);
  }

  /** Lane by lane: WebAssembly has no masks, and a lane that does not count may lie outside of memory. */
  #storeTail(address: Address, value: Value, tail: Tail): void {
    const { element } = address.pointer;
    const type = isByte(element) ? "v128" : this.#to.wasmType(value.type);
    const scratch = this.#to.local(`stored.${isByte(element) ? "bytes" : typeText(value.type)}`, type);
    this.#to.push(value);
    if (isByte(element)) narrow(this.#to, element, value.type);
    this.#to.emit("local.set", scratch);
    this.#eachLane(tail, (l) => {
      const offset = this.address({ ...address, offset: address.offset + l });
      this.#to.emit("local.get", scratch);
      if (isByte(element)) {
        this.#to.emit("v128.store8_lane", offset, { lanes: [l] });
        return;
      }
      if (type === "v128") this.#to.emit(this.#to.family(value.type, "extract_lane"), l);
      this.#to.emit(`${value.type.element}.store`, offset);
    });
  }

  /** Loads with a tail take branches, so they are made before the statement that holds them, each into a local. */
  loadTails(expression: Expression): void {
    for (const child of childrenOf(expression)) this.loadTails(child);
    if (expression.op === "load" && expression.tail) this.#loadTail(expression, expression.tail);
  }

  /** The vector into a local of its own, 0 in the lanes that do not count. */
  #loadTail(load: Load, tail: Tail): void {
    const { address } = load;
    const type = this.#to.wasmType(tail.type);
    const scratch = this.#to.numbered("loaded", type);
    this.#tailLocals.set(load, scratch);
    this.#to.zero(tail.type);
    this.#to.emit("local.set", scratch);
    this.#eachLane(tail, (l) => {
      if (type === "v128") this.#to.emit("local.get", scratch);
      this.#loadScalar({ ...address, offset: address.offset + l });
      if (type === "v128") this.#to.emit(this.#to.family(tail.type, "replace_lane"), l);
      this.#to.emit("local.set", scratch);
    });
  }

  #loadScalar(address: Address): void {
    const { element } = address.pointer;
    const offset = this.address(address);
    if (isByte(element)) loadByte(this.#to, element, offset);
    else this.#to.emit(`${element}.load`, offset);
  }

  #eachLane(tail: Tail, emit: (lane: number) => void): void {
    for (let l = 0; l < tail.type.lanes; l++) {
      this.#to.emit("local.get", this.#to.local(tail.name, "i32"));
      this.#to.emit("i32.const", l);
      this.#to.emit("i32.gt_s");
      this.#to.emit("if");
      emit(l);
      this.#to.emit("end");
    }
  }

  /** Pushes the address and returns the constant byte offset for the instruction that uses it. */
  address(address: Address): number {
    const bytes = bytesOf[address.pointer.element];
    this.pointer(address.pointer);
    if (address.index) {
      this.#scaled(address.index, bytes);
      this.#to.emit("i32.add");
    }
    if (address.offset >= 0) return address.offset * bytes;
    this.#to.emit("i32.const", address.offset * bytes);
    this.#to.emit("i32.add");
    return 0;
  }

  pointer(pointer: AnyPointer): void {
    if (pointer.op === "pointer") {
      this.#to.emit("local.get", this.#to.local(pointer.name, "i32"));
      return;
    }
    this.pointer(pointer.pointer);
    this.#scaled(pointer.by, bytesOf[pointer.element]);
    this.#to.emit("i32.add");
  }

  #scaled(index: Value, bytes: number): void {
    if (index.op === "constant") {
      this.#to.emit("i32.const", index.value * bytes);
      return;
    }
    this.#to.push(index);
    this.#to.emit("i32.const", Math.log2(bytes));
    this.#to.emit("i32.shl");
  }

  load(value: Load): void {
    const loaded = this.#tailLocals.get(value);
    const { element } = value.address.pointer;
    if (loaded !== undefined) this.#to.emit("local.get", loaded);
    else if (this.#to.wasmType(value.type) !== "v128") this.#loadScalar(value.address);
    else if (isByte(element)) loadBytes(this.#to, element, this.address(value.address));
    else this.#to.emit("v128.load", this.address(value.address));
  }

  broadcast({ address, type }: Extract<Value, { op: "broadcast" }>): void {
    this.#to.wasmType(type);
    if (isByte(address.pointer.element)) {
      this.#loadScalar(address);
      this.#to.emit("i32x4.splat");
    } else
      this.#to.emit(
        type.element === "f64" ? "v128.load64_splat" : "v128.load32_splat",
        this.address(address),
      );
  }
}

/**
 * Runs a vector program statement by statement, in strict arithmetic, and reports every access to memory. Slow and
 * plain on purpose: the model against which both back ends and the address trace are tested.
 */
import {
  type Address,
  type AnyPointer,
  type BinaryOperator,
  byteRange,
  bytesOf,
  type CompareOperator,
  type DotParts,
  type Element,
  isByte,
  isPointer,
  lanesOfHalf,
  type Mask,
  type MemoryElement,
  type Tail,
  type UnaryOperator,
  type Value,
  type VectorType,
} from "./expressions.ts";
import { dotBytes, dotPairs, multiplyShift, unsignedQuotient } from "./js/packed-integers.ts";
import type { Memory, View } from "./memory.ts";
import type { Program, Statement, Store } from "./statements.ts";
import type { Visit } from "./trace.ts";

/** Exact numbers of accesses: instructions of loading and storing, a vector or a scalar each, and bytes moved. */
export interface AccessCounts {
  readonly loads: number;
  readonly stores: number;
  readonly loadedBytes: number;
  readonly storedBytes: number;
}

/** Runs the program once on the memory; arguments as for a kernel. Reports each access, and returns their number. */
export function interpret(
  program: Program,
  memory: Memory,
  args: readonly number[],
  visit: Visit = () => {},
): AccessCounts {
  const interpreter = new Interpreter(memory, visit);
  for (const [index, parameter] of program.parameters.entries()) {
    const value = args[index] as number;
    const element = parameter.kind === "pointer" ? "i32" : parameter.element;
    interpreter.names.set(parameter.name, [round(element, value)]);
  }
  interpreter.run(program.body);
  return interpreter.counts;
}

const round = (element: Element, value: number): number =>
  element === "f32" ? Math.fround(value) : element === "i32" ? value | 0 : value;

const stored = (element: MemoryElement, lane: number): number =>
  isByte(element) ? Math.max(byteRange[element][0], Math.min(byteRange[element][1], lane)) : lane;

const dotModels: Readonly<Record<DotParts, (left: number, right: number, addend: number) => number>> = {
  bytes: dotBytes,
  sevenBits: dotBytes,
  pairs: dotPairs,
};

const saturate = (value: number): number => Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, value)) | 0;

const binaryModels: Readonly<
  Record<BinaryOperator, (left: number, right: number, element: Element) => number>
> = {
  add: (left, right) => left + right,
  sub: (left, right) => left - right,
  mul: (left, right, element) => (element === "i32" ? Math.imul(left, right) : left * right),
  div: (left, right) => left / right,
  min: (left, right) => Math.min(left, right),
  max: (left, right) => Math.max(left, right),
  and: (left, right) => left & right,
  or: (left, right) => left | right,
  xor: (left, right) => left ^ right,
  shl: (left, right) => left << right,
  shr: (left, right) => left >> right,
  ushr: (left, right) => left >>> right,
  rem: (left, right) => left % right,
  udiv: unsignedQuotient,
  // 2^1024 is too large for a number, though half of it times the left side need not be.
  scale: (left, right) => (right > 0 ? left * 2 ** (right - 1) * 2 : left * 2 ** right),
};

const compareModels: Readonly<Record<CompareOperator, (left: number, right: number) => boolean>> = {
  eq: (left, right) => left === right,
  ne: (left, right) => left !== right,
  lt: (left, right) => left < right,
  le: (left, right) => left <= right,
  gt: (left, right) => left > right,
  ge: (left, right) => left >= right,
};

const unaryModels: Readonly<Record<UnaryOperator, (x: number) => number>> = {
  neg: (x) => -x,
  abs: Math.abs,
  sqrt: Math.sqrt,
  round: (x) => {
    const below = Math.floor(x);
    const odd = below % 2 !== 0;
    const nearest = x - below > 0.5 || (x - below === 0.5 && odd) ? below + 1 : below;
    return nearest === 0 && (x < 0 || Object.is(x, -0)) ? -0 : nearest;
  },
  floor: Math.floor,
  exponent: exponentModel,
  significand: (x) => x / 2 ** exponentModel(x),
};

/** By trial: the logarithm may be off by one where x is next to a power of two. */
function exponentModel(x: number): number {
  const guess = Math.round(Math.log2(x));
  return 2 ** guess > x ? guess - 1 : guess;
}

function reinterpreted(from: Element, lanes: readonly number[]): number[] {
  return from === "f32"
    ? [...new Int32Array(Float32Array.from(lanes).buffer)]
    : [...new Float32Array(Int32Array.from(lanes).buffer)];
}

class Interpreter {
  /** Lanes of every name; pointers are byte addresses. */
  readonly names = new Map<string, number[]>();
  readonly counts = { loads: 0, stores: 0, loadedBytes: 0, storedBytes: 0 };
  readonly #views: Readonly<Record<MemoryElement, View<MemoryElement>>>;
  readonly #visit: Visit;

  constructor({ buffer }: Memory, visit: Visit) {
    this.#views = {
      f32: new Float32Array(buffer),
      f64: new Float64Array(buffer),
      i32: new Int32Array(buffer),
      i8: new Int8Array(buffer),
      u8: new Uint8Array(buffer),
    };
    this.#visit = visit;
  }

  run(statements: readonly Statement[]): void {
    for (const statement of statements) this.#statement(statement);
  }

  #statement(statement: Statement): void {
    switch (statement.op) {
      case "define":
      case "assign": {
        const { name, value } = statement;
        this.names.set(name.name, isPointer(value) ? [this.#pointer(value)] : this.#value(value));
        break;
      }
      case "tail":
        this.names.set(statement.name.name, [this.#scalar(statement.count)]);
        break;
      case "prefetch":
        break;
      case "store":
        this.#store(statement);
        break;
      case "loop": {
        const to = this.#scalar(statement.to);
        for (let i = this.#scalar(statement.from); i < to; i += statement.step) {
          this.names.set(statement.counter.name, [i]);
          this.run(statement.body);
        }
        break;
      }
      case "if":
        this.run(this.#mask(statement.condition)[0] ? statement.whenTrue : statement.whenFalse);
        break;
      case "comment":
        break;
    }
  }

  #store({ address, value, tail }: Store): void {
    const place = this.#address(address);
    const lanes = this.#value(value).slice(0, this.#active(value.type.lanes, tail));
    const { element } = address.pointer;
    const bytes = bytesOf[element];
    if (lanes.length === 0) return;
    this.counts.stores++;
    this.counts.storedBytes += lanes.length * bytes;
    this.#visit(place, lanes.length * bytes, true);
    for (const [l, lane] of lanes.entries()) this.#views[element][place / bytes + l] = stored(element, lane);
  }

  #load(address: Address, lanes: number, tail?: Tail): number[] {
    const place = this.#address(address);
    const element = address.pointer.element;
    const bytes = bytesOf[element];
    const active = this.#active(lanes, tail);
    const loaded = new Array<number>(lanes).fill(0);
    if (active === 0) return loaded;
    this.counts.loads++;
    this.counts.loadedBytes += active * bytes;
    this.#visit(place, active * bytes, false);
    return loaded.map((none, l) => (l < active ? (this.#views[element][place / bytes + l] as number) : none));
  }

  /** Lanes that an access touches. */
  #active(lanes: number, tail: Tail | undefined): number {
    return tail ? Math.max(0, Math.min(lanes, this.#name(tail.name)[0] as number)) : lanes;
  }

  #address({ pointer, index, offset }: Address): number {
    const elements = (index ? this.#scalar(index) : 0) + offset;
    return this.#pointer(pointer) + elements * bytesOf[pointer.element];
  }

  #pointer(pointer: AnyPointer): number {
    if (pointer.op === "pointer") return this.#name(pointer.name)[0] as number;
    return this.#pointer(pointer.pointer) + this.#scalar(pointer.by) * bytesOf[pointer.element];
  }

  #name(name: string): number[] {
    return this.names.get(name) as number[];
  }

  #scalar(value: Value): number {
    return this.#value(value)[0] as number;
  }

  #mask({ left, right, operator }: Mask): boolean[] {
    const others = this.#value(right);
    return this.#value(left).map((lane, l) => compareModels[operator](lane, others[l] as number));
  }

  #zip(type: VectorType, left: number[], right: number[], operator: BinaryOperator): number[] {
    const model = binaryModels[operator];
    return left.map((lane, l) => round(type.element, model(lane, right[l] as number, type.element)));
  }

  #value(value: Value): number[] {
    const { type } = value;
    switch (value.op) {
      case "constant":
        return Array.from({ length: type.lanes }, () => value.value);
      case "name":
        return this.#name(value.name);
      case "load":
        return this.#load(value.address, type.lanes, value.tail);
      case "broadcast":
        return Array.from({ length: type.lanes }).fill(this.#load(value.address, 1)[0]) as number[];
      case "splat":
        return Array.from({ length: type.lanes }).fill(this.#scalar(value.value)) as number[];
      case "binary": {
        const left = this.#value(value.left);
        const right = this.#value(value.right);
        const widened = value.right.type.lanes < type.lanes ? left.map(() => right[0] as number) : right;
        return this.#zip(type, left, widened, value.operator);
      }
      case "multiplyAdd": {
        const product = this.#zip(type, this.#value(value.left), this.#value(value.right), "mul");
        return this.#zip(type, product, this.#value(value.addend), "add");
      }
      case "dot": {
        const [left, right] = [this.#value(value.left), this.#value(value.right)];
        const model = dotModels[value.parts];
        return this.#value(value.addend).map((sum, l) => model(left[l] as number, right[l] as number, sum));
      }
      case "multiplyShift": {
        const right = this.#value(value.right);
        const added = value.rounds ? 2 ** (value.shift - 1) : 0;
        return this.#value(value.left).map((lane, l) =>
          multiplyShift(lane, right[l] as number, value.shift, added),
        );
      }
      case "unary":
        return this.#value(value.value).map((lane) => round(type.element, unaryModels[value.operator](lane)));
      case "select": {
        const [yes, no] = [this.#value(value.yes), this.#value(value.no)];
        return this.#mask(value.mask).map((holds, l) => (holds ? yes : no)[l] as number);
      }
      case "convert":
        return this.#value(value.value).map((lane) =>
          type.element === "i32" ? saturate(lane) : round(type.element, lane),
        );
      case "reinterpret":
        return reinterpreted(value.value.type.element, this.#value(value.value));
      case "sum":
        return this.#sum(type, this.#value(value.value));
      case "lane":
        return [this.#value(value.value)[value.lane] as number];
      case "interleave": {
        const both = [...this.#value(value.left), ...this.#value(value.right)];
        return lanesOfHalf(value.half, type.lanes).map((l) => both[l] as number);
      }
    }
  }

  #sum(type: VectorType, lanes: number[]): number[] {
    if (lanes.length === 1) return lanes;
    const half = lanes.length / 2;
    return this.#sum(type, this.#zip(type, lanes.slice(0, half), lanes.slice(half), "add"));
  }
}

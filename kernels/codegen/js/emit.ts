/**
 * The JavaScript back end: a vector of W lanes becomes W scalars, a pointer becomes an index into a typed array.
 * `strict` rounds every f32 operation with Math.fround and so gives WebAssembly's bits; `fast` keeps intermediate
 * results in double precision and rounds where they are stored, which is what JavaScript does best.
 */
import type { Arithmetic } from "../arithmetic.ts";
import {
  type Address,
  type AnyPointer,
  byteRange,
  bytesOf,
  childrenOf,
  type Expression,
  isByte,
  isPointer,
  lanesOfHalf,
  type Mask,
  type UnaryOperator,
  type Value,
} from "../expressions.ts";
import type { Loop, Program, Statement, Store } from "../statements.ts";

/** Functions that round nothing: their results are f32 where the operand is. */
const unaryCalls: Readonly<Partial<Record<UnaryOperator, string>>> = {
  abs: "Math.abs",
  round: "roundEven",
  floor: "Math.floor",
  exponent: "exponent",
  significand: "significand",
};

const comparators = { eq: "===", ne: "!==", lt: "<", le: "<=", gt: ">", ge: ">=" } as const;

/** Turns program text into lines of JavaScript; one instance a program. */
export class JavaScriptEmitter {
  readonly #strict: boolean;
  readonly #lines: string[] = [];
  /** Names whose lanes are all equal (broadcasts): one scalar serves every lane. */
  readonly #uniform = new Set<string>();
  #indent = "";

  constructor(arithmetic: Arithmetic) {
    this.#strict = arithmetic === "strict";
  }

  /** The whole function: `function name(parameters) { … }`, with f32, f64, i32 and fround in scope. */
  emit(program: Program): string {
    const parameters = program.parameters.map((parameter) => parameter.name).join(", ");
    this.#line(`function ${functionName(program.name)}(${parameters}) {`);
    this.#inside(() => {
      for (const parameter of program.parameters) {
        if (parameter.kind === "pointer") {
          const bits = Math.log2(bytesOf[parameter.element]);
          this.#line(`${parameter.name} >>>= ${bits}; // byte address to index of ${parameter.element}`);
        } else if (parameter.element === "f32") this.#line(`${parameter.name} = fround(${parameter.name});`);
        else if (parameter.element === "i32") this.#line(`${parameter.name} |= 0;`);
      }
      this.#statements(program.body);
    });
    this.#line("}");
    return `${this.#lines.join("\n")}\n`;
  }

  #line(text: string): void {
    this.#lines.push(this.#indent + text);
  }

  #inside(write: () => void): void {
    const outer = this.#indent;
    this.#indent += "  ";
    write();
    this.#indent = outer;
  }

  #statements(statements: readonly Statement[]): void {
    for (const statement of statements) this.#statement(statement);
  }

  #statement(statement: Statement): void {
    switch (statement.op) {
      case "comment":
        this.#line(`// ${statement.text}`);
        break;
      case "define":
        this.#define(statement.name.mutable, statement.name.name, statement.value);
        break;
      case "assign":
        this.#assign(statement.name.name, statement.value);
        break;
      case "tail":
        this.#line(`const ${statement.name.name} = ${bare(this.lane(statement.count, 0))};`);
        break;
      case "prefetch":
        break; // JavaScript has no word for it
      case "store":
        this.#store(statement);
        break;
      case "loop":
        this.#loop(statement);
        break;
      case "if":
        this.#line(`if (${this.condition(statement.condition, 0)}) {`);
        this.#inside(() => this.#statements(statement.whenTrue));
        if (statement.whenFalse.length > 0) {
          this.#line("} else {");
          this.#inside(() => this.#statements(statement.whenFalse));
        }
        this.#line("}");
        break;
    }
  }

  #loop(loop: Loop): void {
    const i = loop.counter.name;
    const next = loop.step === 1 ? `${i}++` : `${i} += ${loop.step}`;
    this.#line(`for (let ${i} = ${this.lane(loop.from, 0)}; ${i} < ${this.lane(loop.to, 0)}; ${next}) {`);
    this.#inside(() => this.#statements(loop.body));
    this.#line("}");
  }

  #define(mutable: boolean, name: string, value: Value | AnyPointer): void {
    const keyword = mutable ? "let" : "const";
    if (isPointer(value)) {
      this.#line(`${keyword} ${name} = ${bare(this.pointer(value))};`);
      return;
    }
    const lanes = value.type.lanes;
    const same = value.op === "broadcast" || value.op === "splat" || value.op === "constant";
    if (lanes > 1 && same && !mutable) {
      this.#uniform.add(name);
      this.#line(`const ${name} = ${bare(this.lane(value, 0))};`);
      return;
    }
    for (let l = 0; l < lanes; l++)
      this.#line(`${keyword} ${laneName(name, l, lanes)} = ${bare(this.lane(value, l))};`);
  }

  /** All lanes are computed before any is changed where a lane of the value depends on another lane of the name. */
  #assign(name: string, value: Value | AnyPointer): void {
    if (isPointer(value)) {
      this.#line(`${name} = ${bare(this.pointer(value))};`);
      return;
    }
    const lanes = value.type.lanes;
    const names = Array.from({ length: lanes }, (_, l) => laneName(name, l, lanes));
    const values = names.map((_, l) => bare(this.lane(value, l)));
    if (lanes > 1 && mixesLanes(value)) this.#line(`[${names.join(", ")}] = [${values.join(", ")}];`);
    else for (const [l, target] of names.entries()) this.#line(`${target} = ${values[l]};`);
  }

  /** As in `#assign`: a vector is read as a whole before it is written, also where the two overlap in memory. */
  #store({ address, value, tail }: Store): void {
    const lanes = value.type.lanes;
    const view = address.pointer.element;
    const places = Array.from({ length: lanes }, (_, l) => {
      const counts = tail ? `if (${tail.name} > ${l}) ` : "";
      return `${counts}${view}[${this.index(address, l)}]`;
    });
    const narrowed = (text: string): string => {
      if (!isByte(view)) return bare(text);
      const [least, greatest] = byteRange[view];
      return `Math.max(${least}, Math.min(${greatest}, ${bare(text)}))`;
    };
    const values = places.map((_, l) => narrowed(this.lane(value, l)));
    if (lanes > 1 && readsMemory(value)) {
      const temporaries = places.map((_, l) => `t${l}`);
      this.#line("{");
      this.#inside(() => {
        this.#line(`const ${temporaries.map((t, l) => `${t} = ${values[l]}`).join(", ")};`);
        for (const [l, place] of places.entries()) this.#line(`${place} = ${temporaries[l]};`);
      });
      this.#line("}");
    } else for (const [l, place] of places.entries()) this.#line(`${place} = ${values[l]};`);
  }

  /** A pointer as an index into the array of its element type. */
  pointer(pointer: AnyPointer): string {
    return pointer.op === "pointer"
      ? pointer.name
      : `(${this.pointer(pointer.pointer)} + ${this.lane(pointer.by, 0)} | 0)`;
  }

  /** The index of one lane at an address. */
  index(address: Address, lane: number): string {
    const parts = [this.pointer(address.pointer)];
    if (address.index) parts.push(this.lane(address.index, 0));
    const offset = address.offset + lane;
    if (offset > 0) parts.push(String(offset));
    return parts.join(" + ") + (offset < 0 ? ` - ${-offset}` : "");
  }

  /** One lane of a comparison. */
  condition(mask: Mask, lane: number): string {
    return `${this.lane(mask.left, lane)} ${comparators[mask.operator]} ${this.lane(mask.right, lane)}`;
  }

  #rounded(value: Value, text: string): string {
    return this.#strict && value.type.element === "f32" ? `fround(${text})` : `(${text})`;
  }

  /** One lane of a value as a JavaScript expression that needs no parentheses around it. */
  lane(value: Value, lane: number): string {
    switch (value.op) {
      case "constant":
        return Object.is(value.value, -0) || value.value < 0
          ? `(${signed(value.value)})`
          : String(value.value);
      case "name":
        return this.#uniform.has(value.name) ? value.name : laneName(value.name, lane, value.type.lanes);
      case "load": {
        const loaded = `${value.address.pointer.element}[${this.index(value.address, lane)}]`;
        return value.tail ? `(${value.tail.name} > ${lane} ? ${loaded} : 0)` : loaded;
      }
      case "broadcast":
        return `${value.address.pointer.element}[${this.index(value.address, 0)}]`;
      case "splat":
        return this.lane(value.value, 0);
      case "binary":
        return this.#binary(
          value.operator,
          value,
          this.lane(value.left, lane),
          this.lane(value.right, value.right.type.lanes < value.type.lanes ? 0 : lane),
        );
      case "multiplyAdd":
        return this.#multiplyAdd(value, lane);
      case "dot": {
        const operands = [value.left, value.right, value.addend].map((each) => bare(this.lane(each, lane)));
        return `${value.parts === "pairs" ? "dotPairs" : "dotBytes"}(${operands.join(", ")})`;
      }
      case "multiplyShift": {
        const [left, right] = [value.left, value.right].map((each) => bare(this.lane(each, lane)));
        return `multiplyShift(${left}, ${right}, ${value.shift}, ${value.rounds ? 2 ** (value.shift - 1) : 0})`;
      }
      case "unary": {
        const operand = this.lane(value.value, lane);
        if (value.operator === "neg") return `(-${operand})`;
        const call = unaryCalls[value.operator];
        if (call) return `${call}(${operand})`;
        return this.#strict && value.type.element === "f32"
          ? `fround(Math.sqrt(${operand}))`
          : `Math.sqrt(${operand})`;
      }
      case "select":
        return `(${this.condition(value.mask, lane)} ? ${this.lane(value.yes, lane)} : ${this.lane(value.no, lane)})`;
      case "convert":
        return convertText(value.type.element, this.lane(value.value, lane));
      case "reinterpret":
        return `${value.type.element === "i32" ? "bitsOfSingle" : "singleOfBits"}(${this.lane(value.value, lane)})`;
      case "sum":
        return this.#sum(
          value,
          Array.from({ length: value.value.type.lanes }, (_, l) => this.lane(value.value, l)),
        );
      case "lane":
        return this.lane(value.value, value.lane);
      case "interleave": {
        const { lanes } = value.type;
        const source = lanesOfHalf(value.half, lanes)[lane] as number;
        return this.lane(source < lanes ? value.left : value.right, source % lanes);
      }
    }
  }

  #binary(operator: string, value: Value, left: string, right: string): string {
    if (operator === "min" || operator === "max") return `Math.${operator}(${left}, ${right})`;
    if (value.type.element === "i32") return integerBinary(operator, left, right);
    // In fast arithmetic too: what underflows in f32 has to be 0 for whoever divides by it next.
    if (operator === "scale")
      return value.type.element === "f32" ? `fround(scale(${left}, ${right}))` : `scale(${left}, ${right})`;
    const symbol = { add: "+", sub: "-", mul: "*", div: "/" }[operator];
    return this.#rounded(value, `${left} ${symbol} ${right}`);
  }

  #multiplyAdd(value: Extract<Value, { op: "multiplyAdd" }>, lane: number): string {
    const left = this.lane(value.left, lane);
    const right = this.lane(value.right, lane);
    const addend = this.lane(value.addend, lane);
    if (value.type.element === "i32") return `(Math.imul(${left}, ${right}) + ${addend} | 0)`;
    const product =
      this.#strict && value.type.element === "f32" ? `fround(${left} * ${right})` : `${left} * ${right}`;
    return this.#rounded(value, `${product} + ${addend}`);
  }

  #sum(value: Value, lanes: string[]): string {
    let parts = lanes;
    while (parts.length > 1) {
      const half = parts.length / 2;
      parts = parts
        .slice(0, half)
        .map((part, l) => this.#binary("add", value, part, parts[l + half] as string));
    }
    return parts[0] as string;
  }
}

/** The text without parentheses around the whole of it, which a statement does not need. */
function bare(text: string): string {
  if (!text.startsWith("(")) return text;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "(") depth++;
    else if (text[i] === ")" && --depth === 0) return i === text.length - 1 ? text.slice(1, -1) : text;
  }
  return text;
}

function signed(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

/** A JavaScript identifier for a kernel: `gemm-f32` becomes `gemm_f32`. */
export function functionName(name: string): string {
  return name.replace(/[^A-Za-z0-9]/g, "_").replace(/^(?=[0-9])/, "_");
}

function laneName(name: string, lane: number, lanes: number): string {
  return lanes === 1 ? name : `${name}_${lane}`;
}

function integerBinary(operator: string, left: string, right: string): string {
  if (operator === "mul") return `Math.imul(${left}, ${right})`;
  if (operator === "udiv") return `unsignedQuotient(${left}, ${right})`;
  const symbol = {
    add: "+",
    sub: "-",
    and: "&",
    or: "|",
    xor: "^",
    shl: "<<",
    shr: ">>",
    ushr: ">>>",
    rem: "%",
  }[operator];
  return operator === "ushr"
    ? `(${left} >>> ${right} | 0)`
    : operator === "add" || operator === "sub"
      ? `(${left} ${symbol} ${right} | 0)`
      : `(${left} ${symbol} ${right})`;
}

function convertText(to: string, text: string): string {
  if (to === "f64") return text;
  if (to === "f32") return `fround(${text})`;
  return `(Math.max(-2147483648, Math.min(2147483647, ${text})) | 0)`;
}

function mixesLanes(value: Expression): boolean {
  return (
    value.op === "interleave" ||
    value.op === "sum" ||
    value.op === "lane" ||
    childrenOf(value).some(mixesLanes)
  );
}

function readsMemory(value: Expression): boolean {
  return value.op === "load" || value.op === "broadcast" || childrenOf(value).some(readsMemory);
}

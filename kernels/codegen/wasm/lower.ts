/**
 * The WebAssembly back end: a vector of 128 bits is one v128, a scalar is a scalar, a name is a local.
 * `fast` uses relaxed fused multiply-add where the machine has it; `strict` multiplies and adds.
 */
import type { Arithmetic } from "../arithmetic.ts";
import { ProgramError } from "../errors.ts";
import {
  bytesOf,
  type Element,
  type Half,
  integerType,
  isPointer,
  lanesOfHalf,
  type Mask,
  sameType,
  typeText,
  type Value,
  type VectorType,
} from "../expressions.ts";
import type { If, Loop, Program, Statement, Variable } from "../statements.ts";
import { type AccessEmitter, Accesses } from "./accesses.ts";
import type { WasmFunction, WasmType } from "./encode.ts";
import { hasRelaxedMultiplyAdd } from "./features.ts";
import type { CodeItem, Instruction, InstructionName } from "./instructions.ts";
import { dot, multiplyShift, unsignedQuotient } from "./packed-integers.ts";
import { emitExponent, emitScale, emitSignificand, type PowerCode } from "./powers.ts";

type Shape = "f32x4" | "f64x2" | "i32x4";
const shapes: Readonly<Record<Element, Shape>> = { f32: "f32x4", f64: "f64x2", i32: "i32x4" };
const signed: Readonly<Record<string, string>> = {
  lt: "lt_s",
  le: "le_s",
  gt: "gt_s",
  ge: "ge_s",
  min: "min_s",
  max: "max_s",
  shr: "shr_s",
  ushr: "shr_u",
  rem: "rem_s",
};

/** The function of a program. @throws ProgramError for vectors that are neither scalar nor 128 bits wide. */
export function lowerToWasm(program: Program, arithmetic: Arithmetic): WasmFunction {
  return new WasmLowering(program, arithmetic).lower();
}

class WasmLowering {
  readonly #program: Program;
  readonly #fused: boolean;
  readonly #code: CodeItem[] = [];
  readonly #indices = new Map<string, number>();
  readonly #locals: { name: string; type: WasmType }[] = [];
  #scratchPairs = 0;
  /** This lowering as the sequences in other files see it. */
  readonly #emitter: AccessEmitter = {
    emit: (...instruction) => this.#emit(...instruction),
    scratch: (type) => this.#numbered("scratch", type),
    numbered: (purpose, type) => this.#numbered(purpose, type),
    push: (value) => this.#value(value),
    local: (name, type) => this.#local(name, type),
    wasmType: (type) => this.#wasmType(type),
    family: (type, operation) => this.#family(type, operation),
    zero: (type) => this.#constant(type, 0),
  };
  readonly #accesses = new Accesses(this.#emitter);

  constructor(program: Program, arithmetic: Arithmetic) {
    this.#program = program;
    this.#fused = arithmetic === "fast" && hasRelaxedMultiplyAdd;
  }

  lower(): WasmFunction {
    const parameters = this.#program.parameters.map((parameter) => ({
      name: parameter.name,
      type: parameter.kind === "pointer" ? ("i32" as const) : parameter.element,
    }));
    for (const parameter of parameters) this.#indices.set(parameter.name, this.#indices.size);
    this.#statements(this.#program.body);
    return { name: this.#program.name, parameters, locals: this.#locals, code: this.#code };
  }

  #emit(name: InstructionName, immediate?: number, rest?: Pick<Instruction, "lanes" | "shape">): void {
    this.#code.push({ name, ...(immediate === undefined ? {} : { immediate }), ...rest });
  }

  #local(name: string, type: WasmType): number {
    const known = this.#indices.get(name);
    if (known !== undefined) return known;
    const index = this.#indices.size;
    this.#indices.set(name, index);
    this.#locals.push({ name, type });
    return index;
  }

  /** A local that nobody else uses. */
  #numbered(purpose: string, type: WasmType): number {
    return this.#local(`${purpose}.${this.#scratchPairs++}`, type);
  }

  #statements(statements: readonly Statement[]): void {
    for (const statement of statements) this.#statement(statement);
  }

  #statement(statement: Statement): void {
    switch (statement.op) {
      case "comment":
        this.#code.push({ comment: statement.text });
        break;
      case "define":
      case "assign":
        this.#accesses.loadTails(statement.value);
        if (isPointer(statement.value)) this.#accesses.pointer(statement.value);
        else this.#value(statement.value);
        this.#emit("local.set", this.#local(statement.name.name, this.#variableType(statement.name)));
        break;
      case "tail":
        this.#value(statement.count);
        this.#emit("local.set", this.#local(statement.name.name, "i32"));
        break;
      case "prefetch":
        break; // WebAssembly has no word for it
      case "store":
        this.#accesses.store(statement);
        break;
      case "loop":
        this.#loop(statement);
        break;
      case "if":
        this.#if(statement);
        break;
    }
  }

  #variableType(variable: Variable): WasmType {
    return variable.op === "pointer" ? "i32" : this.#wasmType(variable.type);
  }

  #wasmType(type: VectorType): WasmType {
    if (type.lanes === 1) return type.element;
    if (type.lanes * bytesOf[type.element] === 16) return "v128";
    throw new ProgramError(`program ${this.#program.name} for wasm`, {
      expected: "scalars or vectors of 128 bits: f32x4, f64x2, i32x4",
      found: typeText(type),
      remedy: `Build the program with ${16 / bytesOf[type.element]} lanes of ${type.element} for this target.`,
    });
  }

  /** `f32.add` or `f32x4.add`: the operation in the family of its type. */
  #family(type: VectorType, operation: string): InstructionName {
    const prefix = this.#wasmType(type) === "v128" ? shapes[type.element] : type.element;
    const suffix = type.element === "i32" ? (signed[operation] ?? operation) : operation;
    return `${prefix}.${suffix}` as InstructionName;
  }

  #loop(loop: Loop): void {
    const counter = this.#local(loop.counter.name, "i32");
    const certain =
      loop.from.op === "constant" && loop.to.op === "constant" && loop.from.value < loop.to.value;
    this.#value(loop.from);
    this.#emit(certain ? "local.set" : "local.tee", counter);
    if (!certain) {
      this.#value(loop.to);
      this.#emit("i32.lt_s");
      this.#emit("if");
    }
    this.#emit("loop");
    this.#statements(loop.body);
    this.#emit("local.get", counter);
    this.#emit("i32.const", loop.step);
    this.#emit("i32.add");
    this.#emit("local.tee", counter);
    this.#value(loop.to);
    this.#emit("i32.lt_s");
    this.#emit("br_if", 0);
    this.#emit("end");
    if (!certain) this.#emit("end");
  }

  #if(statement: If): void {
    this.#accesses.loadTails(statement.condition);
    this.#compare(statement.condition);
    this.#emit("if");
    this.#statements(statement.whenTrue);
    if (statement.whenFalse.length > 0) {
      this.#emit("else");
      this.#statements(statement.whenFalse);
    }
    this.#emit("end");
  }

  #compare(mask: Mask): void {
    this.#value(mask.left);
    this.#value(mask.right);
    this.#emit(this.#family(mask.of, mask.operator));
  }

  #value(value: Value): void {
    switch (value.op) {
      case "constant":
        this.#constant(value.type, value.value);
        break;
      case "name":
        this.#emit("local.get", this.#local(value.name, this.#wasmType(value.type)));
        break;
      case "load":
        this.#accesses.load(value);
        break;
      case "broadcast":
        this.#accesses.broadcast(value);
        break;
      case "splat":
        this.#value(value.value);
        this.#emit(this.#family(value.type, "splat"));
        break;
      case "binary":
        this.#binary(value);
        break;
      case "unary":
        this.#unary(value);
        break;
      case "multiplyAdd":
        this.#multiplyAdd(value);
        break;
      case "dot":
        this.#wasmType(value.type);
        dot(this.#emitter, value);
        break;
      case "multiplyShift":
        this.#wasmType(value.type);
        multiplyShift(this.#emitter, value);
        break;
      case "select":
        this.#select(value);
        break;
      case "convert":
        this.#convert(value.value, value.type);
        break;
      case "reinterpret":
        this.#value(value.value);
        if (value.type.lanes === 1)
          this.#emit(value.type.element === "i32" ? "i32.reinterpret_f32" : "f32.reinterpret_i32");
        break;
      case "sum":
        this.#sum(value.value);
        break;
      case "lane":
        this.#value(value.value);
        this.#emit(this.#family(value.value.type, "extract_lane"), value.lane);
        break;
      case "interleave":
        this.#value(value.left);
        this.#value(value.right);
        this.#emit("i8x16.shuffle", undefined, { lanes: bytesOfHalf(value.type, value.half) });
        break;
    }
  }

  #constant(type: VectorType, value: number): void {
    if (this.#wasmType(type) !== "v128") this.#emit(`${type.element}.const`, value);
    else
      this.#emit("v128.const", undefined, {
        shape: shapes[type.element],
        lanes: Array.from({ length: type.lanes }, () => value),
      });
  }

  #binary(value: Extract<Value, { op: "binary" }>): void {
    const { operator, left, right, type } = value;
    if (sameType(type, integerType) && (operator === "min" || operator === "max")) {
      // A pair of scratch locals for each occurrence, because minima may stand inside each other.
      const number = this.#scratchPairs++;
      const first = this.#local(`left.${number}`, "i32");
      const second = this.#local(`right.${number}`, "i32");
      this.#value(left);
      this.#emit("local.tee", first);
      this.#value(right);
      this.#emit("local.tee", second);
      this.#emit("local.get", first);
      this.#emit("local.get", second);
      this.#emit(operator === "min" ? "i32.lt_s" : "i32.gt_s");
      this.#emit("select");
      return;
    }
    if (operator === "udiv") {
      unsignedQuotient(this.#emitter, left, right);
      return;
    }
    if (operator === "scale") {
      this.#asVectors(type, [left, right], emitScale);
      return;
    }
    this.#value(left);
    this.#value(right);
    // Where the right side is neither 0 nor NaN, "the left one unless the right one is less" is the minimum; it takes one
    // instruction of x86, where the minimum of numbers that may be either takes six.
    if ((operator === "min" || operator === "max") && this.#isPlainVector(right)) {
      this.#emit(this.#family(type, `p${operator}`));
      return;
    }
    if (type.lanes > 1 && (operator === "and" || operator === "or" || operator === "xor"))
      this.#emit(`v128.${operator}`);
    else this.#emit(this.#family(type, operator));
  }

  #unary({ operator, value, type }: Extract<Value, { op: "unary" }>): void {
    if (operator === "exponent" || operator === "significand") {
      this.#asVectors(type, [value], operator === "exponent" ? emitExponent : emitSignificand);
      return;
    }
    this.#value(value);
    this.#emit(this.#family(type, operator === "round" ? "nearest" : operator));
  }

  /** What works on whole vectors alone: scalars are spread over the lanes, and one lane is taken of the result. */
  #asVectors(
    type: VectorType,
    operands: readonly Value[],
    emit: (code: PowerCode, element: "f32" | "f64") => void,
  ): void {
    const scalar = this.#wasmType(type) !== "v128";
    const element = type.element === "f64" ? "f64" : "f32";
    const vector = { element, lanes: 16 / bytesOf[element] } as const;
    for (const operand of operands) {
      this.#value(operand);
      if (scalar) this.#emit(this.#family(vector, "splat"));
    }
    emit(
      {
        emit: (...instruction) => this.#emit(...instruction),
        scratch: () => this.#numbered("scratch", "v128"),
      },
      element,
    );
    if (scalar) this.#emit(this.#family(vector, "extract_lane"), 0);
  }

  #isPlainVector(value: Value): boolean {
    return (
      value.op === "constant" &&
      value.type.lanes > 1 &&
      value.type.element !== "i32" &&
      value.value !== 0 &&
      !Number.isNaN(value.value)
    );
  }

  #multiplyAdd(value: Extract<Value, { op: "multiplyAdd" }>): void {
    this.#value(value.left);
    this.#value(value.right);
    const vector = this.#wasmType(value.type) === "v128" && value.type.element !== "i32";
    if (vector && this.#fused) {
      this.#value(value.addend);
      this.#emit(this.#family(value.type, "relaxed_madd"));
      return;
    }
    this.#emit(this.#family(value.type, "mul"));
    this.#value(value.addend);
    this.#emit(this.#family(value.type, "add"));
  }

  #select(value: Extract<Value, { op: "select" }>): void {
    this.#value(value.yes);
    this.#value(value.no);
    this.#compare(value.mask);
    this.#emit(this.#wasmType(value.type) === "v128" ? "v128.bitselect" : "select");
  }

  #convert(value: Value, to: VectorType): void {
    this.#value(value);
    const vector = this.#wasmType(to) === "v128";
    const names: Readonly<Record<string, InstructionName>> = vector
      ? { "i32 f32": "f32x4.convert_i32x4_s", "f32 i32": "i32x4.trunc_sat_f32x4_s" }
      : {
          "i32 f32": "f32.convert_i32_s",
          "i32 f64": "f64.convert_i32_s",
          "f32 f64": "f64.promote_f32",
          "f64 f32": "f32.demote_f64",
          "f32 i32": "i32.trunc_sat_f32_s",
          "f64 i32": "i32.trunc_sat_f64_s",
        };
    this.#emit(names[`${value.type.element} ${to.element}`] as InstructionName);
  }

  /** The upper half of the lanes onto the lower half until one is left: (0 + 2) + (1 + 3). */
  #sum(value: Value): void {
    const { type } = value;
    const scratch = this.#local(`sum.${typeText(type)}`, this.#wasmType(type));
    this.#value(value);
    const bytes = bytesOf[type.element];
    for (let half = 8; half >= bytes; half /= 2) {
      this.#emit("local.tee", scratch);
      this.#emit("local.get", scratch);
      this.#emit("local.get", scratch);
      this.#emit("i8x16.shuffle", undefined, {
        lanes: Array.from({ length: 16 }, (_, l) => (l + half) % 16),
      });
      this.#emit(this.#family(type, "add"));
    }
    this.#emit(this.#family(type, "extract_lane"), 0);
  }
}

/** The bytes of two vectors that are one half of their lanes. */
function bytesOfHalf({ element, lanes }: VectorType, half: Half): readonly number[] {
  const bytes = bytesOf[element];
  return lanesOfHalf(half, lanes).flatMap((l) => Array.from({ length: bytes }, (_, b) => l * bytes + b));
}
